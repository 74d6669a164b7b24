-- Two signed heads each, of logs that the reader may know of, whose histories differ.
SELECT party_id, party, epoch, log_size, log_root, other_size, other_root, found_at, cosigned_by, other_cosigned_by
FROM explorer.log_forks ORDER BY found_at DESC, party, log_size LIMIT 100
