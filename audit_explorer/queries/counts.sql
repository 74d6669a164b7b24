-- How many tasks are in each state and month (UTC), and run each program or ask for each level: of those that the reader may read.
-- Days are counted before they are named: a month's name for each task would be most of the time.
SELECT 'state' AS kind, value, to_char(to_timestamp(day * 86400) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, sum(number)::bigint AS number
FROM (SELECT value, submitted_at / 86400 AS day, count(*) AS number FROM explorer.task_facets WHERE kind = 'state' GROUP BY 1, 2) days
GROUP BY 1, 2, 3
UNION ALL SELECT kind, value, '', count(*) FROM explorer.task_facets WHERE kind IN ('program', 'level') GROUP BY 1, 2
