"""One task's story as a bundle tells it: the contract, its events on chain, and every party's log entries.

Built once; the verification steps ask it. Nothing in it is believed but what :class:`~protocol.ledger.Ledger` proved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from protocol import dsse, events, ids, statements
from protocol.answers import Missing
from protocol.bundle import BundleMaterial
from protocol.contract import Proposal, TaskContract, proposal_of, task_id_of
from protocol.errors import VerificationError
from protocol.ledger import Found, Ledger
from protocol.messages import LogEvidence, SignedAuthorization
from protocol.trust import Trust

S = TypeVar("S", bound=statements.Statement)


@dataclass(frozen=True, slots=True)
class Entry:
    """A log entry whose envelope parses; its signature is step 4's business."""

    index: int
    envelope: dsse.Envelope
    statement: statements.Statement


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the steps look at. ``entries`` are in log order per party."""

    task: bytes
    contract: TaskContract
    proposal: Proposal
    trust: Trust
    ledger: Ledger
    authorizations: dict[str, SignedAuthorization]
    logs: dict[str, LogEvidence]
    entries: dict[str, tuple[Entry, ...]]
    proposed: Found[events.TaskProposed] | None
    started: Found[events.TaskStarted] | None
    completed: Found[events.TaskCompleted] | None
    commitments: dict[str, Found[events.RunCommitted]]
    is_contract: Callable[[str], bool] | None = None

    @classmethod
    def read(
        cls,
        material: BundleMaterial,
        ledger: Ledger,
        trust: Trust,
        is_contract: Callable[[str], bool] | None = None,
    ) -> Self:
        """Parse contract and envelopes, and pick the task's events."""
        contract = TaskContract.read(material.contract)
        task = material.task
        if material.task != (computed := task_id_of(contract, trust.domain("Tasks"))):
            raise VerificationError(
                "task.id",
                f"The contract's task id is {computed.hex()}, the bundle says {material.task.hex()}.",
                "The contract, the task or the trust root is another one.",
            )
        by_hash = {ids.on_chain(name): name for name in contract.participants}
        logs = {log.party: log for log in material.logs}
        if any(log.task != task for log in material.logs) or len(logs) != len(material.logs):
            raise VerificationError(
                "bundle.log", "A log in the bundle is another task's or occurs twice.", "Fetch again."
            )
        committed = {by_hash.get(found.event.party, "?"): found for found in ledger.of(events.RunCommitted, task=task)}
        return cls(
            task=task,
            contract=contract,
            proposal=proposal_of(contract),
            trust=trust,
            ledger=ledger,
            authorizations={item.message.data_set: item for item in material.authorizations},
            logs=logs,
            entries={party: _entries(log, task) for party, log in logs.items()},
            proposed=ledger.one(events.TaskProposed, task=task),
            started=ledger.one(events.TaskStarted, task=task),
            completed=ledger.one(events.TaskCompleted, task=task),
            commitments=committed,
            is_contract=is_contract,
        )

    @property
    def state(self) -> str:
        """How the task stands at the bundle's last block."""
        if self.completed:
            return "completed"
        if self.ledger.of(events.TaskDisputed, task=self.task):
            return "disputed"
        if aborted := self.ledger.one(events.TaskAborted, task=self.task):
            return "refused" if aborted.event.kind == 1 else "aborted"
        if self.ledger.of(events.TaskExpired, task=self.task):
            return "expired"
        return "started" if self.started else "proposed" if self.proposed else "unknown"

    def statements(self, party: str, kind: type[S]) -> list[S]:
        """A party's statements of one kind, in log order."""
        return [entry.statement for entry in self.entries.get(party, ()) if isinstance(entry.statement, kind)]

    def anchored(self, party: str) -> Found[events.Anchored]:
        """The event that anchored the log head that the bundle's proofs lead to."""
        log = self.logs[party]
        found = [
            item
            for item in self.ledger.of(events.Anchored, party=ids.on_chain(party), epoch=log.epoch)
            if item.event.size == log.size
        ]
        if not found:
            raise Missing(
                f"No anchor of {party}'s log at size {log.size} is in the bundle.",
                f"证据包中没有{party}日志在大小{log.size}处的上链记录。",
            )
        return found[0]


def _entries(log: LogEvidence, task: bytes) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for item in log.entries:
        envelope = dsse.parse(item.envelope)
        statement = statements.parse(envelope.payload)
        if statement.task != task or statement.party != log.party or (found and found[-1].index >= item.index):
            raise VerificationError(
                "bundle.entry",
                f"Entry {item.index} of {log.party}'s log is another task's or party's, or out of order.",
                "Fetch the bundle again.",
            )
        found.append(Entry(item.index, envelope, statement))
    return tuple(found)
