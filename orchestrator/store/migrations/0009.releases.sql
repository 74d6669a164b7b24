-- What the contracts of registered engines, successions, second wallets and timed reviews tell. Programs and engines are
-- releases of one register; a succession is known by the older release, for one is declared at a time.
-- depends: 0008.unread

DROP VIEW explorer.programs, explorer.authorizations, explorer.tasks;
DROP TABLE tally.programs_now, tally.program_versions;

-- An engine has none of the columns from `committee` to `output_kind`.
CREATE TABLE tally.release_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    release_id bytea NOT NULL CHECK (octet_length(release_id) = 32),
    kind text NOT NULL CHECK (kind IN ('program', 'engine')),
    publisher bytea NOT NULL CHECK (octet_length(publisher) = 32),
    code_digest bytea NOT NULL CHECK (octet_length(code_digest) = 32),
    committee smallint,
    protection_level smallint,
    security_model smallint,
    min_parties smallint,
    max_parties smallint,
    output_kind smallint,
    approvals smallint NOT NULL,
    active boolean NOT NULL,
    serial numeric NOT NULL,
    PRIMARY KEY (release_id, block_number, log_index),
    CHECK ((kind = 'engine') = (num_nonnulls(committee, protection_level, security_model, min_parties, max_parties,
        output_kind) = 0)),
    CHECK (kind = 'engine' OR num_nulls(committee, protection_level, security_model, min_parties, max_parties,
        output_kind) = 0),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);
CREATE INDEX release_versions_at ON tally.release_versions (block_number, log_index);
CREATE TABLE tally.releases_now (LIKE tally.release_versions INCLUDING CONSTRAINTS, PRIMARY KEY (release_id));

CREATE TABLE tally.succession_versions (
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    older bytea NOT NULL CHECK (octet_length(older) = 32),
    newer bytea NOT NULL CHECK (octet_length(newer) = 32),
    approvals smallint NOT NULL,
    PRIMARY KEY (older, block_number, log_index),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);
CREATE INDEX succession_versions_at ON tally.succession_versions (block_number, log_index);
CREATE TABLE tally.successions_now (LIKE tally.succession_versions INCLUDING CONSTRAINTS, PRIMARY KEY (older));

-- The wallet that the present one named and that has not accepted yet; the number of the present keys.
ALTER TABLE tally.party_versions
    ADD COLUMN pending_wallet bytea CHECK (octet_length(pending_wallet) = 20),
    ADD COLUMN key_period numeric NOT NULL DEFAULT 1;
ALTER TABLE tally.parties_now
    ADD COLUMN pending_wallet bytea CHECK (octet_length(pending_wallet) = 20),
    ADD COLUMN key_period numeric NOT NULL DEFAULT 1;

-- Null where it was revoked and never submitted. `sequence` counts an owner's submissions: all up to one are revoked at once.
ALTER TABLE tally.authorization_versions
    ADD COLUMN wallet bytea CHECK (octet_length(wallet) = 20),
    ADD COLUMN sequence bigint;
ALTER TABLE tally.authorizations_now
    ADD COLUMN wallet bytea CHECK (octet_length(wallet) = 20),
    ADD COLUMN sequence bigint;
CREATE INDEX authorization_versions_owner ON tally.authorization_versions (owner_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX authorizations_now_owner ON tally.authorizations_now (owner_id, sequence);
CREATE INDEX authorizations_owner ON tally.authorizations (owner, received_at DESC, digest DESC);

-- The last second of the review, 0 without a reviewer; how many blocks of uses were reserved after the start.
ALTER TABLE tally.task_versions DROP CONSTRAINT task_versions_review_check,
    ADD CONSTRAINT task_versions_review_check CHECK (review IN ('none', 'approved', 'rejected', 'expired')),
    ADD COLUMN review_by bigint NOT NULL DEFAULT 0,
    ADD COLUMN reserves bigint NOT NULL DEFAULT 0;
ALTER TABLE tally.tasks_now DROP CONSTRAINT task_versions_review_check,
    ADD CONSTRAINT task_versions_review_check CHECK (review IN ('none', 'approved', 'rejected', 'expired')),
    ADD COLUMN review_by bigint NOT NULL DEFAULT 0,
    ADD COLUMN reserves bigint NOT NULL DEFAULT 0;
CREATE INDEX tasks_now_unreviewed ON tally.tasks_now (review_by)
    WHERE state = 'completed' AND review = 'none' AND review_by > 0;

-- An owner's word that all it submitted up to a number is revoked, as it came: it counts here before the chain took it.
CREATE TABLE tally.revocations_of_all (
    owner text PRIMARY KEY,
    through bigint NOT NULL,
    signature bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

ALTER TABLE tally.names DROP CONSTRAINT names_kind_check,
    ADD CONSTRAINT names_kind_check CHECK (kind IN ('party', 'data_set', 'program', 'engine'));
ALTER TABLE tally.relay_jobs DROP CONSTRAINT relay_jobs_kind_check,
    ADD CONSTRAINT relay_jobs_kind_check CHECK (kind IN
        ('propose', 'submit', 'revoke', 'revoke-all', 'commit', 'abort', 'attest', 'anchor'));

ALTER TABLE tally.attempts DROP CONSTRAINT attempts_action_check,
    ADD CONSTRAINT attempts_action_check CHECK (action IN ('start', 'expire', 'expire-review'));

GRANT SELECT, INSERT, UPDATE, DELETE ON
    tally.release_versions, tally.releases_now, tally.succession_versions, tally.successions_now,
    tally.revocations_of_all TO tally_app;

CREATE VIEW explorer.programs AS
SELECT p.release_id AS program_id, n.name AS program, p.publisher, p.code_digest, p.committee, p.protection_level,
       p.security_model, p.min_parties, p.max_parties, p.output_kind, p.approvals, p.active, p.serial, p.block_number,
       p.log_index, s.payload AS descriptor
FROM tally.releases_now p
LEFT JOIN tally.names n ON n.kind = 'program' AND n.id = p.release_id
LEFT JOIN tally.program_descriptors s ON s.program = n.name AND s.code_digest = p.code_digest
WHERE p.kind = 'program';

CREATE VIEW explorer.engines AS
SELECT p.release_id AS engine_id, n.name AS engine, p.publisher, p.code_digest, p.approvals, p.active, p.serial,
       p.block_number, p.log_index
FROM tally.releases_now p
LEFT JOIN tally.names n ON n.kind = 'engine' AND n.id = p.release_id
WHERE p.kind = 'engine';

CREATE VIEW explorer.successions AS
SELECT s.older, s.newer, s.approvals, s.block_number, s.log_index FROM tally.successions_now s;

CREATE VIEW explorer.authorizations AS
SELECT a.digest, a.owner_id, o.name AS owner, a.wallet, a.sequence, a.uses_left, a.revoked, a.task_id, a.block_number,
       a.log_index
FROM tally.authorizations_now a
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = a.owner_id;

-- `contract` holds words: the explorer shows it to the task's participants and its auditors only.
CREATE VIEW explorer.tasks AS
SELECT t.task_id, t.contract, t.contract_digest, t.proposer, t.deadline, t.submitted_at, t.failed_code,
       t.state, v.review, v.review_by, v.reserves, v.run_id, v.started_at, v.ending, v.block_number, v.log_index
FROM tally.tasks t
LEFT JOIN tally.tasks_now v ON v.task_id = t.task_id;

GRANT SELECT ON explorer.programs, explorer.engines, explorer.successions, explorer.authorizations, explorer.tasks
    TO tally_explorer;
