-- Log evidence is replaced only by evidence that covers more; what a party has waiting is found by party.
-- depends: 0008.unread

ALTER TABLE tally.log_evidence
    ADD COLUMN entries integer NOT NULL DEFAULT 0,
    ADD COLUMN roots integer NOT NULL DEFAULT 0;
