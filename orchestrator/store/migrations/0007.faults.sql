-- Items that a loop of the engine could not do by their own fault (not the database's, broker's or chain's): how often, when
-- it is tried next, and those given up until somebody has them tried again (dead letters).
-- depends: 0006.current

CREATE TABLE tally.faults (
    loop text NOT NULL,
    item text NOT NULL,
    tries integer NOT NULL,
    next_at timestamptz NOT NULL,
    dead boolean NOT NULL,
    code text NOT NULL,
    cause text NOT NULL,
    -- An event's fault goes with the event.
    block_number bigint,
    log_index integer,
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (loop, item),
    FOREIGN KEY (block_number, log_index) REFERENCES tally.chain_events ON DELETE CASCADE
);
CREATE INDEX faults_dead ON tally.faults (last_at) WHERE dead;
CREATE INDEX faults_at ON tally.faults (block_number, log_index) WHERE block_number IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON tally.faults TO tally_app;
-- So that `tally doctor` sees which migrations are there.
GRANT SELECT ON public._yoyo_migration TO tally_app;
