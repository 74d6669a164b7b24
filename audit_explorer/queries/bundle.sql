SELECT body FROM explorer.bundles WHERE task_id = %(task)s
