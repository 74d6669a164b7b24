-- The newest block with an event of ours, and when it was.
SELECT block_number, block_time FROM explorer.times ORDER BY block_number DESC LIMIT 1
