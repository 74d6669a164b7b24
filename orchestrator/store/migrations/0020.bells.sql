-- What rings for whom when a task's state is this one: every party of it hears of the state, and who is asked for something of that.
-- depends: 0018.overview

CREATE VIEW tally.task_bells AS
SELECT DISTINCT p.party, t.task_id, t.state, k.kind
FROM tally.tasks t
JOIN tally.task_parties p USING (task_id)
CROSS JOIN LATERAL (
    SELECT 'task.' || t.state AS kind
    UNION ALL SELECT 'waits.consent' WHERE t.state = 'proposed' AND p.part = 'owner'
    UNION ALL SELECT 'waits.review' WHERE t.state = 'completed' AND p.part = 'reviewer'
) k;
GRANT SELECT ON tally.task_bells TO tally_app;
