SELECT program, payload FROM explorer.descriptors WHERE release_id = ANY(%(ids)s)
