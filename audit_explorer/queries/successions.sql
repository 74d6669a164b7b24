SELECT older, older_name, newer, newer_name, approvals, block_number
FROM explorer.successions WHERE older = %(id)s OR newer = %(id)s ORDER BY block_number DESC LIMIT 100
