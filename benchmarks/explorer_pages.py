"""Server time of the explorer's pages over many generated tasks: ``python -m benchmarks.explorer_pages [TASKS]``.

Rows are generated in an embedded PostgreSQL of its own, as the index keeps them; each page is asked for in this process, as a regulator
and as a participant, five times after a first one. Prints the median and the most in milliseconds.
"""

import asyncio
import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import psycopg

from audit_explorer.app import create_app
from audit_explorer.queries import PostgresRecords
from audit_explorer.verification import Verifier
from embedded.postgres import Postgres
from orchestrator.store.migrate import migrate
from protocol import ids

_PARTIES: Final = 40
_ROUNDS: Final = 5

# every task: proposed, an authorization used, started, two commitments, ended; three parties of forty, one data set of five hundred
_ROWS: Final = """
INSERT INTO tally.deployment (deployment_id, chain_id, genesis_hash) VALUES (sha256('d'), 1, sha256('g'));
INSERT INTO tally.tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at, state)
SELECT sha256(convert_to('task' || n, 'UTF8')), '', sha256(convert_to('contract' || n, 'UTF8')), 'party-' || n % 40, 1800000000,
       '', 1700000000 + n * 60, (ARRAY['completed', 'completed', 'completed', 'completed', 'aborted', 'expired'])[1 + n % 6]
FROM generate_series(1, {count}) n;
UPDATE tally.tasks SET state = 'disputed' WHERE submitted_at % 1000020 < 60;
INSERT INTO tally.task_parties (task_id, party, part, submitted_at)
SELECT sha256(convert_to('task' || n, 'UTF8')), 'party-' || (n + k) % 40, (ARRAY['proposer', 'owner', 'committee'])[1 + k],
       1700000000 + n * 60 FROM generate_series(1, {count}) n, generate_series(0, 2) k;
INSERT INTO tally.task_facets (task_id, party, kind, value, submitted_at)
SELECT t.task_id, r.reader, f.kind, f.value, t.submitted_at
FROM tally.tasks t CROSS JOIN LATERAL (SELECT (t.submitted_at - 1700000000) / 60 AS n) s
CROSS JOIN LATERAL (SELECT '*' AS reader UNION ALL SELECT p.party FROM tally.task_parties p WHERE p.task_id = t.task_id) r
CROSS JOIN LATERAL (SELECT 'task' AS kind, '' AS value UNION ALL SELECT 'state', t.state
    UNION ALL SELECT 'party', p.party FROM tally.task_parties p WHERE p.task_id = t.task_id
    UNION ALL SELECT 'role', p.part || ' ' || p.party FROM tally.task_parties p WHERE p.task_id = t.task_id
    UNION ALL SELECT 'program', 'program.' || s.n % 20 || '@1.0.0' UNION ALL SELECT 'level', (3 + s.n % 3)::text
    UNION ALL SELECT 'engine', 'engine@1.0.0'
    UNION ALL SELECT 'data_set_id', encode(sha256(convert_to('set' || s.n % 500, 'UTF8')), 'hex')) f;
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args)
SELECT n * 6 + k, 0, sha256(convert_to('block' || (n * 6 + k), 'UTF8')), sha256(convert_to('tx' || (n * 6 + k), 'UTF8')), 0,
       1700000000 + n * 60 + k, CASE WHEN k IN (1, 2) THEN 'Consents' ELSE 'Tasks' END,
       (ARRAY['TaskDisputed', 'AuthorizationSubmitted', 'UseConsumed', 'RunCommitted', 'RunCommitted', 'TaskCompleted'])[1 + k],
       CASE WHEN k IN (1, 2) THEN sha256(convert_to('consent' || n, 'UTF8')) ELSE sha256(convert_to('task' || n, 'UTF8')) END,
       jsonb_build_object('task', '0x' || encode(sha256(convert_to('task' || n, 'UTF8')), 'hex'),
           'owner', '0x' || encode(i.id, 'hex'), 'run_id', '0x' || repeat('11', 32), 'left', '[]'::jsonb, 'right', '[]'::jsonb,
           'signed', jsonb_build_object('data_set', '0x' || repeat('22', 32), 'not_before', '0', 'not_after', '1800000000',
               'min_protection_level', '3'))
FROM generate_series(1, {count}) n, generate_series(0, 5) k, owners i WHERE i.place = (n + 1) % 40;
INSERT INTO tally.authorization_versions (block_number, log_index, digest, owner_id, submitted, uses_left, revoked, task_id, sequence,
    wallet)
SELECT n * 6 + 2, 0, sha256(convert_to('consent' || n, 'UTF8')), i.id, true, 0, false, sha256(convert_to('task' || n, 'UTF8')), n,
    decode(repeat('00', 20), 'hex')
FROM generate_series(1, {count}) n, owners i WHERE i.place = (n + 1) % 40;
INSERT INTO tally.authorizations_now SELECT * FROM tally.authorization_versions;
"""


def main() -> int:
    """Generate, measure, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        server = Postgres(Path(folder) / "server")
        server.start()
        try:
            migrate(server.dsn)
            begun = time.perf_counter()
            login = _fill(server.dsn, count)
            print(f"{count} tasks generated in {time.perf_counter() - begun:.0f} s")
            with PostgresRecords(login) as records:
                for reader in ("*", "party-1"):
                    _measure(records, reader, count)
        finally:
            server.stop()
            server.erase()
    return 0


def _fill(dsn: str, count: int) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE owners (place integer, id bytea)")
        for number in range(_PARTIES):
            name = f"party-{number}"
            connection.execute("INSERT INTO owners VALUES (%s, %s)", (number, ids.on_chain(name)))
            connection.execute("INSERT INTO tally.names VALUES ('party', %s, %s)", (ids.on_chain(name), name))
        for number in range(20):
            name = f"program.{number}@1.0.0"
            connection.execute("INSERT INTO tally.names VALUES ('program', %s, %s)", (ids.on_chain(name), name))
        connection.execute(_ROWS.replace("{count}", str(count)).encode())
        connection.execute(_REGISTERS.replace("{count}", str(count)).encode())
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'measured' IN ROLE tally_explorer")
        connection.execute("VACUUM ANALYZE")
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"reader:{quote('measured')}@"))


_REGISTERS: Final = """
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args)
SELECT {count} * 6 + 10 + n * 40 + i.place, 0, sha256(convert_to('anchor block' || n || i.place, 'UTF8')),
       sha256(convert_to('anchor' || n || i.place, 'UTF8')), 0, 1700000000 + n * 600, 'Anchors', 'Anchored', i.id,
       jsonb_build_object('party', '0x' || encode(i.id, 'hex'), 'epoch', '1', 'old_size', (n * 7)::text, 'size', ((n + 1) * 7)::text,
           'root', '0x' || repeat('33', 32), 'key_period', '1')
FROM generate_series(0, {count} / 100) n, owners i;
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args)
SELECT 1, n, sha256('b'), sha256(convert_to('register' || n, 'UTF8')), n, 1700000000, 'DataSets', 'DataSetRegistered',
       sha256(convert_to('set' || n, 'UTF8')), '{}' FROM generate_series(0, 499) n;
INSERT INTO tally.data_sets_now (block_number, log_index, data_set_id, version, owner_id, schema_hash, input_root, row_count, data_level,
    legal_basis, active)
SELECT 1, n, sha256(convert_to('set' || n, 'UTF8')), 1, i.id, sha256('s'), sha256(convert_to('root' || n, 'UTF8')), n, 3, sha256('l'), true
FROM generate_series(0, 499) n, owners i WHERE i.place = n % 40;
INSERT INTO tally.parties_now (block_number, log_index, party_id, wallet, node_signer, node_key, seal_key, operator, roles, profile_hash,
    active)
SELECT 1, place, id, decode(repeat('00', 20), 'hex'), decode(repeat('00', 20), 'hex'), sha256('k'), sha256('k'), sha256('o'), 3,
    sha256('p'), true FROM owners;
"""


class _As:
    """Records for one reader, whoever asks."""

    def __init__(self, records: PostgresRecords, reader: str) -> None:
        self._records, self._reader = records, reader

    def __getattr__(self, name: str) -> object:
        found = getattr(self._records, name)
        if name in ("rows", "task", "bundle"):
            return lambda _reader, *values, **named: found(self._reader, *values, **named)
        return found


def _measure(records: PostgresRecords, reader: str, count: int) -> None:
    app = create_app(_As(records, reader), Verifier(None), published=True)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    middle = _sha256(f"task{count // 40 * 40}")
    pages = {
        "overview": "/en/home",
        "statistics": "/en/statistics",
        "anchors": "/en/anchors",
        "tasks": "/en/tasks",
        "tasks of a state": "/en/tasks?state=aborted",
        "tasks of a rare state and a program": f"/en/tasks?state=disputed&program={quote('program.3@1.0.0')}",
        "tasks of a party as owner in a state": "/en/tasks?party=party-1&role=owner&state=expired",
        "tasks of two filters that never meet": f"/en/tasks?level=3&program={quote('program.1@1.0.0')}&party=party-7",
        "tasks of a data set": f"/en/tasks?data_set=0x{_sha256('set3')}",
        "tasks of a day": "/en/tasks?from=2023-12-01&to=2023-12-01",
        "tasks, oldest first": "/en/tasks?sort=submitted",
        "parties": "/en/parties",
        "data sets": "/en/data-sets",
        "authorizations": "/en/authorizations",
        "authorizations in force": "/en/authorizations?state=in-force",
        "authorizations of a day": "/en/authorizations?from=2023-12-01&to=2023-12-01",
        "a party": f"/en/parties/0x{ids.on_chain('party-1').hex()}",
        "a data set": f"/en/data-sets/0x{_sha256('set3')}",
        "find: a short id": f"/en/find?q={middle[:10]}",
        "find: a name": "/en/find?q=party-1",
        "find: a hash": f"/en/find?q={_sha256('contract7')}",
        "find: nothing": "/en/find?q=nothing-like-this",
    }

    async def ask(where: str) -> tuple[int, float]:
        async with httpx.AsyncClient(transport=transport, base_url="http://explorer") as client:
            begun = time.perf_counter()
            answer = await client.get(where)
            return answer.status_code, (time.perf_counter() - begun) * 1000

    print(f"as {'who reads all' if reader == '*' else reader}")
    for name, where in pages.items():
        status, _ = asyncio.run(ask(where))
        times = [asyncio.run(ask(where))[1] for _ in range(_ROUNDS)]
        print(f"  {name:<40} {status}  {statistics.median(times):7.1f} ms, most {max(times):7.1f} ms")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
