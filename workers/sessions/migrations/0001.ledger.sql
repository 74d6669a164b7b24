-- What a holder counts of its sessions. Times are unix seconds; digests and ids are blobs of 32 bytes.
CREATE TABLE sessions (
  session BLOB PRIMARY KEY,
  terms BLOB NOT NULL,            -- canonical bytes
  ends INTEGER NOT NULL,          -- as they say
  answers INTEGER NOT NULL,       -- the place of the last answer
  asked INTEGER NOT NULL,         -- when somebody asked last; its beginning at first
  ended TEXT NOT NULL,            -- why, '' while it is open
  closed INTEGER NOT NULL         -- 1 once its end is anchored: nothing is left to do
) STRICT;

CREATE TABLE askers (
  session BLOB NOT NULL,
  party TEXT NOT NULL,
  highest INTEGER NOT NULL,       -- the highest number of a question
  used INTEGER NOT NULL,          -- ids in all
  minute INTEGER NOT NULL,        -- unix minute of its last question
  in_minute INTEGER NOT NULL,     -- ids in that minute
  PRIMARY KEY (session, party)
) STRICT;

CREATE TABLE questions (
  session BLOB NOT NULL,
  party TEXT NOT NULL,
  number INTEGER NOT NULL,
  question BLOB NOT NULL,         -- its digest
  answer BLOB,                    -- as it was sent; NULL between counting and evaluating
  PRIMARY KEY (session, party, number)
) STRICT;

-- Leaves of the batches' trees, by the answer's place.
CREATE TABLE receipts (
  session BLOB NOT NULL,
  answered INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (session, answered)
) STRICT, WITHOUT ROWID;

-- What the log says of a session, in its order: kept here first, so that a kill between the two repeats nothing.
CREATE TABLE entries (
  session BLOB NOT NULL,
  place INTEGER NOT NULL,         -- 0: that it opened; k: its k-th batch; after the last batch: its end
  kind TEXT NOT NULL,
  last INTEGER NOT NULL,          -- the last answer that it covers
  envelope BLOB NOT NULL,
  epoch INTEGER,                  -- NULL until the log has it
  position INTEGER,
  anchored INTEGER NOT NULL,      -- size of the first anchor that covers it, 0 before
  PRIMARY KEY (session, place)
) STRICT;
