SELECT block_number, log_index, block_hash, block_time, tx_hash, contract, name, subject, args, sender
FROM explorer.events WHERE tx_hash = %(transaction)s ORDER BY block_number, log_index LIMIT 500
