-- The names of everything registered, for what was typed to be looked for in them.
SELECT 'party' AS kind, party_id AS id, name FROM explorer.parties WHERE name IS NOT NULL
UNION ALL SELECT kind, release_id, name FROM explorer.releases WHERE name IS NOT NULL
ORDER BY name LIMIT 5000
