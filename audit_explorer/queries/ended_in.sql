-- Of some tasks those that have an evidence bundle.
SELECT task_id FROM explorer.bundles WHERE task_id = ANY(%(tasks)s)
