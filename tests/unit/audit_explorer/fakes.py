"""A store of records in memory, and one task of every kind: unit and browser tests look at the same ones."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from audit_explorer.records import (
    EVERYTHING,
    Attestation,
    Commitment,
    Consent,
    Deployment,
    Event,
    Party,
    PartyProgress,
    Reason,
    Row,
    StoredBundle,
    Task,
    TaskRow,
)
from protocol import ids
from protocol.catalogue import DataSetDescriptor
from protocol.contract import TaskContract
from protocol.errors import RefusedError, UnavailableError
from protocol.event_words import TIMELINE
from protocol.events import TaskAborted

NOW = 1_780_000_000
HOSTILE = "<script>alert(1)</script>"


def digest(text: str) -> bytes:
    return ids.on_chain(text)


def party(name: str) -> Party:
    return Party(digest(name), name)


def row(number: int, state: str = "completed", **changes: Any) -> TaskRow:
    base = TaskRow(digest(f"task {number}"), state, NOW - 60 * number, NOW + 3_600, "hospital", bundle=False)
    return replace(base, **changes)


def completed(number: int = 1) -> Task:
    committee = tuple(party(name) for name in ("exchange", "hospital", "laboratory"))
    run = digest("run")
    names = ["TaskProposed", "TaskStarted", *["RunCommitted"] * 3, "TaskCompleted", "ResultAttested"]
    about = [None, None, *committee, None, committee[1]]
    return Task(
        row=row(number),
        contract_digest=digest("contract"),
        level=4,
        committee=committee,
        programs=(Party(digest("glm.logistic@1.0.0"), "glm.logistic@1.0.0"),),
        engine=Party(digest("tallystick.engine@1.0.0"), "tallystick.engine@1.0.0"),
        data_sets=(digest("diagnoses"), digest("labs")),
        result_users=(committee[1],),
        auditors=(party("regulator"),),
        reviewer=None,
        review="none",
        run=run,
        started_at=NOW - 50,
        reason=None,
        events=tuple(
            Event(100 + i, 0, NOW - 60 + i, name, digest(f"tx {i}"), who, digest(f"value {i}"))
            for i, (name, who) in enumerate(zip(names, about, strict=True))
        ),
        progress=tuple(
            PartyProgress(who.name or "", "released", "", 0, 0, 100, 0, "", "", NOW - 5) for who in committee
        ),
        commitments=tuple(Commitment(who, run, 7, digest("root"), 102 + i) for i, who in enumerate(committee)),
        consents=(Consent(digest("auth 1"), committee[1], 0, revoked=False),),
        attestations=(Attestation(committee[1], digest("result"), 106),),
    )


def proposed(number: int = 2) -> Task:
    done = completed(number)
    return replace(
        done,
        row=row(number, "proposed"),
        run=None,
        started_at=None,
        events=done.events[:1],
        progress=(PartyProgress("laboratory", "waiting", "links", 2, 5, 0, 0, "link.timeout", "exchange", NOW - 125),),
        commitments=(),
        consents=(),
        attestations=(),
    )


def refused(number: int = 3) -> Task:
    done = completed(number)
    ending = Event(104, 0, NOW - 9, "TaskAborted", digest("tx end"), party("laboratory"), digest("statement"))
    return replace(
        done,
        row=row(number, "refused"),
        reason=Reason(7, None, (party("laboratory"),), TIMELINE[TaskAborted].about),
        events=(*done.events[:2], ending),
        commitments=(),
        attestations=(),
    )


def hostile(number: int = 4) -> Task:
    """Every text that somebody else chose is a script."""
    bad = Party(digest(HOSTILE), HOSTILE)
    done = completed(number)
    return replace(
        done,
        row=row(number, "aborted", proposer=HOSTILE),
        committee=(bad,),
        programs=(bad,),
        engine=bad,
        result_users=(bad,),
        auditors=(bad,),
        reviewer=bad,
        reason=Reason(None, HOSTILE, (bad,), TIMELINE[TaskAborted].about),
        events=tuple(replace(event, party=bad, name=HOSTILE) for event in done.events),
        progress=(PartyProgress(HOSTILE, HOSTILE, HOSTILE, 1, 2, 0, 0, HOSTILE, HOSTILE, NOW),),
        commitments=(Commitment(bad, digest("run"), 1, digest("root"), 1),),
        consents=(Consent(digest("a"), bad, 1, revoked=True),),
        attestations=(Attestation(bad, digest("r"), 1),),
    )


@dataclass
class FakeRecords:
    """Follows ``audit_explorer.records.Records``; ``down`` makes it a database that does not answer."""

    items: list[Task] = field(default_factory=list)
    bundles: dict[bytes, StoredBundle] = field(default_factory=dict)
    chain: Deployment | None = field(
        default_factory=lambda: Deployment(digest("deployment"), 4_503_599_627_370_497, digest("genesis"), 106)
    )
    down: bool = False

    def deployment(self) -> Deployment | None:
        self._answer()
        return self.chain

    def reads_all(self, party: str) -> bool:
        self._answer()
        return party == "regulator"

    def rows(self, reader: str, statement: str, **values: Any) -> list[Row]:
        """Tasks for who reads all, by state and page; nothing of anything else: ``tests/integration/web/test_rooms.py`` has that."""
        self._answer()
        if statement == "narrowest":
            return [{"kind": values["kinds"][0], "value": values["values"][0]}]
        if statement not in ("tasks", "tasks_oldest") or reader != EVERYTHING:
            return []
        states = [value for kind, value in zip(values["kinds"], values["values"], strict=True) if kind == "state"]
        rows = [item.row for item in self.items if not states or item.row.state in states]
        rows.sort(key=lambda row: (row.submitted_at, row.task), reverse=statement == "tasks")
        before = (values["submitted_at"], values["task"])
        if statement == "tasks":
            rows = [row for row in rows if (row.submitted_at, row.task) < before]
        return [{"task_id": row.task, **asdict(row), "level": "4", "review": "none"} for row in rows][: values["limit"]]

    def task(self, reader: str, task: bytes) -> Task | None:
        self._answer()
        return next((item for item in self.items if item.row.task == task and reader == EVERYTHING), None)

    def bundle(self, reader: str, task: bytes) -> StoredBundle | None:
        self._answer()
        return self.bundles.get(task) if reader == EVERYTHING else None

    def _answer(self) -> None:
        if self.down:
            raise UnavailableError("explorer.database", "The database does not answer.", "Check it.")


@dataclass
class FakeReading:
    """Follows ``audit_explorer.coordinator.Reading``: one good token, and what it may read; ``down`` answers nothing."""

    good: str
    evidences: dict[bytes, bytes] = field(default_factory=dict)
    down: bool = False
    contracts: dict[bytes, TaskContract] = field(default_factory=dict)

    def check(self, token: str) -> None:
        if self.down:
            raise UnavailableError("explorer.coordinator", "It does not answer.", "Wait.")
        if token != self.good:
            raise RefusedError("explorer.refused", "No.", "Sign.")

    def evidence(self, task: bytes, token: str) -> bytes:
        self.check(token)
        if task not in self.evidences:
            raise RefusedError("explorer.refused", "Not yours.", "Sign.")
        return self.evidences[task]

    def descriptions(self, task: bytes, token: str) -> tuple[DataSetDescriptor, ...]:
        self.contract(task, token)
        return ()

    def contract(self, task: bytes, token: str) -> TaskContract:
        self.check(token)
        if task not in self.contracts:
            raise RefusedError("explorer.refused", "Not yours.", "Sign.")
        return self.contracts[task]
