SELECT data_set_id, version, owner_id, owner, schema_hash, input_root, row_count, data_level, active, block_number
FROM explorer.data_sets WHERE data_set_id = %(id)s ORDER BY version DESC LIMIT 200
