-- Authorizations, the last changed last: all for who reads all, else those that the reader gave. Who revokes what it never
-- submitted has given none.
SELECT a.digest AS id, a.owner_id, a.owner, a.wallet, a.uses_left, a.state, a.task_id, a.block_number, a.log_index,
       lpad(a.block_number::text, 19, '0') || '.' || lpad(a.log_index::text, 10, '0') AS key,
       (SELECT e.block_time FROM explorer.events e WHERE e.block_number = a.block_number AND e.log_index = a.log_index) AS changed,
       (SELECT e.args -> 'signed' ->> 'data_set' FROM explorer.events e
        WHERE e.subject = a.digest AND e.name = 'AuthorizationSubmitted' LIMIT 1) AS data_set
FROM explorer.authorizations a
WHERE a.sequence IS NOT NULL AND (%(owner)s::bytea IS NULL OR a.owner_id = %(owner)s)
  AND (%(state)s = '' OR a.state = %(state)s)
  AND (a.block_number, a.log_index, a.digest) > (%(block)s, %(index)s, %(id)s)
  AND (%(since)s <= 0 OR a.block_number >= (SELECT t.block_number FROM explorer.times t WHERE t.block_time >= %(since)s
      ORDER BY t.block_time, t.block_number LIMIT 1))
  AND (%(until)s >= 4611686018427387904 OR a.block_number < coalesce((SELECT t.block_number FROM explorer.times t
      WHERE t.block_time >= %(until)s ORDER BY t.block_time, t.block_number LIMIT 1), 4611686018427387904))
ORDER BY a.block_number, a.log_index, a.digest
LIMIT %(limit)s
