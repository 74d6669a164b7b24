SELECT outcomes, size, sha256 FROM explorer.bundles WHERE task_id = %(task)s
