SELECT roles, active FROM explorer.parties WHERE name = %(party)s
