-- Heads of parties' logs that their node keys signed (C2SP checkpoints), how one extends another, and who cosigned them; who looked at evidence.
-- depends: 0018.overview

CREATE TABLE tally.log_heads (
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL CHECK (octet_length(log_root) = 32),
    note bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (party, epoch, log_size, log_root)
);

-- RFC 9162 consistency proofs, verified before they are kept: 32 bytes for each hash.
CREATE TABLE tally.log_steps (
    party text NOT NULL,
    epoch numeric NOT NULL,
    old_size numeric NOT NULL,
    old_root bytea NOT NULL CHECK (octet_length(old_root) = 32),
    log_size numeric NOT NULL,
    log_root bytea NOT NULL,
    proof bytea NOT NULL CHECK (octet_length(proof) % 32 = 0),
    PRIMARY KEY (party, epoch, old_size, old_root, log_size, log_root),
    FOREIGN KEY (party, epoch, log_size, log_root) REFERENCES tally.log_heads ON DELETE CASCADE
);

-- The largest head of each log: what witnesses should have cosigned. The first of its size; another of that size is a fork.
CREATE TABLE tally.log_newest (
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL,
    PRIMARY KEY (party, epoch),
    FOREIGN KEY (party, epoch, log_size, log_root) REFERENCES tally.log_heads
);

-- Two histories of one log. The party signed the head (log_size, log_root); and it signed (other_size, other_root), which is of
-- another history: of the same size with another root, or larger and proven to extend another root of that size.
CREATE TABLE tally.log_forks (
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL,
    other_size numeric NOT NULL,
    other_root bytea NOT NULL,
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (party, epoch, log_size, log_root, other_size, other_root),
    FOREIGN KEY (party, epoch, log_size, log_root) REFERENCES tally.log_heads ON DELETE CASCADE,
    FOREIGN KEY (party, epoch, other_size, other_root) REFERENCES tally.log_heads ON DELETE CASCADE
);

-- Whom the operator's policy names, by the verifier key.
CREATE TABLE tally.witnesses (
    vkey text PRIMARY KEY,
    name text NOT NULL,
    asked boolean NOT NULL DEFAULT true
);

-- What a witness remembers of a log, as far as it told us, and its newest cosignature.
CREATE TABLE tally.witness_logs (
    vkey text NOT NULL REFERENCES tally.witnesses ON DELETE CASCADE,
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL DEFAULT 0,
    log_root bytea,
    cosigned_at bigint,
    code text,
    failures integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (vkey, party, epoch)
);

CREATE TABLE tally.cosignatures (
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL,
    vkey text NOT NULL REFERENCES tally.witnesses ON DELETE CASCADE,
    line text NOT NULL,
    cosigned_at bigint NOT NULL,
    PRIMARY KEY (party, epoch, log_size, log_root, vkey),
    FOREIGN KEY (party, epoch, log_size, log_root) REFERENCES tally.log_heads ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON
    tally.log_heads, tally.log_steps, tally.log_newest, tally.log_forks, tally.witnesses, tally.witness_logs, tally.cosignatures
    TO tally_app;

-- As anchors: heads of a party's log are known to it and to who works with it.
CREATE FUNCTION explorer.reads_log(party text) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE sql
    RETURN explorer.reader() = '*' OR party = explorer.reader()
        OR EXISTS (SELECT FROM explorer.task_facets f WHERE f.kind = 'party' AND f.value = party);

CREATE VIEW explorer.log_witnesses AS
SELECT l.party, p.id AS party_id, l.epoch, l.log_size AS newest, w.name AS witness, coalesce(k.log_size, 0) AS log_size,
       k.cosigned_at, k.code
FROM tally.log_newest l
JOIN tally.names p ON p.kind = 'party' AND p.name = l.party
CROSS JOIN tally.witnesses w
LEFT JOIN tally.witness_logs k ON k.vkey = w.vkey AND k.party = l.party AND k.epoch = l.epoch
WHERE w.asked AND explorer.reads_log(l.party)
  AND NOT EXISTS (SELECT FROM tally.log_newest o WHERE o.party = l.party AND o.epoch > l.epoch);

CREATE VIEW explorer.log_forks AS
SELECT f.party, p.id AS party_id, f.epoch, f.log_size, f.log_root, f.other_size, f.other_root,
       extract(epoch FROM f.found_at)::bigint AS found_at,
       (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM tally.cosignatures c JOIN tally.witnesses w USING (vkey)
        WHERE (c.party, c.epoch, c.log_size, c.log_root) = (f.party, f.epoch, f.log_size, f.log_root)) AS cosigned_by,
       (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM tally.cosignatures c JOIN tally.witnesses w USING (vkey)
        WHERE (c.party, c.epoch, c.log_size, c.log_root) = (f.party, f.epoch, f.other_size, f.other_root)) AS other_cosigned_by
FROM tally.log_forks f
JOIN tally.names p ON p.kind = 'party' AND p.name = f.party
WHERE explorer.reads_log(f.party);

-- Heads of the same size that the chain anchored with another root are a fork, too: what was anchored is compared with these.
CREATE VIEW explorer.log_heads AS
SELECT h.party, p.id AS party_id, h.epoch, h.log_size, h.log_root
FROM tally.log_heads h
JOIN tally.names p ON p.kind = 'party' AND p.name = h.party
WHERE explorer.reads_log(h.party);

GRANT SELECT ON explorer.log_witnesses, explorer.log_forks, explorer.log_heads TO tally_explorer;

-- Who looked at a task's evidence through the API: one row for each reader, kind and day (UTC), shown to whoever reads the task.
CREATE TABLE tally.looks (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    day date NOT NULL,
    reader text NOT NULL,
    what text NOT NULL CHECK (what IN ('bundle', 'path', 'shares')),
    looks integer NOT NULL,
    last_at bigint NOT NULL,
    PRIMARY KEY (task_id, day, reader, what)
);
CREATE INDEX looks_day ON tally.looks (day);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.looks TO tally_app;

CREATE VIEW explorer.looks AS
SELECT k.task_id, p.id AS reader_id, k.reader, k.what, k.day, k.looks, k.last_at
FROM tally.looks k
LEFT JOIN tally.names p ON p.kind = 'party' AND p.name = k.reader
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = k.task_id AND f.kind = 'task' AND f.value = '');
GRANT SELECT ON explorer.looks TO tally_explorer;
