-- Of each log that the reader may know of, what each witness cosigned of it last, and why not more.
SELECT party_id, party, epoch, newest, witness, log_size, cosigned_at, code FROM explorer.log_witnesses
ORDER BY party, witness
