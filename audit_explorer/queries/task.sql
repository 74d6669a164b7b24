-- The contract's words stay where they are: this page has no use for them.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer, t.contract_digest, t.failed_code, t.review, t.run_id,
       t.started_at, t.state,
       (SELECT true FROM explorer.bundles b WHERE b.task_id = t.task_id) IS NOT NULL AS bundle
FROM explorer.tasks t
WHERE t.task_id = %(task)s
