SELECT party, payload, extract(epoch FROM received_at)::bigint AS received_at
FROM explorer.progress
WHERE task_id = %(task)s
ORDER BY party
