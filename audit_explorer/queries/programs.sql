-- Published programs and engines, by name or by when they were changed last.
SELECT * FROM (
    SELECT p.release_id AS id, p.kind, p.name, p.publisher, p.publisher_name, p.code_digest, p.protection_level, p.approvals,
           p.active, p.block_number,
           (CASE %(sort)s WHEN 'block' THEN lpad(p.block_number::text, 20, '0') ELSE left(coalesce(p.name, '~'), 100) END) COLLATE "C" AS key
    FROM explorer.releases p
    WHERE (%(publisher)s::bytea IS NULL OR p.publisher = %(publisher)s) AND (%(kind)s = '' OR p.kind = %(kind)s)
      AND (%(level)s::integer IS NULL OR p.protection_level = %(level)s)
      AND (%(active)s::boolean IS NULL OR p.active = %(active)s)
) l
WHERE %(first)s OR CASE WHEN %(down)s THEN (l.key, l.id) < (%(key)s, %(id)s) ELSE (l.key, l.id) > (%(key)s, %(id)s) END
ORDER BY CASE WHEN %(down)s THEN l.key END DESC, CASE WHEN %(down)s THEN l.id END DESC, l.key, l.id
LIMIT %(limit)s
