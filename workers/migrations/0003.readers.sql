-- Who reads what was computed over a data set's rows, for its owner: each task once, however often it is tried.
CREATE TABLE readers (
  data_set TEXT NOT NULL,
  reader TEXT NOT NULL,
  task BLOB NOT NULL,
  aggregate INTEGER NOT NULL,     -- 1 where nothing that it reads is about single people
  PRIMARY KEY (data_set, reader, task)
) STRICT;
