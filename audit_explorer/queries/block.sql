SELECT block_number, log_index, block_hash, block_time, tx_hash, contract, name, subject, args, sender
FROM explorer.events WHERE block_number = %(block)s ORDER BY log_index LIMIT 500
