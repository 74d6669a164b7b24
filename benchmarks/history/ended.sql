-- Tasks that ended long ago, with everything that a task leaves in the coordinator's database: 14 events, 10 relayed
-- jobs, 7 messages, 28 receipts. Written for the schema up to 0004.roles; later migrations bring the rows along.
-- Blocks are numbered below zero, before those of the chain that a test or measurement then works with.
CREATE TEMPORARY TABLE old ON COMMIT DROP AS
SELECT n, sha256(('task' || n)::bytea) AS task, -30 * (%(tasks)s::bigint + 1 - n) AS block,
       %(now)s::bigint - 600 * (%(tasks)s::bigint + 1 - n) AS at
FROM generate_series(1, %(tasks)s::bigint) n;

CREATE TEMPORARY TABLE who ON COMMIT DROP AS
SELECT k, name, id FROM unnest(%(parties)s::text[], %(party_ids)s::bytea[]) WITH ORDINALITY AS p (name, id, k);

CREATE TEMPORARY TABLE seen ON COMMIT DROP AS
SELECT o.n, o.task, o.at, o.block + e.step AS block, e.name, e.k, e.subject = 'task' AS about_task,
       sha256((e.subject || o.n || '/' || e.k)::bytea) AS other
FROM old o CROSS JOIN (VALUES
    (0, 'TaskProposed', 0, 'task'), (1, 'AuthorizationSubmitted', 1, 'auth'), (2, 'AuthorizationSubmitted', 2, 'auth'),
    (3, 'UseConsumed', 1, 'auth'), (4, 'UseConsumed', 2, 'auth'), (5, 'TaskStarted', 0, 'task'),
    (6, 'RunCommitted', 1, 'task'), (7, 'RunCommitted', 2, 'task'), (8, 'RunCommitted', 3, 'task'),
    (9, 'TaskCompleted', 0, 'task'), (10, 'Anchored', 1, 'party'), (11, 'Anchored', 2, 'party'),
    (12, 'Anchored', 3, 'party'), (13, 'ResultAttested', 0, 'task')) AS e (step, name, k, subject);

INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject,
    args, seen_at)
SELECT s.block, 0, sha256(('block' || s.block)::bytea), sha256(('tx' || s.block)::bytea), 0, s.at, CASE WHEN s.about_task
       THEN 'Tasks' WHEN s.name = 'Anchored' THEN 'Anchors' ELSE 'Consents' END, s.name,
       CASE WHEN s.about_task THEN s.task WHEN s.name = 'Anchored' THEN w.id ELSE s.other END,
       jsonb_build_object('epoch', '0', 'size', (1000000 + 10 * s.n)::text, 'root', '0x' || encode(s.other, 'hex')),
       to_timestamp(s.at)
FROM seen s LEFT JOIN who w ON w.k = s.k;

INSERT INTO tally.tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at)
SELECT task, convert_to(repeat('contract', 400), 'UTF8'), sha256(task), (SELECT name FROM who WHERE k = 1), at + 3600,
       decode(repeat('ab', 65), 'hex'), at
FROM old;

INSERT INTO tally.task_parties (task_id, party, part)
SELECT o.task, w.name, p.part FROM old o CROSS JOIN who w CROSS JOIN
    (VALUES (1, 'proposer'), (1, 'owner'), (2, 'owner'), (1, 'committee'), (2, 'committee'), (3, 'committee'),
            (1, 'result-user')) AS p (k, part)
WHERE p.k = w.k;

INSERT INTO tally.authorizations (digest, owner, data_set, task_id, not_after, signed, received_at)
SELECT s.other, w.name, 'old-data-' || w.name, s.task, s.at + 3600, convert_to(repeat('signed', 300), 'UTF8'),
       to_timestamp(s.at)
FROM seen s JOIN who w ON w.k = s.k WHERE s.name = 'AuthorizationSubmitted';

INSERT INTO tally.authorization_versions (block_number, log_index, digest, owner_id, submitted, uses_left, revoked, task_id)
SELECT s.block, 0, s.other, w.id, true, (s.name = 'AuthorizationSubmitted')::int, false,
       CASE WHEN s.name = 'UseConsumed' THEN s.task END
FROM seen s JOIN who w ON w.k = s.k WHERE s.name IN ('AuthorizationSubmitted', 'UseConsumed');

INSERT INTO tally.task_versions (block_number, log_index, task_id, state, review, run_id, started_at)
SELECT block, 0, task, lower(substr(name, 5)), 'none', CASE WHEN name = 'TaskCompleted' THEN sha256(task) END,
       CASE WHEN name <> 'TaskProposed' THEN at END
FROM seen WHERE name IN ('TaskProposed', 'TaskStarted', 'TaskCompleted');

INSERT INTO tally.commitments (block_number, log_index, task_id, party_id, run_id, epoch, log_size, log_root)
SELECT s.block, 0, s.task, w.id, sha256(s.task), 0, 1000000 + 10 * s.n, s.other
FROM seen s JOIN who w ON w.k = s.k WHERE s.name = 'RunCommitted';

INSERT INTO tally.anchor_versions (block_number, log_index, party_id, epoch, log_size, log_root)
SELECT s.block, 0, w.id, 0, 1000000 + 10 * s.n, s.other FROM seen s JOIN who w ON w.k = s.k WHERE s.name = 'Anchored';

INSERT INTO tally.result_attestations (block_number, log_index, task_id, user_id, run_id, result_hash)
SELECT s.block, 0, s.task, w.id, sha256(s.task), s.other FROM seen s JOIN who w ON w.k = 1 WHERE s.name = 'ResultAttested';

INSERT INTO tally.relay_jobs (key, kind, task_id, party, body, state, attempts, give_up_at, done_block, finished_at)
SELECT j.kind || ':' || encode(o.task, 'hex') || ':' || j.k, j.kind, CASE WHEN j.kind <> 'anchor' THEN o.task END, w.name,
       convert_to(repeat('body', 100), 'UTF8'), 'done', 1, to_timestamp(o.at), greatest(o.block, 0), to_timestamp(o.at)
FROM old o CROSS JOIN who w CROSS JOIN
    (VALUES ('propose', 1), ('submit', 1), ('submit', 2), ('commit', 1), ('commit', 2), ('commit', 3), ('anchor', 1),
            ('anchor', 2), ('anchor', 3), ('attest', 1)) AS j (kind, k)
WHERE j.k = w.k;

INSERT INTO tally.outbox (party, name, task_id, body, block_number, log_index, attempts, published_at)
SELECT w.name, m.name, o.task, convert_to(repeat('body', 100), 'UTF8'), o.block + 5, 0, 1, to_timestamp(o.at)
FROM old o CROSS JOIN who w CROSS JOIN
    (VALUES ('tally.task.run'), ('tally.task.release'), ('tally.result.collect')) AS m (name)
WHERE m.name <> 'tally.result.collect' OR w.k = 1;

INSERT INTO tally.receipts (digest, kind, party, task_id, body, received_at)
SELECT sha256(('receipt' || o.n || '/' || w.k || '/' || r)::bytea),
       (ARRAY['statement', 'statement', 'statement', 'statement', 'statement', 'chain', 'chain', 'log', 'sealed'])[r],
       w.name, CASE WHEN r <> 7 THEN o.task END, convert_to(repeat('receipt', 30), 'UTF8'), to_timestamp(o.at)
FROM old o CROSS JOIN who w CROSS JOIN generate_series(1, 9) r;

INSERT INTO tally.progress (task_id, party, sequence, payload, received_at)
SELECT o.task, w.name, 9, convert_to('progress', 'UTF8'), to_timestamp(o.at) FROM old o CROSS JOIN who w;

INSERT INTO tally.sealed_shares (task_id, party, result_user, output, sealed, received_at)
SELECT o.task, w.name, (SELECT name FROM who WHERE k = 1), sha256(o.task), convert_to(repeat('sealed', 100), 'UTF8'),
       to_timestamp(o.at)
FROM old o CROSS JOIN who w;

INSERT INTO tally.log_evidence (task_id, party, epoch, log_size, body, received_at)
SELECT o.task, w.name, 0, 1000000 + 10 * o.n, convert_to(repeat('evidence', 250), 'UTF8'), to_timestamp(o.at)
FROM old o CROSS JOIN who w;

INSERT INTO tally.bundles (task_id, fingerprint, body, built_at)
SELECT task, sha256(task), convert_to(repeat('bundle', 300), 'UTF8'), to_timestamp(at + 60) FROM old;

INSERT INTO tally.idempotency (route, key, body_hash, status, answer, created_at)
SELECT 'tasks', 'key' || n, sha256(task), 202, convert_to('{}', 'UTF8'), to_timestamp(%(now)s) FROM old WHERE n <= 100; -- the sweep took older ones

INSERT INTO tally.names (kind, id, name) SELECT 'party', id, name FROM who ON CONFLICT DO NOTHING;
