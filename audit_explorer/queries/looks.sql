-- Who looked at a task's evidence through the coordinator, newest first.
SELECT reader_id, reader, what, day, looks, last_at FROM explorer.looks WHERE task_id = %(task)s
ORDER BY day DESC, last_at DESC, reader, what LIMIT 50
