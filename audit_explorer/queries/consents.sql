SELECT digest, owner_id, owner, uses_left, revoked
FROM explorer.authorizations
WHERE task_id = %(task)s OR digest = ANY(%(consumed)s)
ORDER BY owner, digest
