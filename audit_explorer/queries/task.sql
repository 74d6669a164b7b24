-- The contract's words stay where they are: this page has no use for them.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer, t.contract_digest, t.failed_code, t.review, t.run_id,
       t.started_at,
       coalesce(t.state, CASE WHEN t.failed_code IS NULL THEN 'submitted' ELSE 'failed' END) AS state,
       EXISTS (SELECT FROM explorer.bundles b WHERE b.task_id = t.task_id) AS bundle
FROM explorer.tasks t
WHERE t.task_id = %(task)s
