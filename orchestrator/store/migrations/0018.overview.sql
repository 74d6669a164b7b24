-- What the explorer's overview, its page of anchors, a party's uses and a task's disclosures read. Each view says for whom it is.
-- depends: 0017.readers

CREATE INDEX authorization_versions_uses ON tally.authorization_versions (owner_id, block_number DESC, log_index DESC)
    WHERE used_at IS NOT NULL;
CREATE INDEX commitments_newest ON tally.commitments (party_id, block_number DESC, log_index DESC);
DROP INDEX tally.commitments_party;

-- The uses of authorizations: known to their owner, and to who reads the task that took them.
CREATE VIEW explorer.uses AS
SELECT v.digest, v.owner_id, o.name AS owner, v.task_id, v.used_at, v.uses_left, v.block_number, v.log_index
FROM tally.authorization_versions v
LEFT JOIN tally.names o ON o.kind = 'party' AND o.id = v.owner_id
WHERE v.used_at IS NOT NULL AND (explorer.reader() = '*' OR o.name = explorer.reader()
   OR (SELECT true FROM explorer.task_facets f WHERE f.task_id = v.task_id AND f.kind = 'task' AND f.value = ''));

-- What publishers say of their programs, as far as it is about the code that is registered: for every reader, as in the API.
CREATE VIEW explorer.descriptors AS
SELECT r.release_id, s.program, s.payload
FROM tally.program_descriptors s
JOIN tally.names n ON n.kind = 'program' AND n.name = s.program
JOIN tally.releases_now r ON r.release_id = n.id AND r.code_digest = s.code_digest
WHERE explorer.reader() <> '';

GRANT SELECT ON explorer.uses, explorer.descriptors TO tally_explorer;
