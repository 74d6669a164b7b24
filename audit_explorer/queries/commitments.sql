SELECT party_id, party, run_id, log_size, log_root, block_number
FROM explorer.commitments
WHERE task_id = %(task)s
ORDER BY block_number, log_index
