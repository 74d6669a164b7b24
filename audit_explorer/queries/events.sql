SELECT block_number, log_index, block_time, tx_hash, name, args, sender
FROM explorer.events
WHERE subject = %(task)s
ORDER BY block_number, log_index
LIMIT 1000
