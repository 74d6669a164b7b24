SELECT name, wallet FROM explorer.parties WHERE name = ANY(%(names)s)
