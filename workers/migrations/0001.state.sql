-- The node's own state. Times are unix seconds; hashes and ids are blobs of 32 bytes.
-- Nothing here is secret: keys, rows, shares and results live in encrypted files beside it.

CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

-- One row per task that was dispatched to this node; `stage` moves by workers.jobs.stages.TRANSITIONS only.
CREATE TABLE jobs (
  task BLOB PRIMARY KEY,
  stage TEXT NOT NULL,
  outcome TEXT NOT NULL,          -- the end stage this job is heading for: 'done' until something else happens
  reason TEXT NOT NULL,           -- code of protocol.reasons, '' while all is well
  peer TEXT NOT NULL,             -- party the reason is about, '' for none
  dispatch TEXT NOT NULL,         -- the message as received (canonical JSON)
  run BLOB,                       -- agreed run id
  started INTEGER NOT NULL,       -- block time of the start on chain, 0 before it was seen
  deadline INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,       -- not looked at before this time
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
) STRICT;

-- Entries of the evidence log by task; rebuilt from the log itself when it is behind.
CREATE TABLE log_index (
  epoch INTEGER NOT NULL,
  position INTEGER NOT NULL,
  task BLOB NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (epoch, position)
) STRICT;
CREATE INDEX log_index_task ON log_index (task, epoch, position);

-- What is to reach the coordinator, and through it or directly the chain.
CREATE TABLE outbox (
  digest BLOB PRIMARY KEY,        -- SHA-256 of the receipt's canonical bytes: its idempotency key
  task BLOB,
  kind TEXT NOT NULL,             -- 'chain', 'log', 'sealed', 'envelope', 'progress'
  body TEXT NOT NULL,             -- the receipt's JSON; sealed shares are ciphertext
  created INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL,  -- when the coordinator took it, 0 before
  settled INTEGER NOT NULL        -- when nothing more is to be done for it, 0 before
) STRICT;
CREATE INDEX outbox_open ON outbox (settled, next_at);

CREATE TABLE data_sets (
  data_set TEXT NOT NULL,
  version INTEGER NOT NULL,
  input_root BLOB NOT NULL,
  rows INTEGER NOT NULL,
  registered INTEGER NOT NULL,    -- 1 once the chain shows this version
  created INTEGER NOT NULL,
  PRIMARY KEY (data_set, version)
) STRICT;

-- The owner's own limits, beside what its wallet signed.
CREATE TABLE policies (
  digest BLOB PRIMARY KEY,
  data_set TEXT NOT NULL,
  document BLOB NOT NULL,
  created INTEGER NOT NULL
) STRICT;

-- Every task that passed the party check, for rates.
CREATE TABLE uses (
  task BLOB NOT NULL,
  data_set TEXT NOT NULL,
  authorization BLOB NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (task, data_set)
) STRICT;

-- Highest announcement of each peer that was verified against the registry's key.
CREATE TABLE announcements (
  party TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  envelope BLOB NOT NULL
) STRICT;

-- Results this party may read.
CREATE TABLE collections (
  task BLOB PRIMARY KEY,
  state TEXT NOT NULL,            -- 'waiting', 'unchecked', 'attested', 'refused'
  next_at INTEGER NOT NULL,
  created INTEGER NOT NULL
) STRICT;
