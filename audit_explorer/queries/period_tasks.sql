-- What was proposed in a period.
SELECT block_number, log_index, block_time, name, subject, args FROM explorer.events
WHERE contract = 'Tasks' AND name = 'TaskProposed' AND block_time >= %(since)s AND block_time < %(until)s
ORDER BY block_number, log_index LIMIT %(limit)s
