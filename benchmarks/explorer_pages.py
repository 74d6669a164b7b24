"""Server time of the explorer's pages over many generated tasks: ``python -m benchmarks.explorer_pages [TASKS]``.

Rows are generated in an embedded PostgreSQL of its own, as the index keeps them; each page is asked for in this process, as a regulator
and as a participant, a hundred times after a first one (``--rounds``). Prints median and 99th percentile in milliseconds, and ends with status
1 where a page's 99th percentile is above 200 ms.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import psycopg

from audit_explorer.app import create_app
from audit_explorer.queries import PostgresRecords
from audit_explorer.verification import Verifier
from benchmarks.explorer_index import blank
from embedded.postgres import Postgres
from orchestrator.store.migrate import migrate
from protocol import events, ids

_PARTIES: Final = 40
_ROUNDS: Final = 100
_BAR: Final = 200.0
"""Milliseconds of server time that a page may take."""

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
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args, sender)
SELECT n * 6 + k, 0, sha256(convert_to('block' || (n * 6 + k), 'UTF8')), sha256(convert_to('tx' || (n * 6 + k), 'UTF8')), 0,
       1700000000 + n * 60 + k, CASE WHEN k IN (1, 2) THEN 'Consents' ELSE 'Tasks' END,
       (ARRAY['TaskProposed', 'AuthorizationSubmitted', 'UseConsumed', 'RunCommitted', 'RunCommitted', 'TaskCompleted'])[1 + k],
       CASE WHEN k IN (1, 2) THEN i.consent ELSE i.task END,
       CASE k WHEN 0 THEN '{proposed}'::jsonb || jsonb_build_object('task', '0x' || encode(i.task, 'hex'),
                'proposal', '{proposal}'::jsonb || jsonb_build_object('contract_digest', '0x' || encode(i.contract, 'hex'),
                    'proposer', i.parties -> 0, 'compute_parties', i.parties, 'result_users', jsonb_build_array(i.parties -> 0),
                    'data_sets', jsonb_build_array('0x' || encode(sha256(convert_to('set' || n % 500, 'UTF8')), 'hex')),
                    'programs', jsonb_build_array('0x' || encode(r.id, 'hex')), 'protection_level', (3 + n % 3)::text))
            WHEN 1 THEN '{submitted}'::jsonb || jsonb_build_object('authorization', '0x' || encode(i.consent, 'hex'), 'owner', i.parties -> 1,
                'signed', '{signed}'::jsonb || jsonb_build_object('not_after', '1800000000', 'min_protection_level', '3',
                    'data_set', '0x' || encode(sha256(convert_to('set' || n % 500, 'UTF8')), 'hex')))
            WHEN 2 THEN '{consumed}'::jsonb || jsonb_build_object('authorization', '0x' || encode(i.consent, 'hex'),
                'task', '0x' || encode(i.task, 'hex'))
            WHEN 5 THEN '{completed}'::jsonb || jsonb_build_object('task', '0x' || encode(i.task, 'hex'))
            ELSE '{committed}'::jsonb || jsonb_build_object('task', '0x' || encode(i.task, 'hex'), 'party', i.parties -> (k - 2)) END,
       decode(repeat('07', 20), 'hex')
FROM generate_series(1, {count}) n
CROSS JOIN LATERAL (SELECT sha256(convert_to('task' || n, 'UTF8')) AS task, sha256(convert_to('consent' || n, 'UTF8')) AS consent,
    sha256(convert_to('contract' || n, 'UTF8')) AS contract,
    (SELECT jsonb_agg('0x' || encode(o.id, 'hex') ORDER BY (o.place - n % 40 + 40) % 40) FROM owners o
     WHERE (o.place - n % 40 + 40) % 40 < 3) AS parties) i
JOIN releases r ON r.place = n % 20
CROSS JOIN generate_series(0, 5) k;
INSERT INTO tally.commitments (block_number, log_index, task_id, party_id, run_id, epoch, log_size, log_root)
SELECT n * 6 + 2 + k, 0, sha256(convert_to('task' || n, 'UTF8')), o.id, sha256(convert_to('run' || n, 'UTF8')), 1, n,
    sha256(convert_to('log' || n || k, 'UTF8'))
FROM generate_series(1, {count}) n, generate_series(1, 2) k, owners o WHERE o.place = (n + k) % 40;
INSERT INTO tally.authorization_versions (block_number, log_index, digest, owner_id, submitted, uses_left, revoked, task_id, sequence,
    wallet)
SELECT n * 6 + 2, 0, sha256(convert_to('consent' || n, 'UTF8')), i.id, true, 0, false, sha256(convert_to('task' || n, 'UTF8')), n,
    decode(repeat('00', 20), 'hex')
FROM generate_series(1, {count}) n, owners i WHERE i.place = (n + 1) % 40;
INSERT INTO tally.authorizations_now SELECT * FROM tally.authorization_versions;
"""


def main() -> int:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer_pages", description=__doc__)
    parser.add_argument("tasks", nargs="?", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    options = parser.parse_args()
    count, slow = options.tasks, list[str]()
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
                    slow += _measure(records, reader, count, options.rounds)
        finally:
            server.stop()
            server.erase()
    print(f"above {_BAR:.0f} ms: {', '.join(slow) or 'none'}")
    return 1 if slow else 0


def _fill(dsn: str, count: int) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE owners (place integer, id bytea)")
        connection.execute("CREATE TEMPORARY TABLE releases (place integer, id bytea)")
        for number in range(_PARTIES):
            name = f"party-{number}"
            connection.execute("INSERT INTO owners VALUES (%s, %s)", (number, ids.on_chain(name)))
            connection.execute("INSERT INTO tally.names VALUES ('party', %s, %s)", (ids.on_chain(name), name))
        for number in range(20):
            name = f"program.{number}@1.0.0"
            connection.execute("INSERT INTO releases VALUES (%s, %s)", (number, ids.on_chain(name)))
            connection.execute("INSERT INTO tally.names VALUES ('program', %s, %s)", (ids.on_chain(name), name))
        connection.execute("ANALYZE owners")
        filled = {"count": str(count), **_samples()}
        for statements in (_ROWS, _REGISTERS):
            connection.execute(_filled(statements, filled).encode())
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'measured' IN ROLE tally_explorer")
        connection.execute("VACUUM ANALYZE")
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"reader:{quote('measured')}@"))


def _filled(statements: str, values: Mapping[str, str]) -> str:
    for name, text in values.items():
        statements = statements.replace(f"{{{name}}}", text)
    return statements


def _samples() -> dict[str, str]:
    """Events of every kind above with nothing in them, as the index keeps them: what differs from task to task is put in by the database."""
    kinds = {
        "proposed": events.TaskProposed, "submitted": events.AuthorizationSubmitted, "consumed": events.UseConsumed,
        "committed": events.RunCommitted, "completed": events.TaskCompleted, "proposal": events.Proposal, "signed": events.Authorization,
        "registered": events.DataSetRegistered,
    }  # fmt: skip
    return {name: json.dumps(blank(kind).to_json()) for name, kind in kinds.items()}


_REGISTERS: Final = """
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args)
SELECT {count} * 6 + 10 + n * 40 + i.place, 0, sha256(convert_to('anchor block' || n || i.place, 'UTF8')),
       sha256(convert_to('anchor' || n || i.place, 'UTF8')), 0, 1700000000 + n * 600, 'Anchors', 'Anchored', i.id,
       jsonb_build_object('party', '0x' || encode(i.id, 'hex'), 'epoch', '1', 'old_size', (n * 7)::text, 'size', ((n + 1) * 7)::text,
           'root', '0x' || repeat('33', 32), 'key_period', '1')
FROM generate_series(0, {count} / 100) n, owners i;
INSERT INTO tally.chain_events (block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args)
SELECT 1, n, sha256('b'), sha256(convert_to('register' || n, 'UTF8')), n, 1700000000, 'DataSets', 'DataSetRegistered',
       sha256(convert_to('set' || n, 'UTF8')),
       '{registered}'::jsonb || jsonb_build_object('data_set', '0x' || encode(sha256(convert_to('set' || n, 'UTF8')), 'hex'))
FROM generate_series(0, 499) n;
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


def _measure(records: PostgresRecords, reader: str, count: int, rounds: int) -> list[str]:
    app = create_app(_As(records, reader), Verifier(None), published=True)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    number = count // 80 * 40  # party-1 owns its data set
    middle = _sha256(f"task{number}")
    day = time.strftime("%Y-%m-%d", time.gmtime(1_700_000_000 + number * 60))
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
        "a task": f"/en/tasks/task_{middle}",
        "an authorization": f"/en/authorizations/auth_{_sha256(f'consent{number}')}",
        "a block": f"/en/blocks/{number * 6 + 3}",
        "a transaction": f"/en/transactions/0x{_sha256(f'tx{number * 6 + 3}')}",
        "two tasks beside each other": f"/en/compare?a=task_{middle}&b=task_{_sha256(f'task{number + 40}')}",
        "a party": f"/en/parties/0x{ids.on_chain('party-1').hex()}",
        "a data set": f"/en/data-sets/0x{_sha256('set1')}",
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

    who, slow = "who reads all" if reader == "*" else reader, list[str]()
    print(f"as {who}")
    for name, where in pages.items():
        status, _ = asyncio.run(ask(where))
        times = sorted(asyncio.run(ask(where))[1] for _ in range(rounds))
        late = times[min(rounds - 1, rounds * 99 // 100)]
        print(f"  {name:<40} {status}  {statistics.median(times):7.1f} ms, 99th percentile {late:7.1f} ms", flush=True)
        # a search opens one thing, lists several, or finds none
        if status not in ((200, 303, 404) if name.startswith("find") else (200,)) or late > _BAR:
            slow.append(f"{name} as {who}")
    status, spent = asyncio.run(ask(f"/en/report?from={day}&to={day}"))
    print(f"  a report of a day, which is no page but counts its 1,440 tasks: {status} in {spent / 1000:.1f} s")
    return slow


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
