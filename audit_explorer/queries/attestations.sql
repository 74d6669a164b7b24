SELECT user_id, result_user, result_hash, block_number
FROM explorer.result_attestations
WHERE task_id = %(task)s
ORDER BY block_number, log_index
