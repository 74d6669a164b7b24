"""The explorer over a real PostgreSQL with seeded tasks, and visitors of every kind: what the tests of its pages share."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx
import psycopg
from psycopg.rows import dict_row

from audit_explorer.app import create_app
from audit_explorer.queries import PostgresRecords
from audit_explorer.verification import Verifier
from chain.events import Logged
from embedded.postgres import Postgres
from orchestrator.services import projection
from orchestrator.store import catalogue
from orchestrator.store.migrate import migrate
from protocol import access, events, ids
from protocol.catalogue import DataSetDescriptor
from protocol.contract import TaskContract
from protocol.errors import RefusedError
from protocol.typed import Access
from tests.browser import seed
from tests.unit.protocol.simulated_task import SimulatedTask

THEIRS = ("bakery", "mill", "oven")
THEIR_DATA = "recipes-" + "1" * 32
STORY = SimulatedTask().complete()
TURNING = "=long\u202e\u2066" + "n" * 10_000


class AnyToken:
    """A coordinator that takes every token: who the reader is, the token says. It gives bundles and contracts to the parties named."""

    def __init__(
        self,
        given: Mapping[bytes, tuple[bytes, tuple[str, ...]]],
        contracts: Mapping[bytes, tuple[TaskContract, tuple[str, ...]]],
    ) -> None:
        self._given, self._contracts = given, contracts
        self.described: list[DataSetDescriptor] = []

    def check(self, token: str) -> None: ...

    def evidence(self, task: bytes, token: str) -> bytes:
        body, readers = self._given.get(task, (b"", ()))
        if access.parse(token)[0].party in readers:
            return body
        raise RefusedError("explorer.refused", f"{task.hex()} {len(token)}", "These tests are about pages.")

    def descriptions(self, task: bytes, token: str) -> tuple[DataSetDescriptor, ...]:
        self.contract(task, token)
        return tuple(self.described)

    def contract(self, task: bytes, token: str) -> TaskContract:
        terms, readers = self._contracts.get(task, (None, ()))
        if terms is not None and access.parse(token)[0].party in readers:
            return terms
        raise RefusedError("explorer.refused", f"{task.hex()} {len(token)}", "These tests are about pages.")


@dataclass
class Visitor:
    """A browser of one party, None for somebody who did not sign in."""

    records: PostgresRecords
    party: str | None
    published: bool = False
    given: Mapping[bytes, tuple[bytes, tuple[str, ...]]] = field(default_factory=dict)
    contracts: Mapping[bytes, tuple[TaskContract, tuple[str, ...]]] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        app = create_app(
            self.records,
            Verifier(None),
            AnyToken(self.given, self.contracts),
            lambda: seed.NOW,
            published=self.published,
        )
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        if self.party is not None:
            key = re.search(r'name="key" value="([0-9a-f]{64})"', self.get("/en/sign-in").text)
            assert key
            token = access.header(Access(self.party, access.EVIDENCE, seed.NOW + 600, 1), bytes(65))
            form = urlencode({"key": key[1], "token": token})
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = self.ask("POST", "/en/sign-in", content=form, headers=headers)
            assert answer.status_code == 303, answer.status_code

    def ask(self, method: str, where: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://explorer", cookies=self.cookies
            ) as connection:
                return await connection.request(method, where, **options)

        answer = asyncio.run(call())
        self.cookies |= dict(answer.cookies)
        return answer

    def get(self, where: str, **params: str) -> httpx.Response:
        return self.ask("GET", where, params=params) if params else self.ask("GET", where)

    def found(self, typed: str) -> str:
        """Where the search box leads; "" where it does not open one page."""
        return self.get("/en/find", q=typed).headers.get("location", "")

    def items(self, name: str, **params: str) -> list[dict[str, Any]]:
        answer = self.get(f"/en/{name}.json", **params)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)["items"]


@dataclass(frozen=True)
class Site:
    """The seeded database, through the explorer's own role."""

    records: PostgresRecords
    tasks: dict[str, bytes]
    login: str
    dsn: str
    """The owner's."""

    def visitor(
        self, party: str | None, *, published: bool = False, given: Any = None, contracts: Any = None
    ) -> Visitor:
        return Visitor(self.records, party, published, given or {}, contracts or {})


def running(folder: Path) -> Iterator[Site]:
    """The site while it runs."""
    server = Postgres(folder / "server")
    server.start()
    try:
        migrate(server.dsn)
        tasks = seed.seed(server.dsn, STORY)
        with psycopg.connect(server.dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
            for name in THEIRS:
                catalogue.remember_name(tx, "party", seed.digest(name), name)
            catalogue.remember_name(tx, "data_set", seed.digest(THEIR_DATA), THEIR_DATA)
            catalogue.remember_name(tx, "party", seed.digest(TURNING), TURNING)
            for block, name in ((91, TURNING), (92, "mill"), (93, "oven")):
                keys = (seed.WALLET, seed.WALLET, *[seed.digest(f"{name} key")] * 3)
                admitted = events.PartyAdmitted(seed.digest(name), *keys, 1, seed.digest("profile"))
                hashes = (seed.digest(f"block {block}"), seed.digest(f"admission {block}"))
                projection.apply(tx, Logged(admitted, "PartyRegistry", block, *hashes, 0, 0, seed.NOW - 99_000))
            terms = seed.contract("bakery", THEIRS, THEIR_DATA, "mill")
            what = (seed.digest("their schema"), seed.digest("their root"), 7, 2, seed.digest("basis"))
            registered = events.DataSetRegistered(seed.digest(THEIR_DATA), 1, seed.digest("mill"), *what)
            anchored = events.Anchored(seed.digest("mill"), 1, 0, 5, seed.digest("their log"), 1)
            for number, (home, event) in enumerate((("DataSets", registered), ("Anchors", anchored))):
                at = (
                    499,
                    seed.digest("their block"),
                    seed.digest(f"their tx {number}"),
                    number,
                    number,
                    seed.NOW - 900,
                )
                projection.apply(tx, Logged(event, home, *at))
            story = seed.Story(tx, "theirs", 500, age=800, proposer="bakery", terms=terms)
            story.propose()
            story.start()
            story.emit(events.TaskAborted(story.task, seed.digest("mill"), 2, 7, seed.digest("their statement"), 1))
            tasks["theirs"] = story.task
        parts = urlsplit(server.dsn)
        login = urlunsplit(parts._replace(netloc=f"{seed.LOGIN}:{quote(seed.PASSWORD)}@"))
        with PostgresRecords(login) as records:
            yield Site(records, tasks, login, server.dsn)
    finally:
        server.stop()
        server.erase()


def task_path(task: bytes) -> str:
    """A task's page."""
    return f"/en/tasks/{ids.prefixed('task', task)}"


def secrets_of(site: Site) -> dict[str, str]:
    """What betrays that another consortium's task is there, with the page that would show it."""
    task, data = site.tasks["theirs"], seed.digest(THEIR_DATA).hex()
    consent = seed.digest(f"consent {task.hex()}").hex()
    return {
        task.hex(): task_path(task),
        task.hex()[:8]: "",
        consent: f"/en/authorizations/auth_{consent}",
        data: f"/en/data-sets/0x{data}",
        THEIR_DATA: f"/en/data-sets/{THEIR_DATA}",
        seed.digest("their root").hex(): "",
        seed.digest("tx 501").hex(): f"/en/transactions/0x{seed.digest('tx 501').hex()}",
        seed.digest("their tx 1").hex(): f"/en/transactions/0x{seed.digest('their tx 1').hex()}",
        "501": "/en/blocks/501",
        "499": "/en/blocks/499",
        seed.digest("block 503").hex(): "/en/blocks/503",
        seed.contract("bakery", THEIRS, THEIR_DATA, "mill").digest().hex(): "",
    }
