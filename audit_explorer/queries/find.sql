-- Whatever has an id or a hash between two values, of what the reader may read.
(SELECT 'task' AS kind, task_id AS id, NULL AS name, task_id AS value FROM explorer.tasks
    WHERE task_id BETWEEN %(low)s AND %(high)s ORDER BY task_id LIMIT %(limit)s)
UNION ALL (SELECT 'authorization', digest, NULL, digest FROM explorer.authorizations
    WHERE digest BETWEEN %(low)s AND %(high)s ORDER BY digest LIMIT %(limit)s)
UNION ALL (SELECT 'party', party_id, name, party_id FROM explorer.parties
    WHERE party_id BETWEEN %(low)s AND %(high)s ORDER BY party_id LIMIT %(limit)s)
UNION ALL (SELECT DISTINCT 'data_set', data_set_id, NULL, data_set_id FROM explorer.data_sets
    WHERE data_set_id BETWEEN %(low)s AND %(high)s ORDER BY data_set_id LIMIT %(limit)s)
UNION ALL (SELECT kind, release_id, name, release_id FROM explorer.releases
    WHERE release_id BETWEEN %(low)s AND %(high)s ORDER BY release_id LIMIT %(limit)s)
UNION ALL (SELECT DISTINCT 'transaction', tx_hash, NULL, tx_hash FROM explorer.events
    WHERE tx_hash BETWEEN %(low)s AND %(high)s ORDER BY tx_hash LIMIT %(limit)s)
UNION ALL (SELECT DISTINCT 'block', block_hash, block_number::text, block_hash FROM explorer.events
    WHERE block_hash BETWEEN %(low)s AND %(high)s ORDER BY block_hash LIMIT %(limit)s)
UNION ALL (SELECT 'bundle_file', task_id, NULL, sha256 FROM explorer.bundles
    WHERE sha256 BETWEEN %(low)s AND %(high)s ORDER BY sha256 LIMIT %(limit)s)
UNION ALL (SELECT 'contract_file', task_id, NULL, contract_digest FROM explorer.tasks
    WHERE contract_digest BETWEEN %(low)s AND %(high)s ORDER BY contract_digest LIMIT %(limit)s)
UNION ALL (SELECT 'run', task_id, NULL, run_id FROM explorer.tasks
    WHERE run_id BETWEEN %(low)s AND %(high)s ORDER BY run_id LIMIT %(limit)s)
UNION ALL (SELECT 'log_root', task_id, NULL, log_root FROM explorer.commitments
    WHERE log_root BETWEEN %(low)s AND %(high)s ORDER BY log_root LIMIT %(limit)s)
UNION ALL (SELECT 'result_file', task_id, NULL, result_hash FROM explorer.result_attestations
    WHERE result_hash BETWEEN %(low)s AND %(high)s ORDER BY result_hash LIMIT %(limit)s)
UNION ALL (SELECT 'input_root', data_set_id, NULL, input_root FROM explorer.data_sets
    WHERE input_root BETWEEN %(low)s AND %(high)s ORDER BY input_root LIMIT %(limit)s)
UNION ALL (SELECT 'code', release_id, name, code_digest FROM explorer.releases
    WHERE code_digest BETWEEN %(low)s AND %(high)s ORDER BY code_digest LIMIT %(limit)s)
