-- What belongs to a task beside its own events: its authorizations with their uses by it, and the first anchor of each committed log.
SELECT e.block_number, e.log_index, e.block_hash, e.block_time, e.tx_hash, e.contract, e.name, e.subject, e.args, e.sender
FROM explorer.events e
WHERE e.subject = ANY(%(authorizations)s) AND e.contract = 'Consents'
  AND (e.args ->> 'task' IS NULL OR e.args ->> 'task' = '0x' || encode(%(task)s, 'hex'))
UNION ALL
SELECT a.block_number, a.log_index, a.block_hash, a.block_time, a.tx_hash, a.contract, a.name, a.subject, a.args, a.sender
FROM explorer.commitments c
JOIN LATERAL (
    SELECT e.* FROM explorer.events e
    WHERE e.subject = c.party_id AND e.name = 'Anchored' AND e.block_number >= c.block_number - 50
      AND (e.args ->> 'epoch')::numeric = c.epoch AND (e.args ->> 'size')::numeric >= c.log_size
    ORDER BY e.block_number, e.log_index LIMIT 1
) a ON true
WHERE c.task_id = %(task)s
ORDER BY block_number, log_index
LIMIT 200
