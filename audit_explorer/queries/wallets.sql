-- The parties behind wallets, as the registry has them now.
SELECT party_id, name, wallet FROM explorer.parties WHERE wallet = ANY(%(wallets)s) ORDER BY wallet, party_id
