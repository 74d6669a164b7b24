SELECT digest, owner_id, owner, wallet, sequence, uses_left, state, task_id, block_number
FROM explorer.authorizations WHERE digest = %(id)s ORDER BY sequence IS NULL, owner_id LIMIT 1
