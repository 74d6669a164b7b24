"""The node's state on its own disk (SQLite, WAL, synchronous FULL): what it was told, how far it is, what it owes.

A change of stage and the outbox rows that follow from it share one transaction (:meth:`State.transaction`), so after
a kill at any moment both are there or neither is (I10).
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

from protocol import canonical
from protocol.errors import RefusedError
from protocol.messages import PostedReceipt, Receipt, RunDispatch
from workers import disk
from workers.jobs import stages
from workers.jobs.stages import Stage
from workers.migrate import migrate

FILE: Final = "state.sqlite"
_OWED: Final = "opening-owed/"
_LOGGED: Final = "opening/"


@dataclass(frozen=True, slots=True)
class Job:
    """One task at this node."""

    task: bytes
    stage: Stage
    outcome: Stage
    reason: str
    peer: str
    dispatch: RunDispatch
    run: bytes | None
    started: int
    deadline: int
    attempts: int
    next_at: int
    created: int
    updated: int

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """From a row of ``jobs``."""
        return cls(
            row["task"], Stage(row["stage"]), Stage(row["outcome"]), row["reason"], row["peer"],
            RunDispatch.parse(json.loads(row["dispatch"])), row["run"], row["started"], row["deadline"],
            row["attempts"], row["next_at"], row["created"], row["updated"],
        )  # fmt: skip

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage in stages.ENDED


@dataclass(frozen=True, slots=True)
class SlotRow:
    """Where a run is on its way into a slot, as it is shown: ``waits`` is ``party:how`` for each that it waits for."""

    task: bytes
    kind: str
    phase: str
    waits: str


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One receipt that is to be delivered."""

    digest: bytes
    task: bytes | None
    kind: str
    body: dict[str, object]
    created: int
    attempts: int
    acknowledged: int


class State:
    """The database. One connection behind a lock: the node's threads take turns."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            disk.write_private(path, b"")
        disk.check_private(path)
        self.on_post: Callable[[], None] = lambda: None
        """Called when a receipt was stored that is to be delivered."""
        self.on_move: Callable[[Stage, Stage, int], None] = lambda *_: None
        """Called with the stage that a job left, the one that it is in now, and the seconds that it spent in the first."""
        self._lock = threading.RLock()
        self._depth = 0
        self._posted = False
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        try:
            migrate(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All changes inside, or none; may be nested (the outermost commits)."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                    self._posted = False
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")
                posted, self._posted = self._posted, False
                if posted:
                    self.on_post()

    # facts

    def fact(self, name: str) -> str | None:
        """A named fact."""
        row = self._one("SELECT value FROM facts WHERE name = ?", name)
        return None if row is None else row["value"]

    def set_fact(self, name: str, value: str) -> None:
        """Set a named fact."""
        self._run(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value
        )

    def next_number(self, name: str) -> int:
        """1, 2, 3… under ``name``: sequence numbers that survive restarts."""
        with self.transaction():
            number = int(self.fact(name) or "0") + 1
            self.set_fact(name, str(number))
        return number

    # jobs

    def add_job(self, dispatch: RunDispatch, deadline: int, now: int) -> bool:
        """Keep a dispatch; False when the task is known already, however often it is sent."""
        with self.transaction():
            if self.job(dispatch.task) is not None:
                return False
            text = canonical.dumps(dispatch.to_json()).decode()
            self._run(
                "INSERT INTO jobs VALUES (?, ?, ?, '', '', ?, NULL, 0, ?, 0, 0, ?, ?)",
                dispatch.task, Stage.RECEIVED, Stage.DONE, text, deadline, now, now,
            )  # fmt: skip
        return True

    def forget_job(self, task: bytes) -> None:
        """Drop an ended job so that the task can be dispatched again (it had not been started)."""
        with self.transaction():
            self._run("DELETE FROM jobs WHERE task = ?", task)
            self._run("DELETE FROM facts WHERE name = ?", _explained(task))

    def explain(self, task: bytes, english: str, chinese: str) -> None:
        """Keep what the program said when it stopped, for this node's operator alone."""
        self.set_fact(_explained(task), canonical.dumps({"en": english, "zh": chinese}).decode())

    def explanation(self, task: bytes) -> tuple[str, ...]:
        """What :meth:`explain` kept, a line for each language that it has."""
        value = self.fact(_explained(task))
        return () if value is None else tuple(line for line in json.loads(value).values() if line)

    def job(self, task: bytes) -> Job | None:
        """One job."""
        row = self._one("SELECT * FROM jobs WHERE task = ?", task)
        return None if row is None else Job.of(row)

    def jobs(self, *, open_only: bool = False) -> list[Job]:
        """All jobs; the earliest started first, by task id among equals: all nodes see the same order."""
        rows = self._all(
            "SELECT * FROM jobs WHERE ? = 0 OR stage NOT IN ('done', 'refused', 'aborted', 'expired', 'disputed') "
            "ORDER BY started = 0, started, task",
            int(open_only),
        )
        return [Job.of(row) for row in rows]

    def move(self, task: bytes, target: Stage, now: int) -> None:
        """Move a job along the one transition table."""
        with self.transaction():
            job = self._require(task)
            stages.require(job.stage, target)
            if target in stages.ENDED and target != job.outcome:
                raise stages.TransitionError(
                    "job.transition", f"A job heading for {job.outcome} cannot end as {target}.", "Report this."
                )
            self._run("UPDATE jobs SET stage = ?, next_at = 0, updated = ? WHERE task = ?", target, now, task)
        self.on_move(job.stage, target, max(0, now - job.updated))

    def fail(self, task: bytes, outcome: Stage, reason: str, peer: str, now: int) -> None:
        """Turn a job towards another end; what is left is erasing, anchoring and evidence."""
        with self.transaction():
            self.move(task, Stage.FAILED, now)
            self._run("UPDATE jobs SET outcome = ?, reason = ?, peer = ? WHERE task = ?", outcome, reason, peer, task)

    def stages(self) -> dict[str, int]:
        """How many jobs are not over, by stage."""
        rows = self._all(
            "SELECT stage, count(*) AS n FROM jobs WHERE stage NOT IN ('done', 'refused', 'aborted', 'expired', 'disputed') "
            "GROUP BY stage"
        )
        return {row["stage"]: row["n"] for row in rows}

    def set_started(self, task: bytes, started: int, deadline: int) -> None:
        """Note when the chain started the task."""
        self._run("UPDATE jobs SET started = ?, deadline = ? WHERE task = ?", started, deadline, task)

    def set_run(self, task: bytes, run: bytes) -> None:
        """Note the agreed run id."""
        self._run("UPDATE jobs SET run = ? WHERE task = ?", run, task)

    def postpone(self, task: bytes, next_at: int, *, attempt: bool = False) -> None:
        """Look at the job again at ``next_at``."""
        step = 1 if attempt else 0
        self._run("UPDATE jobs SET next_at = ?, attempts = attempts + ? WHERE task = ?", next_at, step, task)

    # slots

    def set_slots(self, rows: Sequence[SlotRow]) -> None:
        """Show where the runs are now; the running node's, for its operator's eyes only."""
        with self.transaction():
            self._run("DELETE FROM slots")
            for row in rows:
                self._run("INSERT INTO slots VALUES (?, ?, ?, ?)", row.task, row.kind, row.phase, row.waits)

    def slots(self) -> list[SlotRow]:
        """What :meth:`set_slots` showed last, in the runs' common order."""
        return [SlotRow(*row) for row in self._all("SELECT task, kind, phase, waits FROM slots ORDER BY rowid")]

    # evidence log index

    def indexed(self, epoch: int) -> int:
        """How many entries of an epoch's log are indexed."""
        row = self._one("SELECT count(*) AS n FROM log_index WHERE epoch = ?", epoch)
        return cast("sqlite3.Row", row)["n"]

    def index_entry(self, epoch: int, position: int, task: bytes, kind: str) -> None:
        """Index one log entry."""
        self._run("INSERT INTO log_index VALUES (?, ?, ?, ?)", epoch, position, task, kind)

    def entries_of(self, epoch: int, task: bytes) -> list[tuple[int, str]]:
        """(position, statement kind) of a task's entries, in log order."""
        rows = self._all(
            "SELECT position, kind FROM log_index WHERE epoch = ? AND task = ? ORDER BY position", epoch, task
        )
        return [(row["position"], row["kind"]) for row in rows]

    # outbox

    def post(self, receipt: Receipt, task: bytes | None, kind: str, now: int) -> bytes:
        """Owe a receipt to the coordinator; the same one twice is one. Returns its digest."""
        data = canonical.dumps(PostedReceipt.of(receipt).to_json())
        digest = canonical.sha256(data)
        with self.transaction():
            self._run(
                "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0) ON CONFLICT (digest) DO NOTHING",
                digest, task, kind, data.decode(), now,
            )  # fmt: skip
            self._posted = True
        return digest

    def post_latest(self, receipt: Receipt, task: bytes, kind: str, now: int) -> None:
        """As :meth:`post`, in place of what of this kind is not delivered yet: only the newest progress matters."""
        with self.transaction():
            self._run("DELETE FROM outbox WHERE task = ? AND kind = ? AND settled = 0", task, kind)
            self.post(receipt, task, kind, now)

    def due(self, now: int, limit: int = 100) -> list[OutboxItem]:
        """Receipts to try now: first what is for the chain, for tasks wait for that, each group in the order of its signing.

        An anchor must not be overtaken by a commitment to a longer log.
        """
        rows = self._all(
            "SELECT * FROM outbox WHERE settled = 0 AND next_at <= ?"
            " ORDER BY kind NOT IN ('chain', 'anchor'), created, rowid LIMIT ?",
            now, limit,
        )  # fmt: skip
        return [_item(row) for row in rows]

    def owed(self, task: bytes, kind: str) -> list[OutboxItem]:
        """All receipts of one kind for one task, settled or not."""
        return [
            _item(r) for r in self._all("SELECT * FROM outbox WHERE task = ? AND kind = ? ORDER BY rowid", task, kind)
        ]

    def unsettled(self) -> int:
        """How many receipts are still owed."""
        return cast("sqlite3.Row", self._one("SELECT count(*) AS n FROM outbox WHERE settled = 0"))["n"]

    def oldest_owed(self) -> int | None:
        """When the oldest receipt that is still owed was signed."""
        return cast("sqlite3.Row", self._one("SELECT min(created) AS at FROM outbox WHERE settled = 0"))["at"]

    def owe_again(self, since: int) -> int:
        """Owe once more what was delivered from a time on, for a coordinator that has lost it; how many receipts."""
        with self._lock:
            return self._db.execute(
                "UPDATE outbox SET settled = 0, acknowledged = 0, attempts = 0, next_at = 0"
                " WHERE created >= ? AND settled > 0 AND kind NOT IN ('chain', 'anchor', 'progress')",
                (since,),
            ).rowcount

    def retry_later(self, digest: bytes, next_at: int) -> None:
        """A delivery failed: try again at ``next_at``."""
        self._run("UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE digest = ?", next_at, digest)

    def acknowledge(self, digest: bytes, now: int, *, settled: bool) -> None:
        """The coordinator has it; chain requests settle only when the chain shows them."""
        self._run(
            "UPDATE outbox SET acknowledged = ?, settled = ?, next_at = 0 WHERE digest = ?",
            now, now if settled else 0, digest,
        )  # fmt: skip

    def settle(self, digest: bytes, now: int) -> None:
        """Nothing more is to be done for it."""
        self._run("UPDATE outbox SET settled = ? WHERE digest = ?", now, digest)

    # openings of rows to auditors: owed to the log until it has them

    def owe_opening(self, request: bytes, envelope: bytes) -> None:
        """Have the node log a statement that rows were opened, unless it has logged one of this request."""
        with self.transaction():
            if self.opening(request) is None:
                self.set_fact(_OWED + request.hex(), envelope.decode())

    def owed_openings(self) -> list[tuple[bytes, bytes]]:
        """(request, envelope) of every opening that the log does not have."""
        return self._openings(_OWED)

    def opening_logged(self, request: bytes, envelope: bytes) -> None:
        """The log has this one."""
        with self.transaction():
            self.set_fact(_LOGGED + request.hex(), envelope.decode())
            self.forget_opening(request)

    def forget_opening(self, request: bytes) -> None:
        """Nothing is owed any more."""
        self._run("DELETE FROM facts WHERE name = ?", _OWED + request.hex())

    def opening(self, request: bytes) -> bytes | None:
        """The logged statement about a request's answer."""
        value = self.fact(_LOGGED + request.hex())
        return None if value is None else value.encode()

    def openings(self) -> list[bytes]:
        """Every logged statement that rows were opened."""
        return [envelope for _, envelope in self._openings(_LOGGED)]

    def _openings(self, prefix: str) -> list[tuple[bytes, bytes]]:
        rows = self._all(
            "SELECT name, value FROM facts WHERE name > ? AND name < ? ORDER BY name", prefix, prefix + "g"
        )
        return [(bytes.fromhex(row["name"].removeprefix(prefix)), row["value"].encode()) for row in rows]

    # data sets, policies, uses

    def add_data_set(self, data_set: str, version: int, input_root: bytes, rows: int, now: int) -> None:
        """Keep a stored version."""
        self._run("INSERT INTO data_sets VALUES (?, ?, ?, ?, 0, ?)", data_set, version, input_root, rows, now)

    def set_registered(self, data_set: str, version: int) -> None:
        """The chain shows this version."""
        self._run("UPDATE data_sets SET registered = 1 WHERE data_set = ? AND version = ?", data_set, version)

    def data_sets(self) -> list[sqlite3.Row]:
        """All stored versions: data_set, version, input_root, rows, registered, created."""
        return self._all("SELECT * FROM data_sets ORDER BY data_set, version")

    def add_policy(self, digest: bytes, data_set: str, document: bytes, now: int) -> None:
        """Add one of the owner's own policies."""
        self._run("INSERT INTO policies VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", digest, data_set, document, now)

    def policies(self, data_set: str) -> list[bytes]:
        """The owner's own policies for a data set (canonical bytes)."""
        rows = self._all("SELECT document FROM policies WHERE data_set = ? ORDER BY created, digest", data_set)
        return [row["document"] for row in rows]

    def add_use(self, task: bytes, data_set: str, authorization: bytes, now: int) -> None:
        """Count a task against an authorization's rate; once per task and data set."""
        self._run("INSERT INTO uses VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", task, data_set, authorization, now)

    def uses(self, data_set: str, authorization: bytes | None, since: int, but: bytes) -> int:
        """Tasks counted since a time, under one authorization or any, other than the task ``but``."""
        row = self._one(
            "SELECT count(*) AS n FROM uses WHERE data_set = ?1 AND (?2 IS NULL OR authorization = ?2) AND time > ?3 "
            "AND task <> ?4",
            data_set, authorization, since, but,
        )  # fmt: skip
        return cast("sqlite3.Row", row)["n"]

    def add_reader(self, data_set: str, reader: str, task: bytes, *, aggregate: bool) -> None:
        """Note who reads a task over a data set; once."""
        self._run(
            "INSERT INTO readers VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", data_set, reader, task, int(aggregate)
        )

    def readers(self, data_set: str, but: bytes = b"") -> list[tuple[str, int, int]]:
        """Each reader of a data set with its tasks, and how many of them only give aggregates; the task ``but`` left out."""
        rows = self._all(
            "SELECT reader, count(*) AS tasks, sum(aggregate) AS aggregates FROM readers "
            "WHERE data_set = ? AND task <> ? GROUP BY reader ORDER BY reader",
            data_set, but,
        )  # fmt: skip
        return [(row["reader"], row["tasks"], row["aggregates"]) for row in rows]

    # announcements

    def announce(self, party: str, sequence: int, envelope: bytes) -> None:
        """Keep a verified announcement if it is newer than the one held."""
        self._run(
            "INSERT INTO announcements VALUES (?, ?, ?) ON CONFLICT (party) DO UPDATE SET sequence = excluded.sequence, "
            "envelope = excluded.envelope WHERE excluded.sequence > announcements.sequence",
            party, sequence, envelope,
        )  # fmt: skip

    def announcement(self, party: str) -> bytes | None:
        """The newest verified announcement of a peer."""
        row = self._one("SELECT envelope FROM announcements WHERE party = ?", party)
        return None if row is None else row["envelope"]

    # collections

    def add_collection(self, task: bytes, now: int, first: int = 0) -> None:
        """Note that a result is to be fetched, from the time ``first`` on; again is fine."""
        self._run(
            "INSERT INTO collections VALUES (?, 'waiting', ?, ?) ON CONFLICT (task) DO UPDATE"
            " SET next_at = min(next_at, excluded.next_at)",
            task, first, now,
        )  # fmt: skip

    def collections(self, now: int) -> list[tuple[bytes, int]]:
        """Results to fetch now: each task, and since when its result is waited for."""
        rows = self._all(
            "SELECT task, created FROM collections WHERE state IN ('waiting', 'unchecked') AND next_at <= ? ORDER BY created",
            now,
        )
        return [(row["task"], row["created"]) for row in rows]

    def set_collection(self, task: bytes, state: str, next_at: int) -> None:
        """Note how far the fetching is."""
        self._run("UPDATE collections SET state = ?, next_at = ? WHERE task = ?", state, next_at, task)

    # inside

    def _require(self, task: bytes) -> Job:
        job = self.job(task)
        if job is None:
            raise RefusedError("job.unknown", "This node has no such job.", "Check the task id.")
        return job

    def _run(self, statement: str, *values: Any) -> None:  # noqa: ANN401 - SQLite takes any storable value
        with self._lock:
            self._db.execute(statement, values)

    def _one(self, statement: str, *values: Any) -> sqlite3.Row | None:  # noqa: ANN401 - as above
        with self._lock:
            return cast("sqlite3.Row | None", self._db.execute(statement, values).fetchone())

    def _all(self, statement: str, *values: Any) -> list[sqlite3.Row]:  # noqa: ANN401 - as above
        with self._lock:
            return self._db.execute(statement, values).fetchall()


def _explained(task: bytes) -> str:
    return f"explanation/{task.hex()}"


def _item(row: sqlite3.Row) -> OutboxItem:
    return OutboxItem(
        row["digest"], row["task"], row["kind"], json.loads(row["body"]), row["created"], row["attempts"],
        row["acknowledged"],
    )  # fmt: skip


@contextmanager
def read_state(folder: Path) -> Generator[State]:
    """The state database of a node's folder alone, beside a running node."""
    state = State(disk.private_dir(folder) / FILE)
    try:
        yield state
    finally:
        state.close()
