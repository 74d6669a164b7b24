-- How many tasks are in each state and month (UTC), and run each program or ask for each level: of those that the reader may read.
SELECT 'state' AS kind, value, to_char(to_timestamp(submitted_at) AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS number
FROM explorer.task_facets WHERE kind = 'state' GROUP BY 1, 2, 3
UNION ALL SELECT kind, value, '', count(*) FROM explorer.task_facets WHERE kind IN ('program', 'level') GROUP BY 1, 2
