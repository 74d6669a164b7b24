-- Sessions of people who signed in with a wallet: the hash of the cookie's secret alone is kept. A row outlives its session
-- until the signed message has expired, so that no message opens a second one.
-- depends: 0013.credentials

CREATE TABLE tally.sessions (
    secret_hash bytea PRIMARY KEY CHECK (octet_length(secret_hash) = 32),
    nonce text NOT NULL UNIQUE,
    party text NOT NULL,
    wallet text NOT NULL,
    not_after bigint NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    kept_until bigint NOT NULL
);
CREATE INDEX sessions_party ON tally.sessions (party, not_after);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.sessions TO tally_app;
