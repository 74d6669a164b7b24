"""One task's story as a bundle tells it: the contract, its events on chain, and every party's log entries.

Built once; the verification steps ask it. Nothing in it is believed but what :class:`~protocol.ledger.Ledger` proved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from protocol import dsse, events, ids, statements
from protocol.answers import Fails, Missing
from protocol.bundle import BundleMaterial, Succession
from protocol.contract import Proposal, TaskContract, proposal_of, task_id_of
from protocol.errors import VerificationError
from protocol.ledger import Found, Ledger
from protocol.messages import LogEvidence, SignedAuthorization
from protocol.policy import Policy
from protocol.programs import Committee
from protocol.registers import DataSetFacts, ReleaseFacts, TaskFacts
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
    successions: tuple[Succession, ...] = ()
    is_contract: Callable[[str], bool] | None = None
    policy: Policy | None = None

    @classmethod
    def read(
        cls,
        material: BundleMaterial,
        ledger: Ledger,
        trust: Trust,
        is_contract: Callable[[str], bool] | None = None,
        policy: Policy | None = None,
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
        stranger = next((party for party in logs if party not in {*contract.owners, *contract.committee}), "")
        if any(log.task != task for log in material.logs) or len(logs) != len(material.logs) or stranger:
            raise VerificationError(
                "bundle.log", "A log in the bundle is another task's or party's, or occurs twice.", "Fetch again."
            )
        consents = {item.message.data_set: item for item in material.authorizations}
        if len(consents) != len(material.authorizations) or consents.keys() - {i.data_set for i in contract.inputs}:
            raise VerificationError(
                "bundle.consent",
                "A consent in the bundle is about no input of the task, or occurs twice.",
                "Fetch again.",
            )
        committed = {by_hash.get(found.event.party, "?"): found for found in ledger.of(events.RunCommitted, task=task)}
        return cls(
            task=task,
            contract=contract,
            proposal=proposal_of(contract),
            trust=trust,
            ledger=ledger,
            authorizations=consents,
            logs=logs,
            entries={party: _entries(log, task) for party, log in logs.items()},
            proposed=ledger.one(events.TaskProposed, task=task),
            started=ledger.one(events.TaskStarted, task=task),
            completed=ledger.one(events.TaskCompleted, task=task),
            commitments=committed,
            successions=material.successions,
            is_contract=is_contract,
            policy=policy,
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

    @property
    def began(self) -> bool:
        """Whether the task ever started; raises :class:`Missing` where nothing in the bundle says so or otherwise."""
        shown = (
            self.started or self.completed or self.commitments or self.ledger.of(events.TaskDisputed, task=self.task)
        )
        return bool(shown) or self.facts.started

    @property
    def facts(self) -> TaskFacts:
        """The task's own record on chain at the head: what did not happen is read from there."""
        return self.ledger.registers.task(self.task)

    @property
    def owing(self) -> list[str]:
        """Whose log must be here: of a task that began everyone's who had a part in it, else that of a node that ended it."""
        if self.began:
            return sorted({*self.contract.owners, *self.contract.committee})
        ended = self.ledger.of(events.TaskAborted, task=self.task)
        return sorted({self.name(item.event.party) for item in ended if item.event.key_period})

    @property
    def committee_kind(self) -> Committee:
        """Who commits, as the programs declare it in the registry; the chain lets no task mix the kinds."""
        return self.program(self.contract.programs[0]).committee

    @property
    def linked(self) -> bool:
        """Whether those who commit compute with each other: where they do not, there are no links between them."""
        return self.committee_kind != "none"

    @property
    def committers(self) -> tuple[str, ...]:
        """Everyone whose commitment completes the task: the committee, or the owners where there is none."""
        return self.contract.committee if self.linked else self.contract.owners

    def program(self, name: str) -> ReleaseFacts:
        """A published program."""
        return self._release(name, is_engine=False)

    def engine(self) -> ReleaseFacts:
        """The published engine that the contract names."""
        return self._release(self.contract.engine, is_engine=True)

    def data_set(self, name: str) -> DataSetFacts:
        """The registered version of a data set that the contract names."""
        version = self.contract.input_of(name).version
        found = self.ledger.registers.data_set(ids.on_chain(name), version)
        if found is None:
            raise Fails(f"The chain has no version {version} of {name}.", f"链上没有{name}的版本{version}。")
        return found

    def node_key(self, party: str, period: int) -> bytes:
        """A party's node key (Ed25519) in the period of its keys that the chain printed with a signature."""
        found = self.ledger.registers.node_key(ids.on_chain(party), period)
        if found is None:
            raise Fails(
                f"The chain has no node key of {party} in its key period {period}.",
                f"链上没有{party}在第{period}密钥期的节点密钥。",
            )
        return found

    def name(self, party: bytes) -> str:
        """A participant's name by its id on chain, "?" for anybody else's."""
        return next((name for name in self.contract.participants if ids.on_chain(name) == party), "?")

    def _release(self, name: str, *, is_engine: bool) -> ReleaseFacts:
        found = self.ledger.registers.release(ids.on_chain(name))
        if found is None or found.is_engine != is_engine:
            kind, word = ("engine", "引擎") if is_engine else ("program", "程序")
            raise Fails(f"The chain has no {kind} {name}.", f"链上没有{word}{name}。")
        return found

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
