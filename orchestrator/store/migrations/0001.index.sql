-- What the chain says. Every row of a projection belongs to one event and goes with it: rolling a reorganisation back
-- is deleting events (ON DELETE CASCADE). Current values are the newest row of each key, read through the *_now views.
-- depends:

CREATE SCHEMA tally;

CREATE TABLE tally.deployment (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    deployment_id bytea NOT NULL CHECK (octet_length(deployment_id) = 32),
    chain_id numeric NOT NULL,
    genesis_hash bytea NOT NULL CHECK (octet_length(genesis_hash) = 32)
);

-- The newest blocks up to which events were kept; older ones are found again when a reorganisation goes below.
CREATE TABLE tally.chain_cursors (
    block_number bigint PRIMARY KEY CHECK (block_number >= 0),
    block_hash bytea NOT NULL CHECK (octet_length(block_hash) = 32)
);

CREATE TABLE tally.chain_events (
    block_number bigint NOT NULL,
    log_index integer NOT NULL CHECK (log_index >= 0),
    block_hash bytea NOT NULL CHECK (octet_length(block_hash) = 32),
    tx_hash bytea NOT NULL CHECK (octet_length(tx_hash) = 32),
    tx_index integer NOT NULL CHECK (tx_index >= 0),
    block_time bigint NOT NULL,
    contract text NOT NULL,
    name text NOT NULL,
    subject bytea,
    args jsonb NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (block_number, log_index)
);
CREATE INDEX chain_events_subject ON tally.chain_events (subject, name);

CREATE TABLE tally.party_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    party_id bytea NOT NULL CHECK (octet_length(party_id) = 32),
    wallet bytea NOT NULL CHECK (octet_length(wallet) = 20),
    node_signer bytea NOT NULL CHECK (octet_length(node_signer) = 20),
    node_key bytea NOT NULL CHECK (octet_length(node_key) = 32),
    seal_key bytea NOT NULL CHECK (octet_length(seal_key) = 32),
    operator bytea NOT NULL CHECK (octet_length(operator) = 32),
    roles bigint NOT NULL,
    profile_hash bytea NOT NULL CHECK (octet_length(profile_hash) = 32),
    active boolean NOT NULL,
    PRIMARY KEY (party_id, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.data_set_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    data_set_id bytea NOT NULL CHECK (octet_length(data_set_id) = 32),
    version bigint NOT NULL CHECK (version > 0),
    owner_id bytea NOT NULL CHECK (octet_length(owner_id) = 32),
    schema_hash bytea NOT NULL CHECK (octet_length(schema_hash) = 32),
    input_root bytea NOT NULL CHECK (octet_length(input_root) = 32),
    row_count numeric NOT NULL,
    data_level smallint NOT NULL,
    legal_basis bytea NOT NULL CHECK (octet_length(legal_basis) = 32),
    active boolean NOT NULL,
    PRIMARY KEY (data_set_id, version, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.program_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    program_id bytea NOT NULL CHECK (octet_length(program_id) = 32),
    publisher bytea NOT NULL CHECK (octet_length(publisher) = 32),
    code_digest bytea NOT NULL CHECK (octet_length(code_digest) = 32),
    protection_level smallint NOT NULL,
    security_model smallint NOT NULL,
    min_parties smallint NOT NULL,
    max_parties smallint NOT NULL,
    approvals smallint NOT NULL,
    active boolean NOT NULL,
    PRIMARY KEY (program_id, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

-- Anybody may revoke any digest in its own name, so a digest's state is always one owner's.
CREATE TABLE tally.authorization_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    owner_id bytea NOT NULL CHECK (octet_length(owner_id) = 32),
    submitted boolean NOT NULL,
    uses_left bigint NOT NULL,
    revoked boolean NOT NULL,
    task_id bytea CHECK (octet_length(task_id) = 32),
    PRIMARY KEY (digest, owner_id, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.task_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    task_id bytea NOT NULL CHECK (octet_length(task_id) = 32),
    state text NOT NULL CHECK (state IN
        ('proposed', 'started', 'completed', 'disputed', 'aborted', 'refused', 'expired')),
    review text NOT NULL CHECK (review IN ('none', 'approved', 'rejected')),
    run_id bytea CHECK (octet_length(run_id) = 32),
    started_at bigint,
    ending jsonb,
    PRIMARY KEY (task_id, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.commitments (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    task_id bytea NOT NULL CHECK (octet_length(task_id) = 32),
    party_id bytea NOT NULL CHECK (octet_length(party_id) = 32),
    run_id bytea NOT NULL CHECK (octet_length(run_id) = 32),
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL CHECK (octet_length(log_root) = 32),
    PRIMARY KEY (task_id, party_id),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.result_attestations (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    task_id bytea NOT NULL CHECK (octet_length(task_id) = 32),
    user_id bytea NOT NULL CHECK (octet_length(user_id) = 32),
    run_id bytea NOT NULL CHECK (octet_length(run_id) = 32),
    result_hash bytea NOT NULL CHECK (octet_length(result_hash) = 32),
    PRIMARY KEY (task_id, user_id),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE TABLE tally.anchor_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    party_id bytea NOT NULL CHECK (octet_length(party_id) = 32),
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    log_root bytea NOT NULL CHECK (octet_length(log_root) = 32),
    PRIMARY KEY (party_id, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);

CREATE VIEW tally.parties_now AS
SELECT DISTINCT ON (party_id) * FROM tally.party_versions ORDER BY party_id, block_number DESC, log_index DESC;

CREATE VIEW tally.data_sets_now AS
SELECT DISTINCT ON (data_set_id, version) * FROM tally.data_set_versions
ORDER BY data_set_id, version, block_number DESC, log_index DESC;

CREATE VIEW tally.programs_now AS
SELECT DISTINCT ON (program_id) * FROM tally.program_versions ORDER BY program_id, block_number DESC, log_index DESC;

CREATE VIEW tally.authorizations_now AS
SELECT DISTINCT ON (digest, owner_id) * FROM tally.authorization_versions
ORDER BY digest, owner_id, block_number DESC, log_index DESC;

CREATE VIEW tally.tasks_now AS
SELECT DISTINCT ON (task_id) * FROM tally.task_versions ORDER BY task_id, block_number DESC, log_index DESC;

CREATE VIEW tally.anchors_now AS
SELECT DISTINCT ON (party_id) * FROM tally.anchor_versions ORDER BY party_id, block_number DESC, log_index DESC;
