-- Current state in tables of its own, so that no reading grows with history: `*_now` hold the newest version of each key,
-- `tasks.state` what people see. They are written in the event's transaction and follow from the events alone.
-- depends: 0005.hops

DROP VIEW explorer.parties, explorer.data_sets, explorer.programs, explorer.authorizations, explorer.tasks;
DROP VIEW tally.parties_now, tally.data_sets_now, tally.programs_now, tally.authorizations_now, tally.tasks_now,
    tally.anchors_now;

-- When a use was consumed (block time): an authorization's uses of a day are counted without its older ones.
ALTER TABLE tally.authorization_versions ADD COLUMN used_at bigint;
UPDATE tally.authorization_versions v SET used_at = e.block_time
FROM tally.chain_events e
WHERE e.block_number = v.block_number AND e.log_index = v.log_index AND e.name = 'UseConsumed';
CREATE INDEX authorization_versions_used ON tally.authorization_versions (digest, used_at) WHERE used_at IS NOT NULL;
CREATE INDEX authorization_versions_task ON tally.authorization_versions (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE tally.parties_now (LIKE tally.party_versions INCLUDING CONSTRAINTS, PRIMARY KEY (party_id));
INSERT INTO tally.parties_now
SELECT DISTINCT ON (party_id) * FROM tally.party_versions ORDER BY party_id, block_number DESC, log_index DESC;

CREATE TABLE tally.data_sets_now (LIKE tally.data_set_versions INCLUDING CONSTRAINTS, PRIMARY KEY (data_set_id, version));
INSERT INTO tally.data_sets_now
SELECT DISTINCT ON (data_set_id, version) * FROM tally.data_set_versions
ORDER BY data_set_id, version, block_number DESC, log_index DESC;

CREATE TABLE tally.programs_now (LIKE tally.program_versions INCLUDING CONSTRAINTS, PRIMARY KEY (program_id));
INSERT INTO tally.programs_now
SELECT DISTINCT ON (program_id) * FROM tally.program_versions ORDER BY program_id, block_number DESC, log_index DESC;

CREATE TABLE tally.authorizations_now
    (LIKE tally.authorization_versions INCLUDING CONSTRAINTS, PRIMARY KEY (digest, owner_id));
INSERT INTO tally.authorizations_now
SELECT DISTINCT ON (digest, owner_id) * FROM tally.authorization_versions
ORDER BY digest, owner_id, block_number DESC, log_index DESC;
CREATE INDEX authorizations_now_task ON tally.authorizations_now (task_id) WHERE task_id IS NOT NULL;

CREATE TABLE tally.tasks_now (LIKE tally.task_versions INCLUDING CONSTRAINTS, PRIMARY KEY (task_id));
INSERT INTO tally.tasks_now
SELECT DISTINCT ON (task_id) * FROM tally.task_versions ORDER BY task_id, block_number DESC, log_index DESC;

-- Rolling back deletes by position: without these every forgotten event would read each table from end to end.
CREATE INDEX party_versions_at ON tally.party_versions (block_number, log_index);
CREATE INDEX data_set_versions_at ON tally.data_set_versions (block_number, log_index);
CREATE INDEX program_versions_at ON tally.program_versions (block_number, log_index);
CREATE INDEX authorization_versions_at ON tally.authorization_versions (block_number, log_index);
CREATE INDEX task_versions_at ON tally.task_versions (block_number, log_index);
CREATE INDEX commitments_at ON tally.commitments (block_number, log_index);
CREATE INDEX result_attestations_at ON tally.result_attestations (block_number, log_index);
CREATE INDEX anchor_versions_at ON tally.anchor_versions (block_number, log_index);
CREATE INDEX outbox_at ON tally.outbox (block_number, log_index);
CREATE INDEX relay_jobs_done ON tally.relay_jobs (done_block) WHERE state = 'done';

-- The state that people see, the chain's word before ours; and when the engine looks next whether the task can start.
ALTER TABLE tally.tasks ADD COLUMN state text NOT NULL DEFAULT 'submitted' CHECK (state IN
    ('submitted', 'failed', 'proposed', 'started', 'completed', 'disputed', 'aborted', 'refused', 'expired')),
    ADD COLUMN look_at timestamptz NOT NULL DEFAULT now();
UPDATE tally.tasks t SET state = coalesce(
    (SELECT v.state FROM tally.tasks_now v WHERE v.task_id = t.task_id),
    CASE WHEN t.failed_code IS NULL THEN 'submitted' ELSE 'failed' END);
CREATE INDEX tasks_in_state ON tally.tasks (state, submitted_at DESC, task_id DESC);
CREATE INDEX tasks_to_start ON tally.tasks (look_at) WHERE state = 'proposed';
CREATE INDEX tasks_open ON tally.tasks (deadline) WHERE state IN ('submitted', 'proposed', 'started');

ALTER TABLE tally.task_parties ADD COLUMN submitted_at bigint;
UPDATE tally.task_parties p SET submitted_at = t.submitted_at FROM tally.tasks t WHERE t.task_id = p.task_id;
ALTER TABLE tally.task_parties ALTER COLUMN submitted_at SET NOT NULL;
DROP INDEX tally.task_parties_party;
CREATE INDEX task_parties_newest ON tally.task_parties (party, submitted_at DESC, task_id DESC);

-- Ended tasks whose bundle is to be built, or built again. `marked` grows with every new reason, so that one which
-- comes while a bundle is being built is not taken for done.
CREATE TABLE tally.bundles_due (
    task_id bytea PRIMARY KEY REFERENCES tally.tasks ON DELETE CASCADE,
    marked bigint NOT NULL DEFAULT 1,
    next_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX bundles_due_next ON tally.bundles_due (next_at);
-- Every bundle kept until now is of the earlier format.
INSERT INTO tally.bundles_due (task_id)
SELECT task_id FROM tally.tasks WHERE state IN ('completed', 'disputed', 'aborted', 'refused', 'expired');

-- How many receipts about no task a party sent on a day.
CREATE TABLE tally.receipt_days (
    party text NOT NULL,
    day date NOT NULL,
    receipts integer NOT NULL,
    PRIMARY KEY (party, day)
);

CREATE INDEX names_name ON tally.names (kind, name);
CREATE INDEX anchor_versions_head ON tally.anchor_versions (party_id, epoch, log_size);
CREATE INDEX party_versions_profile ON tally.party_versions (profile_hash);
CREATE INDEX log_evidence_head ON tally.log_evidence (party, epoch, log_size);
CREATE INDEX idempotency_age ON tally.idempotency (created_at);
CREATE INDEX outbox_task ON tally.outbox (task_id);
CREATE INDEX outbox_party ON tally.outbox (party) WHERE published_at IS NULL;
CREATE INDEX authorizations_standing ON tally.authorizations (data_set, not_after) WHERE task_id IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON
    tally.parties_now, tally.data_sets_now, tally.programs_now, tally.authorizations_now, tally.tasks_now,
    tally.bundles_due, tally.receipt_days TO tally_app;

CREATE VIEW explorer.parties AS
SELECT p.party_id, n.name, p.wallet, p.node_signer, p.node_key, p.seal_key, p.operator, p.roles, p.profile_hash,
       p.active, p.block_number, p.log_index, e.payload AS profile
FROM tally.parties_now p
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = p.party_id
LEFT JOIN tally.enrolments e ON e.profile_hash = p.profile_hash;

CREATE VIEW explorer.data_sets AS
SELECT d.data_set_id, n.name AS data_set, d.version, d.owner_id, o.name AS owner, d.schema_hash, d.input_root,
       d.row_count, d.data_level, d.legal_basis, d.active, d.block_number, d.log_index, s.payload AS description
FROM tally.data_sets_now d
LEFT JOIN tally.names n ON n.kind = 'data_set' AND n.id = d.data_set_id
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = d.owner_id
LEFT JOIN tally.data_set_descriptors s
    ON s.data_set = n.name AND s.version = d.version AND s.owner = o.name AND s.digest = d.schema_hash;

CREATE VIEW explorer.programs AS
SELECT p.program_id, n.name AS program, p.publisher, p.code_digest, p.protection_level, p.security_model,
       p.min_parties, p.max_parties, p.approvals, p.active, p.block_number, p.log_index, s.payload AS descriptor
FROM tally.programs_now p
LEFT JOIN tally.names n ON n.kind = 'program' AND n.id = p.program_id
LEFT JOIN tally.program_descriptors s ON s.program = n.name AND s.code_digest = p.code_digest;

CREATE VIEW explorer.authorizations AS
SELECT a.digest, a.owner_id, o.name AS owner, a.uses_left, a.revoked, a.task_id, a.block_number, a.log_index
FROM tally.authorizations_now a
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = a.owner_id;

-- `contract` holds words: the explorer shows it to the task's participants and its auditors only.
CREATE VIEW explorer.tasks AS
SELECT t.task_id, t.contract, t.contract_digest, t.proposer, t.deadline, t.submitted_at, t.failed_code,
       t.state, v.review, v.run_id, v.started_at, v.ending, v.block_number, v.log_index
FROM tally.tasks t
LEFT JOIN tally.tasks_now v ON v.task_id = t.task_id;

GRANT SELECT ON explorer.parties, explorer.data_sets, explorer.programs, explorer.authorizations, explorer.tasks
    TO tally_explorer;
