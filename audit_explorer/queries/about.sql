-- The events of one contract about one thing, the newest first.
SELECT block_number, log_index, block_hash, block_time, tx_hash, contract, name, subject, args, sender
FROM explorer.events WHERE subject = %(subject)s AND contract = ANY(%(contracts)s)
ORDER BY block_number DESC, log_index DESC LIMIT 200
