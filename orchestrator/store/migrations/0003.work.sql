-- Work to be done exactly once in effect: written in the transaction that makes it necessary, taken up by the engine.
-- depends: 0002.records

CREATE TABLE tally.relay_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN
        ('propose', 'submit', 'revoke', 'commit', 'abort', 'attest', 'anchor')),
    task_id bytea CHECK (octet_length(task_id) = 32),
    party text,
    body bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    give_up_at timestamptz NOT NULL,
    -- The block in which the effect was there: a reorganisation below it makes the job wait again.
    done_block bigint,
    code text,
    what text,
    fix text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CHECK ((state = 'done') = (done_block IS NOT NULL))
);
CREATE INDEX relay_jobs_due ON tally.relay_jobs (next_at, id) WHERE state = 'waiting';
CREATE INDEX relay_jobs_task ON tally.relay_jobs (task_id);

-- A message exists as long as the event that caused it does: a rolled back start takes its dispatches along, and a
-- start that is seen again sends them again (messages are idempotent at the node).
CREATE TABLE tally.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party text NOT NULL,
    name text NOT NULL CHECK (name IN ('tally.task.run', 'tally.task.release', 'tally.result.collect')),
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    body bytea NOT NULL,
    block_number bigint NOT NULL,
    log_index integer NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    UNIQUE (party, name, task_id),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);
CREATE INDEX outbox_due ON tally.outbox (next_at, id) WHERE published_at IS NULL;

-- What the engine itself tries to do for a task (start, expire), why it did not work and when it tries again.
CREATE TABLE tally.attempts (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    action text NOT NULL CHECK (action IN ('start', 'expire')),
    tries integer NOT NULL,
    next_at timestamptz NOT NULL,
    code text NOT NULL,
    what text NOT NULL,
    fix text NOT NULL,
    PRIMARY KEY (task_id, action)
);

CREATE TABLE tally.idempotency (
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    status integer NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (route, key)
);

CREATE TABLE tally.loops (
    name text PRIMARY KEY,
    last_success timestamptz,
    last_failure timestamptz,
    code text,
    what text
);
