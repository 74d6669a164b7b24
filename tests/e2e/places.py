"""Everything that leaves the parties' own hands, collected as bytes to be searched."""

import json
from typing import Any

import httpx
import psycopg
from psycopg import sql

from chain.endpoint import Endpoint
from client import Coordinator
from demo.system import System
from protocol import ids
from tests.patience import scaled

LANGUAGES = ("en", "zh")


def database(dsn: str) -> dict[str, bytes]:
    """Every table of every schema that is not PostgreSQL's own, row by row; bytes as they are and in hex."""
    found: dict[str, bytes] = {}
    with psycopg.connect(dsn, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                sql.SQL("SELECT * FROM {}.{}").format(sql.Identifier(schema), sql.Identifier(table))
            )
            found[f"table {schema}.{table}"] = b"\n".join(_cell(value) for row in rows for value in row)
    return found


def write_ahead_log(system: System) -> dict[str, bytes]:
    """What PostgreSQL ever wrote, deleted rows included."""
    folder = system.state / "stack" / "postgres" / "data" / "pg_wal"
    return {
        f"write-ahead log {path.name}": path.read_bytes().rstrip(b"\0") for path in folder.iterdir() if path.is_file()
    }


def broker(system: System) -> dict[str, bytes]:
    """The append-only file, and every live key's value."""
    found = {"append-only file": (system.state / "stack" / "broker" / "appendonly.aof").read_bytes()}
    with system.stack.broker._user("admin", "").connect() as client:
        for key in client.scan_iter():
            name = key.decode("utf-8", "backslashreplace")
            found[f"broker key {name}"] = key + b"\n" + (client.dump(key) or b"") + _live(client, key)
    return found


def _live(client: Any, key: bytes) -> bytes:
    match client.type(key):
        case b"list":
            return b"\n".join(client.lrange(key, 0, -1))
        case b"hash":
            return b"\n".join(part for item in client.hgetall(key).items() for part in item)
        case b"set":
            return b"\n".join(client.smembers(key))
        case b"zset":
            return b"\n".join(client.zrange(key, 0, -1))
        case b"string":
            return client.get(key)
        case other:
            raise AssertionError(f"a {other!r} is not read here")


def chain(system: System) -> dict[str, bytes]:
    """All calldata, all events, and the journal that the chain is replayed from."""
    endpoint = Endpoint(system.rpc_url)
    calls, logs = list[bytes](), list[bytes]()
    for number in range(1, endpoint.head() + 1):
        block = endpoint._call("eth_getBlockByNumber", hex(number), True)
        calls += [bytes.fromhex(tx["input"][2:]) for tx in block["transactions"]]  # type: ignore[index]
        for receipt in endpoint.receipts(bytes.fromhex(block["hash"][2:])):  # type: ignore[index]
            logs += [b"".join(log.topics) + log.data for log in receipt.logs]
    return {
        "calldata": bytes(16).join(calls),
        "events": bytes(16).join(logs),
        "chain journal": (system.state / "stack" / "chain" / "journal.jsonl").read_bytes(),
    }


def logs(system: System) -> dict[str, bytes]:
    """What every process said."""
    found = {f"log {path.name}": path.read_bytes() for path in sorted((system.state / "logs").iterdir())}
    assert {"log api.log", "log engine.log", "log explorer.log", "log node-hospital.log"} <= set(found)
    for path in sorted((system.state / "stack").glob("*/*.log")):
        found[f"log {path.name}"] = path.read_bytes()
    return found


def pages(system: System, task: bytes) -> dict[str, bytes]:
    """The explorer's pages."""
    found: dict[str, bytes] = {}
    for language in LANGUAGES:
        rooms = (
            "home",
            "anchors",
            "statistics",
            "report?from=2020-01-01&to=2099-12-31",
            "tasks",
            f"tasks/{ids.prefixed('task', task)}",
        )
        for path in (f"/{language}/{room}" for room in rooms):
            answer = httpx.get(system.explorer_url + path, timeout=scaled(30))
            assert answer.status_code == 200, path
            found[f"page {path}"] = answer.content + str(answer.headers).encode()
    return found


def answers(client: Coordinator, task: bytes) -> dict[str, bytes]:
    """All that the coordinator's API says of a task, to a party as entitled as any: its proposer and result user."""
    name = ids.prefixed("task", task)
    paths = (
        "/v1/health/details", "/v1/deployment", "/v1/parties", "/v1/data-sets", "/v1/programs", "/v1/tasks", "/v1/announcements",
        f"/v1/tasks/{name}", f"/v1/tasks/{name}/authorizations", f"/v1/tasks/{name}/sealed/{client.party}",
        f"/v1/tasks/{name}/evidence",
    )  # fmt: skip
    return {f"answer {path}": client._transport.get(path, client._auth(), 1 << 28) for path in paths}


def _cell(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value + b"\n" + value.hex().encode()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str).encode()
    return str(value).encode()
