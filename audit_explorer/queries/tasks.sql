-- One page of tasks, newest first.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer, t.state,
       (SELECT true FROM explorer.bundles b WHERE b.task_id = t.task_id) IS NOT NULL AS bundle
FROM explorer.tasks t
WHERE (t.submitted_at, t.task_id) < (%(submitted_at)s, %(task)s)
ORDER BY t.submitted_at DESC, t.task_id DESC
LIMIT %(limit)s
