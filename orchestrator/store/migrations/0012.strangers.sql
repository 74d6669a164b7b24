-- An idempotency key is its caller's own. Answers of before name no caller: nobody is given them, and the sweep takes them.
-- depends: 0011.applications

ALTER TABLE tally.idempotency ADD COLUMN caller text NOT NULL DEFAULT '';
ALTER TABLE tally.idempotency
    ALTER COLUMN caller DROP DEFAULT,
    DROP CONSTRAINT idempotency_pkey,
    ADD PRIMARY KEY (caller, route, key);

-- The explorer's pages are for everybody: its role reads what they show, and no words. The engine's own verification of a
-- bundle is kept beside it, so that a page can tell the outcomes without the bundle. None are kept of older bundles.
ALTER TABLE tally.bundles ADD COLUMN outcomes text[] NOT NULL DEFAULT '{}'
    CHECK (outcomes <@ ARRAY['holds', 'nothing', 'fails', 'cannot']);

DROP VIEW explorer.anchors, explorer.bundles, explorer.data_sets, explorer.engines, explorer.events, explorer.names,
    explorer.parties, explorer.programs, explorer.statements, explorer.successions, explorer.task_parties, explorer.tasks;

CREATE VIEW explorer.bundles AS
SELECT task_id, outcomes, octet_length(body) AS size, sha256(body) AS sha256, built_at FROM tally.bundles;

CREATE VIEW explorer.events AS
SELECT block_number, log_index, tx_hash, block_time, name, subject, args FROM tally.chain_events WHERE contract = 'Tasks';

CREATE VIEW explorer.names AS SELECT kind, id, name FROM tally.names WHERE kind IN ('party', 'program', 'engine');

CREATE VIEW explorer.tasks AS
SELECT t.task_id, t.contract_digest, t.proposer, t.deadline, t.submitted_at, t.failed_code, t.state, v.review, v.run_id,
       v.started_at
FROM tally.tasks t
LEFT JOIN tally.tasks_now v ON v.task_id = t.task_id;

GRANT SELECT ON explorer.bundles, explorer.events, explorer.names, explorer.tasks TO tally_explorer;

-- Who reads a data set's description is its owner's word; and who took part in a started task over an owner's data works
-- with it. A start consumes the authorization of every owner, so each of them agreed to that company.
ALTER TABLE tally.data_set_descriptors
    ADD COLUMN audience text NOT NULL DEFAULT 'participants' CHECK (audience IN ('public', 'participants', 'named')),
    ADD COLUMN readers text[] NOT NULL DEFAULT '{}',
    ADD CHECK ((audience = 'named') = (cardinality(readers) > 0));

CREATE TABLE tally.introductions (
    owner text NOT NULL,
    party text NOT NULL,
    PRIMARY KEY (owner, party)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.introductions TO tally_app;

INSERT INTO tally.introductions (owner, party)
SELECT DISTINCT o.party, p.party
FROM tally.tasks_now v
JOIN tally.task_parties o ON o.task_id = v.task_id AND o.part = 'owner'
JOIN tally.task_parties p ON p.task_id = v.task_id
WHERE v.started_at IS NOT NULL;

-- Invitations to apply: the code's hash alone is kept, and for which application (its profile hash) it was used.
CREATE TABLE tally.invitations (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    party text NOT NULL,
    invited_by text NOT NULL,
    not_after bigint NOT NULL,
    used_for bytea CHECK (octet_length(used_for) = 32),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX invitations_party ON tally.invitations (party);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.invitations TO tally_app;

ALTER TABLE tally.enrolments ADD COLUMN invited boolean NOT NULL DEFAULT false;
