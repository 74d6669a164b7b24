-- One page of tasks, newest first. What the chain says of a task goes before what the coordinator says.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer,
       coalesce(t.state, CASE WHEN t.failed_code IS NULL THEN 'submitted' ELSE 'failed' END) AS state,
       EXISTS (SELECT FROM explorer.bundles b WHERE b.task_id = t.task_id) AS bundle
FROM explorer.tasks t
WHERE (t.submitted_at, t.task_id) < (%(submitted_at)s, %(task)s)
  AND (%(state)s::text IS NULL
       OR coalesce(t.state, CASE WHEN t.failed_code IS NULL THEN 'submitted' ELSE 'failed' END) = %(state)s)
ORDER BY t.submitted_at DESC, t.task_id DESC
LIMIT %(limit)s
