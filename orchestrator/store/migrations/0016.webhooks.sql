-- Webhooks: where a party wants to hear of its tasks. The secret is kept as it is, since every delivery is signed with it anew: it
-- opens nothing here, and who reads it can at most ring a bell.
-- depends: 0015.access

CREATE TABLE tally.webhooks (
    hook_id bytea PRIMARY KEY CHECK (octet_length(hook_id) = 32),
    party text NOT NULL,
    wallet text NOT NULL,
    key_hash bytea,
    url text NOT NULL,
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
    label text NOT NULL,
    secret bytea NOT NULL,
    old_secret bytea,
    old_until bigint,
    made_at bigint NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    failing_since timestamptz,
    delivered_at timestamptz,
    off_at timestamptz,
    code text
);
CREATE INDEX webhooks_party ON tally.webhooks (party, made_at DESC, hook_id DESC);
CREATE INDEX webhooks_key ON tally.webhooks (key_hash) WHERE key_hash IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.webhooks TO tally_app;

-- As their parties see them: without secrets, times in unix seconds.
CREATE VIEW tally.webhooks_shown AS
SELECT hook_id, party, wallet, key_hash, url, kinds, label, made_at, code,
    CASE WHEN off_at IS NOT NULL THEN 'off' WHEN failing_since IS NOT NULL THEN 'failing' ELSE 'active' END AS status,
    CASE WHEN old_until > extract(epoch FROM now()) THEN old_until END AS overlap_until,
    extract(epoch FROM failing_since)::bigint AS failing_since,
    extract(epoch FROM delivered_at)::bigint AS delivered_at,
    extract(epoch FROM off_at)::bigint AS off_at
FROM tally.webhooks;
GRANT SELECT ON tally.webhooks_shown TO tally_app;

-- Their outbox: written in the transaction of what it tells of. `message` is the same however often it is sent.
CREATE TABLE tally.webhook_messages (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message bytea NOT NULL UNIQUE DEFAULT sha256(convert_to(gen_random_uuid()::text, 'UTF8')),
    hook_id bytea NOT NULL REFERENCES tally.webhooks ON DELETE CASCADE,
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    kind text NOT NULL,
    at bigint NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    code text,
    answer integer,
    finished_at timestamptz
);
CREATE INDEX webhook_messages_due ON tally.webhook_messages (hook_id, next_at, number) WHERE state = 'waiting';
CREATE INDEX webhook_messages_hook ON tally.webhook_messages (hook_id, number DESC);
CREATE INDEX webhook_messages_state ON tally.webhook_messages (hook_id, state, number DESC);
CREATE INDEX webhook_messages_task ON tally.webhook_messages (task_id);
CREATE INDEX webhook_messages_finished ON tally.webhook_messages (finished_at) WHERE state <> 'waiting';
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.webhook_messages TO tally_app;

-- An owner's authorizations for one data set, in the order of their pages.
CREATE INDEX authorizations_of_data_set ON tally.authorizations (owner, data_set, received_at DESC, digest DESC);
