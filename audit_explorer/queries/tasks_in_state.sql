-- One page of the tasks in a state, newest first. A statement of its own: each has its index.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer, t.state,
       (SELECT true FROM explorer.bundles b WHERE b.task_id = t.task_id) IS NOT NULL AS bundle
FROM explorer.tasks t
WHERE t.state = %(state)s AND (t.submitted_at, t.task_id) < (%(submitted_at)s, %(task)s)
ORDER BY t.submitted_at DESC, t.task_id DESC
LIMIT %(limit)s
