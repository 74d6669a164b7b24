-- Runs of the running node on their way into a slot; rewritten whenever one moves, and shown to the operator.
CREATE TABLE slots (
  task BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,             -- 'task' or 'session'
  phase TEXT NOT NULL,            -- 'waiting', 'held', 'claiming', 'opening', 'running'
  waits TEXT NOT NULL             -- 'party:how' for each party it waits for, joined by commas
) STRICT;
