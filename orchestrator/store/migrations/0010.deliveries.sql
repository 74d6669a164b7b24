-- Log evidence is replaced only by evidence that covers more: a larger log, or of the same one more entries or earlier roots.
-- depends: 0009.releases

ALTER TABLE tally.log_evidence
    ADD COLUMN entries integer NOT NULL DEFAULT 0,
    ADD COLUMN roots integer NOT NULL DEFAULT 0;
