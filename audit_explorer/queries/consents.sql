SELECT digest, owner_id, owner, uses_left, revoked
FROM explorer.authorizations
WHERE digest = ANY(%(consumed)s) AND sequence IS NOT NULL
ORDER BY owner, digest
