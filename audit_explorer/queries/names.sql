SELECT kind, id, name FROM explorer.names WHERE id = ANY(%(ids)s)
