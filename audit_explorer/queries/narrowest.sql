-- Of some facets the one that finds fewest tasks, as far as a hundred: it leads the list, whose index is in the order of pages.
SELECT w.kind, w.value
FROM unnest(%(kinds)s::text[], %(values)s::text[]) WITH ORDINALITY AS w (kind, value, place)
ORDER BY (SELECT count(*) FROM (SELECT FROM explorer.task_facets f
    WHERE f.kind = w.kind AND f.value = w.value LIMIT 100) few), w.place
LIMIT 1
