-- Who sent each transaction, beside whose event it is: whoever signed need not have sent. NULL: read by a version that did not keep it.
-- And the contract of a task, which its readers may fetch before there is a bundle, is evidence whose looks are kept like a bundle's.
-- depends: 0020.bells

ALTER TABLE tally.chain_events ADD COLUMN sender bytea CHECK (octet_length(sender) = 20);

ALTER TABLE tally.looks DROP CONSTRAINT looks_what_check,
    ADD CONSTRAINT looks_what_check CHECK (what IN ('bundle', 'contract', 'path', 'shares'));

-- As in 0017, with the sender.
CREATE OR REPLACE VIEW explorer.events AS
SELECT e.block_number, e.log_index, e.block_hash, e.tx_hash, e.block_time, e.contract, e.name, e.subject, e.args, e.sender
FROM tally.chain_events e
WHERE explorer.reader() = '*' OR CASE
    WHEN e.contract = 'Tasks' THEN
        (SELECT true FROM explorer.task_facets f WHERE f.task_id = e.subject AND f.kind = 'task' AND f.value = '')
    WHEN e.contract IN ('PartyRegistry', 'Programs') THEN explorer.reader() <> ''
    WHEN e.contract = 'DataSets' THEN EXISTS (SELECT FROM explorer.data_sets d WHERE d.data_set_id = e.subject)
    WHEN e.contract = 'Anchors' THEN
        EXISTS (SELECT FROM tally.names n WHERE n.kind = 'party' AND n.id = e.subject AND (n.name = explorer.reader()
            OR EXISTS (SELECT FROM explorer.task_facets f WHERE f.kind = 'party' AND f.value = n.name)))
    WHEN e.name IN ('UseConsumed', 'UseReturned') THEN
        (SELECT true FROM explorer.task_facets f
                WHERE f.task_id = decode(substr(e.args ->> 'task', 3), 'hex') AND f.kind = 'task' AND f.value = '')
        OR EXISTS (SELECT FROM tally.authorizations_now a JOIN tally.names n ON n.kind = 'party' AND n.id = a.owner_id
                   WHERE a.digest = e.subject AND a.submitted AND n.name = explorer.reader())
    WHEN e.contract = 'Consents' THEN
        -- of the same owner: anybody may revoke any digest in its own name, and learns nothing by that
        EXISTS (SELECT FROM explorer.authorizations a WHERE a.digest = e.subject
                AND e.args ->> 'owner' = '0x' || encode(a.owner_id, 'hex'))
        OR EXISTS (SELECT FROM tally.names n WHERE n.kind = 'party' AND n.id = e.subject AND n.name = explorer.reader())
    ELSE false END;
