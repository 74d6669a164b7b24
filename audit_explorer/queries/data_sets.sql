-- Data sets that the reader knows, each with its newest version, by when that was registered or by its rows.
SELECT * FROM (
    SELECT n.*, (CASE %(sort)s WHEN 'rows' THEN lpad(n.row_count::text, 20, '0') WHEN 'owner' THEN left(coalesce(n.owner, '~'), 100)
        ELSE lpad(n.block_number::text, 20, '0') END) COLLATE "C" AS key
    FROM (
        SELECT DISTINCT ON (d.data_set_id) d.data_set_id AS id, d.version, d.owner_id, d.owner, d.input_root, d.row_count,
               d.data_level, d.active, d.block_number
        FROM explorer.data_sets d
        ORDER BY d.data_set_id, d.version DESC
    ) n
    WHERE (%(owner)s::bytea IS NULL OR n.owner_id = %(owner)s) AND (%(level)s::integer IS NULL OR n.data_level = %(level)s)
      AND (%(active)s::boolean IS NULL OR n.active = %(active)s)
) l
WHERE %(first)s OR CASE WHEN %(down)s THEN (l.key, l.id) < (%(key)s, %(id)s) ELSE (l.key, l.id) > (%(key)s, %(id)s) END
ORDER BY CASE WHEN %(down)s THEN l.key END DESC, CASE WHEN %(down)s THEN l.id END DESC, l.key, l.id
LIMIT %(limit)s
