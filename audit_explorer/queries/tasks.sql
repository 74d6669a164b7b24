-- One page of the tasks that have every facet, newest first; `kind` and `value` are the leading one.
SELECT t.task_id, t.submitted_at, t.deadline, t.proposer, t.state, t.review,
       (SELECT l.value FROM explorer.task_facets l WHERE l.task_id = f.task_id AND l.kind = 'level') AS level,
       (SELECT true FROM explorer.bundles b WHERE b.task_id = t.task_id) IS NOT NULL AS bundle
FROM (
    SELECT e.submitted_at, e.task_id FROM explorer.task_facets e
    WHERE e.kind = %(kind)s AND e.value = %(value)s
      AND (e.submitted_at, e.task_id) < (%(submitted_at)s, %(task)s)
      AND e.submitted_at >= %(since)s AND e.submitted_at < %(until)s
      AND NOT EXISTS (SELECT FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS w (kind, value) WHERE
          (SELECT true FROM explorer.task_facets o WHERE o.task_id = e.task_id AND o.kind = w.kind AND o.value = w.value) IS NULL)
    ORDER BY e.submitted_at DESC, e.task_id DESC LIMIT %(limit)s
) f
JOIN explorer.tasks t ON t.task_id = f.task_id
ORDER BY f.submitted_at DESC, f.task_id DESC
