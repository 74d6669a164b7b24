-- The explorer answers for a reader: `explorer.reader` is set for each transaction, to a party's name, to `*` for who reads all
-- (a regulator, or everybody where the consortium publishes everything), or not at all, which reads nothing. The rule stands in the
-- views, so that no statement can leave it out. It is no wall against who has the role's login: that one may say `*`.
-- depends: 0015.access

-- Facets for `*`, which is nobody's name; and more to find tasks by: who is what, the protection level, the engine, a data set's id on
-- chain (the explorer's role reads no data set's name).
ALTER TABLE tally.task_facets DROP CONSTRAINT task_facets_kind_check,
    ADD CONSTRAINT task_facets_kind_check CHECK (kind IN
        ('task', 'state', 'part', 'party', 'program', 'data_set', 'role', 'level', 'engine', 'data_set_id'));

INSERT INTO tally.task_facets (task_id, party, kind, value, submitted_at)
SELECT DISTINCT task_id, '*', kind, value, submitted_at FROM tally.task_facets WHERE kind <> 'part'
ON CONFLICT DO NOTHING;

WITH known AS (
    SELECT task_id, CASE WHEN convert_from(contract, 'UTF8') LIKE '{%' THEN convert_from(contract, 'UTF8')::jsonb END AS words
    FROM tally.tasks
), facets AS (
    SELECT task_id, 'role' AS kind, part || ' ' || party AS value FROM tally.task_parties
    UNION SELECT task_id, 'level', words ->> 'protection_level' FROM known
    UNION SELECT task_id, 'engine', words ->> 'engine' FROM known
    UNION SELECT f.task_id, 'data_set_id', encode(n.id, 'hex')
    FROM tally.task_facets f JOIN tally.names n ON n.kind = 'data_set' AND n.name = f.value
    WHERE f.party = '*' AND f.kind = 'data_set'
)
INSERT INTO tally.task_facets (task_id, party, kind, value, submitted_at)
SELECT f.task_id, p.party, f.kind, f.value, p.submitted_at
FROM facets f JOIN tally.task_facets p ON p.task_id = f.task_id AND p.kind = 'task'
WHERE f.value IS NOT NULL
ON CONFLICT DO NOTHING;

-- What the search box looks up, and the order of the explorer's lists.
CREATE INDEX chain_events_transaction ON tally.chain_events (tx_hash);
CREATE INDEX chain_events_block ON tally.chain_events (block_hash);
DROP INDEX tally.chain_events_subject;
CREATE INDEX chain_events_subject ON tally.chain_events (subject, name, block_number, log_index);
CREATE INDEX chain_events_newest ON tally.chain_events (subject, block_number, log_index);
CREATE INDEX chain_events_time ON tally.chain_events (block_time, block_number);
CREATE INDEX tasks_contract ON tally.tasks (contract_digest);
CREATE INDEX tasks_now_run ON tally.tasks_now (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX commitments_root ON tally.commitments (log_root);
CREATE INDEX commitments_party ON tally.commitments (party_id);
CREATE INDEX result_attestations_hash ON tally.result_attestations (result_hash);
CREATE INDEX bundles_file ON tally.bundles (sha256(body));
CREATE INDEX authorizations_now_newest ON tally.authorizations_now (block_number, log_index, digest);
CREATE INDEX authorizations_now_owners_newest ON tally.authorizations_now (owner_id, block_number, log_index, digest);
CREATE INDEX authorizations_now_standing ON tally.authorizations_now
    ((CASE WHEN revoked THEN 'revoked' WHEN uses_left = 0 THEN 'spent' ELSE 'in-force' END), block_number, log_index, digest);
CREATE INDEX data_sets_now_root ON tally.data_sets_now (input_root);

DROP VIEW explorer.authorizations, explorer.bundles, explorer.commitments, explorer.events, explorer.names, explorer.progress,
    explorer.result_attestations, explorer.tasks;

CREATE FUNCTION explorer.reader() RETURNS text STABLE PARALLEL SAFE LANGUAGE sql
    RETURN coalesce(current_setting('explorer.reader', true), '');

CREATE VIEW explorer.task_facets AS
SELECT task_id, kind, value, submitted_at FROM tally.task_facets
WHERE party = explorer.reader() AND kind NOT IN ('data_set', 'part');

-- A scalar question is asked of each row that is shown; EXISTS may be planned as a join that reads all tasks of the reader.
CREATE VIEW explorer.tasks AS
SELECT t.task_id, t.contract_digest, t.proposer, t.deadline, t.submitted_at, t.failed_code, t.state, v.review, v.run_id,
       v.started_at
FROM tally.tasks t
LEFT JOIN tally.tasks_now v ON v.task_id = t.task_id
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = t.task_id AND f.kind = 'task' AND f.value = '');

CREATE VIEW explorer.bundles AS
SELECT b.task_id, b.outcomes, octet_length(b.body) AS size, sha256(b.body) AS sha256, b.built_at FROM tally.bundles b
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = b.task_id AND f.kind = 'task' AND f.value = '');

CREATE VIEW explorer.progress AS
SELECT p.task_id, p.party, p.sequence, p.payload, p.received_at FROM tally.progress p
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = p.task_id AND f.kind = 'task' AND f.value = '');

CREATE VIEW explorer.commitments AS
SELECT c.task_id, c.party_id, n.name AS party, c.run_id, c.epoch, c.log_size, c.log_root, c.block_number, c.log_index
FROM tally.commitments c
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = c.party_id
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = c.task_id AND f.kind = 'task' AND f.value = '');

CREATE VIEW explorer.result_attestations AS
SELECT a.task_id, a.user_id, n.name AS result_user, a.run_id, a.result_hash, a.block_number, a.log_index
FROM tally.result_attestations a
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = a.user_id
WHERE (SELECT true FROM explorer.task_facets f WHERE f.task_id = a.task_id AND f.kind = 'task' AND f.value = '');

-- Registers of parties and releases are for every reader, as in the API.
CREATE VIEW explorer.names AS
SELECT kind, id, name FROM tally.names WHERE kind IN ('party', 'program', 'engine') AND explorer.reader() <> '';

CREATE VIEW explorer.parties AS
SELECT p.party_id, n.name, p.wallet, p.node_signer, p.node_key, p.seal_key, p.operator, o.name AS operator_name, p.roles, p.active,
       p.pending_wallet, p.key_period, p.block_number, p.log_index
FROM tally.parties_now p
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = p.party_id
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = p.operator
WHERE explorer.reader() <> '';

CREATE VIEW explorer.releases AS
SELECT p.release_id, p.kind, n.name, p.publisher, o.name AS publisher_name, p.code_digest, p.protection_level, p.min_parties,
       p.max_parties, p.approvals, p.active, p.serial, p.block_number, p.log_index
FROM tally.releases_now p
LEFT JOIN tally.names n ON n.kind = p.kind AND n.id = p.release_id
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = p.publisher
WHERE explorer.reader() <> '';

CREATE VIEW explorer.successions AS
SELECT s.older, o.name AS older_name, s.newer, n.name AS newer_name, s.approvals, s.block_number, s.log_index
FROM tally.successions_now s
LEFT JOIN tally.names o ON o.kind IN ('program', 'engine') AND o.id = s.older
LEFT JOIN tally.names n ON n.kind IN ('program', 'engine') AND n.id = s.newer
WHERE explorer.reader() <> '';

-- A data set is its owner's to show, and is known to who reads a task that uses it.
CREATE VIEW explorer.data_sets AS
SELECT d.data_set_id, d.version, d.owner_id, o.name AS owner, d.schema_hash, d.input_root, d.row_count, d.data_level, d.active,
       d.block_number, d.log_index
FROM tally.data_sets_now d
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = d.owner_id
WHERE explorer.reader() = '*' OR o.name = explorer.reader()
   OR EXISTS (SELECT FROM explorer.task_facets f WHERE f.kind = 'data_set_id' AND f.value = encode(d.data_set_id, 'hex'));

-- An authorization is known to its owner and to who reads a task that used it; by which other task it was used last is not.
CREATE VIEW explorer.authorizations AS
SELECT a.digest, a.owner_id, o.name AS owner, a.wallet, a.sequence, a.uses_left, a.revoked, a.block_number, a.log_index,
       CASE WHEN a.revoked THEN 'revoked' WHEN a.uses_left = 0 THEN 'spent' ELSE 'in-force' END AS state,
       (SELECT f.task_id FROM explorer.task_facets f WHERE f.task_id = a.task_id AND f.kind = 'task' AND f.value = '') AS task_id
FROM tally.authorizations_now a
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = a.owner_id
WHERE explorer.reader() = '*' OR o.name = explorer.reader()
   OR EXISTS (SELECT FROM tally.authorization_versions v
              JOIN explorer.task_facets f ON f.task_id = v.task_id AND f.kind = 'task' AND f.value = ''
              WHERE v.digest = a.digest AND v.owner_id = a.owner_id);

-- Heads of a party's log are known to it and to who works with it: what others anchor says how busy they are.
CREATE VIEW explorer.events AS
SELECT e.block_number, e.log_index, e.block_hash, e.tx_hash, e.block_time, e.contract, e.name, e.subject, e.args
FROM tally.chain_events e
WHERE explorer.reader() = '*' OR CASE
    WHEN e.contract = 'Tasks' THEN
        (SELECT true FROM explorer.task_facets f WHERE f.task_id = e.subject AND f.kind = 'task' AND f.value = '')
    WHEN e.contract IN ('PartyRegistry', 'Programs') THEN explorer.reader() <> ''
    WHEN e.contract = 'DataSets' THEN EXISTS (SELECT FROM explorer.data_sets d WHERE d.data_set_id = e.subject)
    WHEN e.contract = 'Anchors' THEN
        EXISTS (SELECT FROM tally.names n WHERE n.kind = 'party' AND n.id = e.subject AND (n.name = explorer.reader()
            OR EXISTS (SELECT FROM explorer.task_facets f WHERE f.kind = 'party' AND f.value = n.name)))
    WHEN e.name IN ('UseConsumed', 'UseReturned') THEN
        (SELECT true FROM explorer.task_facets f
                WHERE f.task_id = decode(substr(e.args ->> 'task', 3), 'hex') AND f.kind = 'task' AND f.value = '')
        OR EXISTS (SELECT FROM tally.authorizations_now a JOIN tally.names n ON n.kind = 'party' AND n.id = a.owner_id
                   WHERE a.digest = e.subject AND a.submitted AND n.name = explorer.reader())
    WHEN e.contract = 'Consents' THEN
        -- of the same owner: anybody may revoke any digest in its own name, and learns nothing by that
        EXISTS (SELECT FROM explorer.authorizations a WHERE a.digest = e.subject
                AND e.args ->> 'owner' = '0x' || encode(a.owner_id, 'hex'))
        OR EXISTS (SELECT FROM tally.names n WHERE n.kind = 'party' AND n.id = e.subject AND n.name = explorer.reader())
    ELSE false END;

-- When blocks were: for lists from one day to another.
CREATE VIEW explorer.times AS SELECT block_number, block_time FROM tally.chain_events WHERE explorer.reader() <> '';

GRANT SELECT ON explorer.authorizations, explorer.bundles, explorer.commitments, explorer.data_sets, explorer.events, explorer.names,
    explorer.parties, explorer.progress, explorer.releases, explorer.result_attestations, explorer.successions,
    explorer.task_facets, explorer.tasks, explorer.times TO tally_explorer;
