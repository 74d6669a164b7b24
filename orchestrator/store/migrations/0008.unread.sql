-- What an event speaks of that could not be read or followed: its current state is not known until the index is rebuilt.
-- depends: 0007.faults

ALTER TABLE tally.faults ADD COLUMN contract text, ADD COLUMN subject bytea;
CREATE INDEX faults_subject ON tally.faults (subject) WHERE subject IS NOT NULL;

ALTER TABLE tally.tasks DROP CONSTRAINT tasks_state_check;
ALTER TABLE tally.tasks ADD CONSTRAINT tasks_state_check CHECK (state IN
    ('submitted', 'failed', 'proposed', 'started', 'completed', 'disputed', 'aborted', 'refused', 'expired', 'unknown'));
DROP INDEX tally.tasks_open;
CREATE INDEX tasks_open ON tally.tasks (deadline) WHERE state IN ('submitted', 'proposed', 'started', 'unknown');
