-- The newest uses of a party's authorizations that the reader may know of.
SELECT digest, owner_id, task_id, used_at, uses_left, block_number
FROM explorer.uses WHERE owner_id = %(owner)s
ORDER BY block_number DESC, log_index DESC LIMIT 20
