SELECT release_id, kind, name, publisher, publisher_name, code_digest, protection_level, min_parties, max_parties, approvals, active,
       serial, block_number
FROM explorer.releases WHERE release_id = %(id)s
