-- What a holder answered under one key: one database a key period, gone with it.
CREATE TABLE askers (
  asker BLOB PRIMARY KEY,         -- SHA-256 of its node key
  highest INTEGER NOT NULL,       -- the highest number of a question
  used INTEGER NOT NULL,          -- points in all
  minute INTEGER NOT NULL,        -- unix minute of its last question
  in_minute INTEGER NOT NULL      -- points in that minute
) STRICT;

CREATE TABLE questions (
  asker BLOB NOT NULL,
  number INTEGER NOT NULL,
  question BLOB NOT NULL,         -- its digest
  answer BLOB,                    -- as it was sent; NULL between counting and evaluating
  PRIMARY KEY (asker, number)
) STRICT;
