-- All events about some tasks or authorizations.
SELECT block_number, log_index, block_time, name, args FROM explorer.events
WHERE subject = ANY(%(subjects)s) AND contract = %(contract)s AND name = ANY(%(names)s)
ORDER BY block_number, log_index LIMIT %(limit)s
