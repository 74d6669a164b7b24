SELECT party_id, name, wallet, node_signer, node_key, seal_key, operator, operator_name, roles, active, pending_wallet, key_period,
       block_number
FROM explorer.parties WHERE party_id = %(id)s
