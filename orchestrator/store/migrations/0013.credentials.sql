-- Broker credentials of admitted parties, sealed to the seal key that the registry holds for each: nobody here can open them.
-- A row stays when its credentials are withdrawn, without them, so that the next ones are never issued at an earlier time.
-- depends: 0012.strangers

CREATE TABLE tally.broker_credentials (
    party_id bytea PRIMARY KEY CHECK (octet_length(party_id) = 32),
    party text NOT NULL UNIQUE,
    issued bigint NOT NULL CHECK (issued > 0),
    seal_key bytea NOT NULL CHECK (octet_length(seal_key) = 32),
    sealed bytea CHECK (octet_length(sealed) BETWEEN 48 AND 4096)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.broker_credentials TO tally_app;
