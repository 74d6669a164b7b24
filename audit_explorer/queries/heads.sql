-- Of each party whose log the reader may know of: its newest anchors, and what it committed to last. `signed_root` is what its node
-- key signed for the size of an anchor, where that is not what was anchored. Whose log it may know of is asked once for each party: the
-- view of events asks for each event, and would read all anchors of all others to find none.
SELECT p.party_id, p.name, e.block_number, e.log_index, e.block_time, e.tx_hash, e.args, c.epoch AS committed_epoch, c.log_size AS committed_size,
       h.log_root AS signed_root
FROM (SELECT party_id, name FROM explorer.parties WHERE explorer.reads_log(name) OFFSET 0) p
JOIN LATERAL (
    SELECT e.block_number, e.log_index, e.block_time, e.tx_hash, e.args FROM explorer.events e
    WHERE e.subject = p.party_id AND e.name = 'Anchored' AND e.contract = 'Anchors'
    ORDER BY e.block_number DESC, e.log_index DESC LIMIT %(each)s
) e ON true
LEFT JOIN LATERAL (
    SELECT c.epoch, c.log_size FROM explorer.commitments c WHERE c.party_id = p.party_id
    ORDER BY c.block_number DESC, c.log_index DESC LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT h.log_root FROM explorer.log_heads h WHERE h.party_id = p.party_id AND h.epoch = (e.args ->> 'epoch')::numeric
    AND h.log_size = (e.args ->> 'size')::numeric AND '0x' || encode(h.log_root, 'hex') <> e.args ->> 'root' LIMIT 1
) h ON true
ORDER BY e.block_number DESC, e.log_index DESC
