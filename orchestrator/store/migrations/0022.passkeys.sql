-- The relay makes accounts for passkeys of who is invited to apply.
-- depends: 0021.senders

ALTER TABLE tally.relay_jobs DROP CONSTRAINT relay_jobs_kind_check,
    ADD CONSTRAINT relay_jobs_kind_check CHECK (kind IN
        ('propose', 'submit', 'revoke', 'revoke-all', 'commit', 'abort', 'attest', 'anchor', 'passkey-account'));
CREATE INDEX relay_jobs_accounts ON tally.relay_jobs (party) WHERE kind = 'passkey-account';
