"""Witnesses: each is shown the largest head of every log, with the proof that it extends what it remembers (C2SP tlog-witness).

Witnesses are asked side by side, each for a while, so that a slow one delays itself alone; one that did not cosign is asked again
after growing pauses. What a witness remembers is learnt from its own answers. Where it remembers a head that contradicts ours, its
head is fetched and, if the log's key signed it, kept beside ours: both prove that the log forked.
"""

import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import structlog

from orchestrator.dispatch.posting import NotTakenError, Poster
from orchestrator.engine.items import Items
from orchestrator.services import heads
from orchestrator.services.domains import Domains
from orchestrator.services.ports import Clock, Transactions
from orchestrator.store import logs, receipts
from orchestrator.store.database import Row
from protocol import checkpoint, witnessing
from protocol.checkpoint import Origin, SignedCheckpoint
from protocol.errors import FormatError, UnavailableError, VerificationError
from protocol.policy import Policy, Witness
from protocol.webhooks import target
from protocol.witnessing import Submission

_log = structlog.get_logger()
_BATCH: Final = 64
_TURN: Final = 10.0
"""Seconds after which a witness's turn is over: the rest of the logs wait for the next, and the engine can stop."""
_STEPS: Final = 64
"""Heads of one log shown to one witness in a row: a witness that was away catches up anchor by anchor."""
_FIRST, _LONGEST = 5, 3600
_HEADERS: Final = {"user-agent": "tallystick-witnesses/1", "content-type": "text/plain; charset=utf-8"}
_CODES: Final = {404: "witness.unknown_log", 403: "witness.unsigned"}
CONTRADICTION: Final = "witness.contradiction"
_AWAY: Final = frozenset({"witness.slow", "witness.unreachable", "witness.tls"})


class Asking(Protocol):
    """As :class:`orchestrator.dispatch.posting.Poster`."""

    def exchange(self, method: str, url: str, body: bytes, headers: dict[str, str], *, most: int) -> tuple[int, bytes]:
        """Status and body."""
        ...


def named_in(file: Path) -> tuple[Witness, ...]:
    """The witnesses of a policy file that can be asked; an address that is none is refused at the process's start."""
    try:
        found = Policy.read(file.read_bytes()).witnesses
    except OSError as error:
        raise FormatError("policy.missing", f"{file} cannot be read: {error.strerror}.", "Write it.") from error
    asked = tuple(item for item in found if item.url is not None)
    for item in asked:
        try:
            target(str(item.url), _hosts(asked))
        except (FormatError, ValueError) as error:
            raise FormatError(
                "policy.url", f"{item.url} of {item.name} is no address.", "Write http:// or https:// and a host."
            ) from error
    return asked


def asker(witnesses: Sequence[Witness]) -> Poster:
    """What asks them: the operator named their hosts, so http and networks that are not public are allowed there."""
    return Poster(_hosts(witnesses), area="witness")


def _hosts(witnesses: Sequence[Witness]) -> frozenset[str]:
    return frozenset(urlsplit(str(item.url)).hostname or "" for item in witnesses)


@dataclass(slots=True)
class _Memory:
    """What a witness remembers of a log: the size, and the root where that is known."""

    size: int
    root: bytes | None


class _NotCosignedError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code: Final = code


@contextmanager
def _its_answer() -> Generator[None]:
    """What is wrong in here is wrong with what the witness said, and no fault of ours."""
    try:
        yield
    except (FormatError, VerificationError) as error:
        raise _NotCosignedError(error.code) from error


def _size(answer: bytes) -> int:
    with _its_answer():
        return witnessing.size_in(answer)


class Witnessing:
    """One step shows the witnesses what is due."""

    def __init__(
        self, database: Transactions, witnesses: Sequence[Witness], asking: Asking, domains: Domains, clock: Clock
    ) -> None:
        self._database: Final = database
        self._witnesses: Final = tuple(item for item in witnesses if item.url is not None)
        self._asking: Final = asking
        self._domains: Final = domains
        self._clock: Final = clock
        self._items: Final = Items(database, logs.LOOP)
        self._named = False

    def step(self) -> bool:
        """Ask for what is due; False when nothing was."""
        if not self._named:
            with self._database.transaction() as tx:
                logs.name_witnesses(tx, {item.key.text(): item.key.name for item in self._witnesses})
            self._named = True
        if not self._witnesses:
            return False
        with ThreadPoolExecutor(len(self._witnesses), "witnesses") as pool:
            return any(list(pool.map(self._turn, self._witnesses)))

    def _turn(self, witness: Witness) -> bool:
        with self._database.transaction() as tx:
            due = logs.due(tx, witness.key.text(), witness.key.name, _BATCH)
        over = time.monotonic() + _TURN
        away = ""

        def act(row: Row) -> bool:
            nonlocal away
            if away:
                self._put_off(witness, row, away)
            elif time.monotonic() < over:
                away = self._one(witness, row, over)
            return not away

        return self._items.each(due, lambda row: f"{witness.key.name} {row['party']}/{row['epoch']}", act)

    def _one(self, witness: Witness, row: Row, over: float) -> str:
        """One log; a code where the witness does not answer at all, and need not be asked about others now."""
        origin = Origin(self._domains.deployment_id, self._domains.chain_id, row["party"], int(row["epoch"]))
        code = ""
        try:
            self._shown(witness, origin, _Memory(int(row["size"]), row["root"] and bytes(row["root"])), over)
        except _NotCosignedError as error:
            code = row["code"] if error.code == "witness.no_way" and row["code"] == CONTRADICTION else error.code
        except NotTakenError as error:
            code = error.code
        except UnavailableError as error:
            # it goes behind the others, so that what is never answered cannot starve them
            self._put_off(witness, row, error.code)
            raise
        if code:
            self._put_off(witness, row, code)
        return code if code in _AWAY else ""

    def _put_off(self, witness: Witness, row: Row, code: str) -> None:
        pause = min(_LONGEST, _FIRST * 2 ** min(row["failures"], 12))
        with self._database.transaction() as tx:
            logs.not_cosigned(tx, witness.key.text(), row["party"], int(row["epoch"]), code, pause)
        told = _log.error if code == CONTRADICTION else _log.warning
        told(
            "witness.not_cosigned",
            witness=witness.key.name,
            party=row["party"],
            epoch=int(row["epoch"]),
            code=code,
            again=pause,
        )

    def _shown(self, witness: Witness, origin: Origin, memory: _Memory, over: float) -> None:
        """Show head after head until the largest is cosigned."""
        moved = False
        for _ in range(_STEPS):
            asked = self._next(origin, memory)
            if asked is None:
                if not moved:
                    raise _NotCosignedError("witness.no_way")
                return
            moved |= self._submitted(witness, asked, checkpoint.parse(asked.note), memory)
            if time.monotonic() > over:
                break
        if not moved:
            raise _NotCosignedError("witness.answer")  # it names one size after another

    def _next(self, origin: Origin, memory: _Memory) -> Submission | None:
        with self._database.transaction() as tx:
            if memory.size and memory.root is None:
                # the witness told a size: shown our head of that size, it says whether it means the same
                row = logs.head_at(tx, origin.party, origin.epoch, memory.size)
                return None if row is None else Submission(memory.size, (), bytes(row["note"]))
            row = logs.next_head(tx, origin.party, origin.epoch, memory.size, memory.root)
        return None if row is None else Submission(memory.size, logs.hashes(bytes(row["proof"])), bytes(row["note"]))

    def _submitted(self, witness: Witness, asked: Submission, note: SignedCheckpoint, memory: _Memory) -> bool:
        """Whether it was cosigned; ``memory`` is what the witness has said."""
        status, answer = self._ask(witness, "POST", witnessing.ADD, asked.data())
        head = note.checkpoint
        if status == 200:
            with _its_answer():
                found, at = witnessing.taken(answer, note, witness.key, self._clock())
            with self._database.transaction() as tx:
                logs.cosigned(tx, witness.key.text(), head, found.line(), at)
                receipts.bundles_due_for_head(tx, head.origin.party, head.origin.epoch, head.size)
            memory.size, memory.root = head.size, head.root
            return True
        if status == 409 and (size := _size(answer)) != asked.old:
            if memory.root is None and memory.size:
                raise _NotCosignedError("witness.answer")  # it told another size a moment ago
            memory.size, memory.root = size, None
            with self._database.transaction() as tx:
                unknown = size and logs.head_at(tx, head.origin.party, head.origin.epoch, size) is None
            if unknown:
                self._fetched(witness, head.origin)
            return False
        if status in (409, 422):
            self._fetched(witness, head.origin)
            raise _NotCosignedError(CONTRADICTION)
        raise _NotCosignedError(_CODES.get(status, "witness.answer"))

    def _fetched(self, witness: Witness, origin: Origin) -> None:
        """Take the head that the witness remembers: what the log's key did not sign is refused, what it cosigned is noted."""
        status, answer = self._ask(witness, "GET", witnessing.head_path(origin.text()), b"")
        if status != 200:
            return  # not every witness shows its heads
        with _its_answer():
            note = checkpoint.parse(answer)
            if note.checkpoint.origin != origin:
                raise _NotCosignedError("witness.answer")
            found, at = witnessing.taken(answer.partition(b"\n\n")[2], note, witness.key, self._clock())
        with _its_answer(), self._database.transaction() as tx:
            heads.take(tx, self._domains, note)
            logs.cosigned(tx, witness.key.text(), note.checkpoint, found.line(), at)

    def _ask(self, witness: Witness, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        url = f"{str(witness.url).rstrip('/')}/{path}"
        return self._asking.exchange(method, url, body, dict(_HEADERS), most=checkpoint.MAX_BYTES)
