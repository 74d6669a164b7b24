-- What people and nodes sent: words, signatures, evidence. Times are when the coordinator received it.
-- depends: 0001.index

CREATE TABLE tally.names (
    kind text NOT NULL CHECK (kind IN ('party', 'data_set', 'program')),
    id bytea NOT NULL CHECK (octet_length(id) = 32),
    name text NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Applications; the one whose profile hash the registry holds counts, so a name cannot be squatted.
CREATE TABLE tally.enrolments (
    profile_hash bytea PRIMARY KEY CHECK (octet_length(profile_hash) = 32),
    party text NOT NULL,
    payload bytea NOT NULL,
    envelope bytea,
    wallet_signature bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX enrolments_party ON tally.enrolments (party);

-- As with enrolments, the description whose owner and hash the chain holds counts.
CREATE TABLE tally.data_set_descriptors (
    data_set text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    owner text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    payload bytea NOT NULL,
    envelope bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (data_set, version, owner)
);

CREATE TABLE tally.program_descriptors (
    program text PRIMARY KEY,
    code_digest bytea NOT NULL CHECK (octet_length(code_digest) = 32),
    payload bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE tally.tasks (
    task_id bytea PRIMARY KEY CHECK (octet_length(task_id) = 32),
    contract bytea NOT NULL,
    contract_digest bytea NOT NULL CHECK (octet_length(contract_digest) = 32),
    proposer text NOT NULL,
    deadline bigint NOT NULL,
    signature bytea NOT NULL,
    submitted_at bigint NOT NULL,
    failed_code text,
    failed_what text,
    failed_fix text
);
CREATE INDEX tasks_newest ON tally.tasks (submitted_at DESC, task_id DESC);

CREATE TABLE tally.task_parties (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    party text NOT NULL,
    part text NOT NULL CHECK (part IN
        ('proposer', 'scheduler', 'committee', 'owner', 'result-user', 'auditor', 'reviewer')),
    PRIMARY KEY (task_id, party, part)
);
CREATE INDEX task_parties_party ON tally.task_parties (party);

CREATE TABLE tally.authorizations (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    owner text NOT NULL,
    data_set text NOT NULL,
    task_id bytea CHECK (octet_length(task_id) = 32),
    not_after numeric NOT NULL,
    signed bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX authorizations_data_set ON tally.authorizations (data_set, task_id);

CREATE TABLE tally.revocations (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    owner text NOT NULL,
    signature bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE tally.receipts (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    kind text NOT NULL CHECK (kind IN ('chain', 'log', 'sealed', 'statement')),
    party text NOT NULL,
    task_id bytea CHECK (octet_length(task_id) = 32),
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX receipts_task ON tally.receipts (task_id, party);

CREATE TABLE tally.progress (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    party text NOT NULL,
    sequence bigint NOT NULL,
    payload bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_id, party)
);

CREATE TABLE tally.announcements (
    party text PRIMARY KEY,
    sequence bigint NOT NULL,
    envelope bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE tally.sealed_shares (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    party text NOT NULL,
    result_user text NOT NULL,
    output bytea NOT NULL CHECK (octet_length(output) = 32),
    sealed bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_id, party, result_user, output)
);

CREATE TABLE tally.log_evidence (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    party text NOT NULL,
    epoch numeric NOT NULL,
    log_size numeric NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_id, party)
);

CREATE TABLE tally.bundles (
    task_id bytea PRIMARY KEY REFERENCES tally.tasks ON DELETE CASCADE,
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    body bytea NOT NULL,
    built_at timestamptz NOT NULL
);
