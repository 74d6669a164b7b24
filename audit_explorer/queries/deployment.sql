SELECT d.deployment_id, d.chain_id, d.genesis_hash, c.block_number
FROM explorer.deployment d
LEFT JOIN explorer.chain_cursor c ON true
