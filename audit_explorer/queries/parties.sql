-- Parties of the registry, by name or by when they were changed last.
SELECT * FROM (
    SELECT p.party_id AS id, p.name, p.roles, p.active, p.operator, p.operator_name, p.block_number,
           (CASE %(sort)s WHEN 'block' THEN lpad(p.block_number::text, 20, '0') ELSE left(coalesce(p.name, '~'), 100) END) COLLATE "C" AS key
    FROM explorer.parties p
    WHERE (%(role)s::bigint = 0 OR p.roles & %(role)s <> 0) AND (%(active)s::boolean IS NULL OR p.active = %(active)s)
) l
WHERE %(first)s OR CASE WHEN %(down)s THEN (l.key, l.id) < (%(key)s, %(id)s) ELSE (l.key, l.id) > (%(key)s, %(id)s) END
ORDER BY CASE WHEN %(down)s THEN l.key END DESC, CASE WHEN %(down)s THEN l.id END DESC, l.key, l.id
LIMIT %(limit)s
