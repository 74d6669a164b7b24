-- The node signer signs an application too. Those of before have no such signature; their applicants apply once more.
-- depends: 0010.deliveries

ALTER TABLE tally.enrolments ADD COLUMN node_signature bytea CHECK (node_signature IS NULL OR envelope IS NOT NULL);
