-- Access keys: the hash of each key alone is kept, with what a wallet signed about it. A row stays until that word's own end, also
-- when it was revoked, so that nothing brings a revoked key back.
-- depends: 0014.sessions

CREATE TABLE tally.access_keys (
    key_hash bytea PRIMARY KEY CHECK (octet_length(key_hash) = 32),
    party text NOT NULL,
    wallet text NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    label text NOT NULL,
    signature bytea NOT NULL,
    made_at bigint NOT NULL,
    not_after bigint NOT NULL,
    used_at bigint,
    revoked_at bigint
);
CREATE INDEX access_keys_party ON tally.access_keys (party, made_at DESC, key_hash DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.access_keys TO tally_app;

-- What a task can be found by, for each party that may read it: `task` finds all, the others the tasks of a state, of the party's
-- part, of another party, a program or a data set. One index in the order of pages serves every list, however many tasks there are.
CREATE TABLE tally.task_facets (
    task_id bytea NOT NULL REFERENCES tally.tasks ON DELETE CASCADE,
    party text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('task', 'state', 'part', 'party', 'program', 'data_set')),
    value text NOT NULL,
    submitted_at bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (task_id, party, kind, value)
);
CREATE INDEX task_facets_newest ON tally.task_facets (party, kind, value, submitted_at DESC, task_id DESC);
-- What changed of a party's tasks, in the order in which it did: for those who follow them.
CREATE INDEX task_facets_changed ON tally.task_facets (party, changed_at, task_id) WHERE kind = 'state';
GRANT SELECT, INSERT, UPDATE, DELETE ON tally.task_facets TO tally_app;

WITH known AS (
    SELECT task_id, state, CASE WHEN convert_from(contract, 'UTF8') LIKE '{%' THEN convert_from(contract, 'UTF8')::jsonb END AS words
    FROM tally.tasks
), facets AS (
    SELECT task_id, 'task' AS kind, '' AS value FROM known
    UNION ALL SELECT task_id, 'state', state FROM known
    UNION ALL SELECT task_id, 'party', party FROM tally.task_parties
    UNION ALL SELECT task_id, 'data_set', item ->> 'data_set' FROM known, jsonb_array_elements(words -> 'inputs') item
    UNION ALL SELECT task_id, 'program', item ->> 'program' FROM known, jsonb_array_elements(words -> 'steps') item
)
INSERT INTO tally.task_facets (task_id, party, kind, value, submitted_at)
SELECT f.task_id, p.party, f.kind, f.value, p.submitted_at
FROM facets f JOIN tally.task_parties p ON p.task_id = f.task_id
WHERE f.value IS NOT NULL
UNION SELECT task_id, party, 'part', part, submitted_at FROM tally.task_parties
ON CONFLICT DO NOTHING;
