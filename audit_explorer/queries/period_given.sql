-- What was authorized and revoked in a period.
SELECT block_number, log_index, block_time, name, args FROM explorer.events
WHERE contract = 'Consents' AND name IN ('AuthorizationSubmitted', 'AuthorizationRevoked', 'AllRevoked')
  AND block_time >= %(since)s AND block_time < %(until)s
ORDER BY block_number, log_index LIMIT %(limit)s
