-- Least privilege. Both roles are groups without a login: the processes connect with a login that is a member and
-- take the role (`SET ROLE`), the operator creates logins. `tally_explorer` sees views only, never signatures' bodies,
-- sealed shares, work queues or idempotency answers. Roles belong to the whole server, so they may be there already.
-- depends: 0003.work

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tally_app') THEN
        CREATE ROLE tally_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tally_explorer') THEN
        CREATE ROLE tally_explorer NOLOGIN;
    END IF;
END
$$;

GRANT tally_app, tally_explorer TO CURRENT_USER;

GRANT USAGE ON SCHEMA tally TO tally_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tally TO tally_app;
REVOKE INSERT, UPDATE, DELETE ON
    tally.parties_now, tally.data_sets_now, tally.programs_now,
    tally.authorizations_now, tally.tasks_now, tally.anchors_now FROM tally_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA tally TO tally_app;

CREATE SCHEMA explorer;

CREATE VIEW explorer.deployment AS SELECT deployment_id, chain_id, genesis_hash FROM tally.deployment;

CREATE VIEW explorer.chain_cursor AS
SELECT block_number, block_hash FROM tally.chain_cursors ORDER BY block_number DESC LIMIT 1;

CREATE VIEW explorer.events AS
SELECT block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args FROM tally.chain_events;

CREATE VIEW explorer.names AS SELECT kind, id, name FROM tally.names;

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
       v.state, v.review, v.run_id, v.started_at, v.ending, v.block_number, v.log_index
FROM tally.tasks t
LEFT JOIN tally.tasks_now v ON v.task_id = t.task_id;

CREATE VIEW explorer.task_parties AS SELECT task_id, party, part FROM tally.task_parties;

CREATE VIEW explorer.commitments AS
SELECT c.task_id, c.party_id, n.name AS party, c.run_id, c.epoch, c.log_size, c.log_root, c.block_number, c.log_index
FROM tally.commitments c
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = c.party_id;

CREATE VIEW explorer.result_attestations AS
SELECT a.task_id, a.user_id, n.name AS result_user, a.run_id, a.result_hash, a.block_number, a.log_index
FROM tally.result_attestations a
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = a.user_id;

CREATE VIEW explorer.anchors AS
SELECT a.party_id, n.name AS party, a.epoch, a.log_size, a.log_root, a.block_number, a.log_index
FROM tally.anchor_versions a
LEFT JOIN tally.names n ON n.kind = 'party' AND n.id = a.party_id;

-- Statements are DSSE envelopes of hashes and fixed codes: nothing in them is secret.
CREATE VIEW explorer.statements AS
SELECT digest, party, task_id, body AS envelope, received_at FROM tally.receipts WHERE kind = 'statement';

CREATE VIEW explorer.progress AS SELECT task_id, party, sequence, payload, received_at FROM tally.progress;

CREATE VIEW explorer.bundles AS SELECT task_id, fingerprint, body, built_at FROM tally.bundles;

GRANT USAGE ON SCHEMA explorer TO tally_explorer;
GRANT SELECT ON ALL TABLES IN SCHEMA explorer TO tally_explorer;
