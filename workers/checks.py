"""The party check: before it touches data, a node asks its own chain endpoint, keys and disk whether a task is right.

Nothing the coordinator sent is believed. The questions are those of ``protocol.statements.CHECKS``; the first "no"
ends the check with a reason of ``protocol.reasons``. Clocks are compared in the nodes' hellos, never with a block's age.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mpc.programs.catalogue import find
from protocol import canonical, ids, offers
from protocol.backends import choose, demanded_model
from protocol.contract import TaskContract, task_id_of
from protocol.costs import of_contract
from protocol.errors import FormatError, TallyError
from protocol.law.policy import DEFAULT, Policy
from protocol.messages import RunDispatch, SignedAuthorization
from protocol.statements import CHECKS, Check
from protocol.typed import Domain
from protocol.vocabulary import CHAIN_ENDS, ReleaseKind, Role, TaskState
from workers import law, policy
from workers.chain_view import ChainView, Head, PartyFacts, TaskFacts
from workers.data_sets import DataSetStore, StoredVersion
from workers.fitting import column_findings
from workers.keystore import NodeKeys
from workers.models import ModelStore, StoredModel
from workers.sources.table import Table
from workers.state import State

_TERMS: Final = frozenset({"ask digest", "ask's data set"})
_COVERAGE: Final = frozenset(
    {
        "data set version", "input root", "programs", "program code", "engine", "proposer", "purpose", "result users",
        "compute parties", "task", "legal basis", "impact assessment", "protection level", "validity", "uses",
    }
)  # fmt: skip


class Refused(Exception):
    """A "no": ``reason`` is a code of protocol.reasons, ``detail`` is for this node's own operator."""

    def __init__(self, question: str, reason: str, detail: str, peer: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.question: Final = question
        self.reason: Final = reason
        self.detail: Final = detail
        self.peer: Final = peer


class NotYet(Exception):
    """The chain does not show the task as started at a final block: ask again later."""


class Over(Exception):
    """The task has ended on chain without this node's doing."""

    def __init__(self, state: TaskState) -> None:
        super().__init__(state.name)
        self.state: Final = state


@dataclass(frozen=True, slots=True)
class OwnInput:
    """One of this party's data sets in the task: what was authorized and what is stored."""

    authorization: bytes
    signed: SignedAuthorization
    stored: StoredVersion


@dataclass(frozen=True, slots=True)
class Cleared:
    """A task that passed: everything the run needs, taken from chain and disk."""

    task: bytes
    contract: TaskContract
    head: Head
    started: int
    parties: dict[str, PartyFacts]
    inputs: tuple[OwnInput, ...]
    models: tuple[StoredModel, ...]
    programs_digest: bytes
    checks: tuple[Check, ...]
    rows: tuple[tuple[str, int], ...] = ()
    """Of every data set, as registered."""


@dataclass(frozen=True, slots=True)
class PartyCheck:
    """What the check works with. ``installed`` gives the code digest of an installed program, ``engine`` what runs here (its
    release and digest).
    """

    party: str
    keys: NodeKeys
    chain: ChainView
    state: State
    store: DataSetStore
    models: ModelStore
    installed: Callable[[str], bytes]
    engine: Callable[[], tuple[str, bytes]]
    legal: Policy = DEFAULT
    """What is asked at least of data by their level and kind."""

    def run(self, dispatch: RunDispatch) -> Cleared:
        """Ask every question; raises :class:`Refused`, :class:`NotYet` or :class:`Over`."""
        head = self.chain.head()
        facts = self.chain.task(dispatch.task, head)
        if facts.state in CHAIN_ENDS:
            raise Over(facts.state)
        if facts.state != TaskState.STARTED:
            raise NotYet(facts.state.name)  # before the contract is read: nothing is to be said about such a task yet
        contract = contract_of(dispatch, self.chain.domain("Tasks"))
        self._fields(contract, facts)
        parties = self._parties(contract, head)
        self._engine(contract, head)
        self._programs(contract, head)
        rows = self._fits(contract, facts.started_at, head)
        releases = self._releases(head)
        own = tuple(item.data_set for item in contract.inputs if item.owner == self.party)
        inputs = tuple(self._input(dispatch, contract, name, releases, facts, head) for name in own)
        self._columns(contract, inputs)
        self._law(contract, [item.stored for item in inputs], facts.started_at, head)
        models = self._models(contract, facts.started_at)
        not_asked = {"clock"} | (set() if own else {"authorization", "data", "policy"})
        answers = (Check(name, "not_applicable" if name in not_asked else "holds") for name in CHECKS)
        return Cleared(
            dispatch.task, contract, head, facts.started_at, parties, inputs, models,
            releases.programs_digest(contract.programs), tuple(answers), tuple(sorted(rows.items())),
        )  # fmt: skip

    def ahead(self, contract: TaskContract, head: Head, now: int) -> tuple[Refused, ...]:
        """All that the check would refuse if the task were started now and authorized; this party's data are not looked at."""
        found: list[Refused] = []
        questions: tuple[Callable[[], object], ...] = (
            lambda: self._parties(contract, head),
            lambda: self._engine(contract, head),
            lambda: self._programs(contract, head),
            lambda: self._fits(contract, now, head),
            lambda: self._models(contract, now),
        )
        for question in questions:
            try:
                question()
            except Refused as refused:
                found.append(refused)
            except TallyError as error:
                found.append(Refused("programs", "check.program_changed", f"{error.code}: {error.what}"))
        return tuple(found)

    def _fields(self, contract: TaskContract, facts: TaskFacts) -> None:
        """The task id binds every field; what the chain keeps of them is compared as well."""
        if contract.digest() != facts.contract_digest:
            raise Refused("contract", "check.contract_mismatch", "the chain holds another contract digest")
        committee = tuple(ids.on_chain(name) for name in contract.committee)
        if committee != facts.committee or contract.deadline != facts.deadline:
            raise Refused("fields", "check.contract_mismatch", "committee or deadline differ from the chain's")
        if self.party not in contract.committee and self.party not in contract.owners:
            raise Refused("fields", "check.contract_mismatch", "this party has no part in it")

    def _parties(self, contract: TaskContract, head: Head) -> dict[str, PartyFacts]:
        parties: dict[str, PartyFacts] = {}
        for name in sorted({*contract.committee, *contract.owners, *contract.result_users}):
            facts = self.chain.party(name, head)
            if facts is None or not facts.active:
                raise Refused("peers", "check.peer_keys", f"{name} is not an active party", name)
            parties[name] = facts
        own = parties[self.party]
        mine = (self.keys.signer_address, self.keys.node_public, self.keys.seal_public)
        if (own.node_signer, own.node_key, own.seal_key) != mine:
            raise Refused("peers", "check.peer_keys", "the registry holds other keys for this node", self.party)
        computing = [parties[name] for name in contract.committee]
        if len({facts.operator for facts in computing}) != len(computing):
            raise Refused("peers", "check.peer_keys", "two compute parties have one operator")
        runners = {name: parties[name] for name in sorted({*contract.committee, *contract.owners})}
        if len({facts.node_key for facts in runners.values()}) != len(runners):
            raise Refused("peers", "check.peer_keys", "two parties share a node key")
        for name in contract.committee:
            roles = parties[name].roles
            if not roles & Role.COMPUTE_PROVIDER or roles & (Role.REGULATOR | Role.CERTIFIER):
                raise Refused("peers", "check.peer_keys", f"{name} may not compute", name)
        return parties

    def _engine(self, contract: TaskContract, head: Head) -> None:
        """What runs here is what the task names: by name, so that people know what to do, and by what it is made of.

        That it was approved and not retired the chain asked at the start; it may have been retired since.
        """
        name, digest = self.engine()
        if contract.engine != name:
            raise Refused("engine", "check.engine", f"the task runs on {contract.engine}, this node has {name}")
        facts = self.chain.release(name, head)
        if facts is None or facts.kind != ReleaseKind.ENGINE:
            raise Refused("engine", "check.engine", f"{name} is not published as an engine")
        if facts.code_digest != digest:
            said = f"{name} is published as 0x{facts.code_digest.hex()} and installed as 0x{digest.hex()}"
            raise Refused("engine", "check.engine", said)

    def _releases(self, head: Head) -> offers.Releases:
        """What this node's own endpoint says of releases, all at one block."""

        def code_digest(program: str) -> bytes:
            facts = self.chain.release(program, head)
            if facts is None or facts.kind != ReleaseKind.PROGRAM:
                raise Refused("authorization", "check.authorization_mismatch", f"{program} is not published")
            return facts.code_digest

        return offers.Releases(code_digest, lambda older, newer: self.chain.is_successor(older, newer, head))

    def _programs(self, contract: TaskContract, head: Head) -> None:
        for program in contract.programs:
            facts = self.chain.release(program, head)
            if facts is None or facts.kind != ReleaseKind.PROGRAM or facts.protection_level < contract.protection_level:
                raise Refused("programs", "check.program_changed", f"{program} is not registered at this level")
            try:
                installed = self.installed(program)
            except TallyError as error:
                raise Refused("programs", "check.program_changed", f"{program} is not installed") from error
            if installed != facts.code_digest:
                raise Refused("programs", "check.program_changed", f"{program} is installed with other code")

    def _columns(self, contract: TaskContract, inputs: tuple[OwnInput, ...]) -> None:
        """What the own columns are declared to hold is what the programs take."""
        schemas = {item.stored.data_set: item.stored.schema for item in inputs}
        programs = {name: find(name).published() for name in contract.programs}
        if found := column_findings(contract, schemas, programs):
            said = " ".join(f"{item.code}: {item.what.english} {item.fix.english}" for item in found)
            raise Refused("data", "check.does_not_fit", said)

    def _law(self, contract: TaskContract, stored: list[StoredVersion], started: int, head: Head) -> None:
        """What the law asks holds when the task started: what ended since the wallet signed refuses."""
        own = {item.data_set: item.schema.law for item in stored}
        if said := law.refusal(law.findings(self.chain, head, contract, own, self.legal, started), self.legal):
            raise Refused("policy", "check.law", said)

    def _fits(self, contract: TaskContract, started: int, head: Head) -> dict[str, int]:
        """What the installed programs' own formulas predict; every node comes to the same seconds, whenever it asks. Returns
        the rows of all data sets. Whether the programs have room for them, and this node the memory, the run's process finds out
        before it connects.
        """
        registered = {item.data_set: self.chain.data_set(item.data_set, item.version, head) for item in contract.inputs}
        descriptors = {name: find(name).published() for name in contract.programs}
        try:
            promised = (descriptor.security_model for descriptor in descriptors.values())
            choose(
                len(contract.committee), contract.protection_level, demanded_model(contract.protection_level, promised)
            )
        except TallyError as error:
            raise Refused("programs", "check.does_not_fit", f"{error.code}: {error.what}") from error
        rows = {name: found.rows for name, found in registered.items() if found is not None}
        for step in contract.steps:
            if left_out := descriptors[step.program].left_out(step.parameters):
                raise Refused("policy", "check.policy", f"step {step.id} leaves out {', '.join(left_out)}")
        seconds = of_contract(contract, rows, descriptors).seconds
        if seconds > contract.deadline - started:
            said = f"about {seconds:.3g} s, {contract.deadline - started} s from start to deadline"
            raise Refused("programs", "check.does_not_fit", said)
        return rows

    def _models(self, contract: TaskContract, started: int) -> tuple[StoredModel, ...]:
        """Own parts of the kept models that the task uses, if those who made them allowed this use."""
        try:
            return tuple(self.models.usable(model, contract, started) for model in contract.models)
        except TallyError as error:
            raise Refused("policy", "check.policy", error.what) from error

    def _input(
        self,
        dispatch: RunDispatch,
        contract: TaskContract,
        data_set: str,
        releases: offers.Releases,
        facts: TaskFacts,
        head: Head,
    ) -> OwnInput:
        stored = self.stored(contract, data_set, head)
        signed, digest = self._authorization(dispatch, data_set, head)
        lacking = offers.uncovered(
            signed, contract, dispatch.task, input_root=stored.input_root, releases=releases, now=facts.started_at
        )
        if wrong := [name for name in lacking if name in _COVERAGE]:
            raise Refused("authorization", "check.authorization_mismatch", f"it does not cover: {', '.join(wrong)}")
        if any(name in _TERMS for name in lacking):
            raise Refused("policy", "check.policy", "the ask is not the signed one")
        if lacking or (lacking := self._beyond(signed, digest, contract, dispatch.task, facts, releases)):
            raise Refused("policy", "check.policy", f"beyond what was agreed: {', '.join(lacking)}")
        self.rows_of(stored)
        return OwnInput(digest, signed, stored)

    def stored(self, contract: TaskContract, data_set: str, head: Head) -> StoredVersion:
        """The version that the task names, as stored here, if it is what the chain says was registered."""
        version = contract.input_of(data_set).version
        registered = self.chain.data_set(data_set, version, head)
        stored = self.store.find(data_set, version)
        if registered is None or stored is None or registered.owner != ids.on_chain(self.party):
            raise Refused("data", "check.data_changed", f"{data_set} version {version} is not this node's")
        if stored.input_root != registered.input_root or stored.rows != registered.rows:
            raise Refused("data", "check.data_changed", f"{data_set} has another root than the registered one")
        return stored

    def rows_of(self, stored: StoredVersion) -> Table:
        """Its rows, if they are still those that were committed."""
        try:
            return self.store.table(stored)
        except TallyError as error:
            raise Refused("data", "check.data_changed", f"{stored.data_set}: {error.code}") from error

    def _beyond(
        self,
        signed: SignedAuthorization,
        digest: bytes,
        contract: TaskContract,
        task: bytes,
        facts: TaskFacts,
        releases: offers.Releases,
    ) -> list[str]:
        return policy.violations(
            self.state,
            signed,
            digest,
            contract,
            task=task,
            started=facts.started_at,
            releases=releases,
            programs={name: find(name).published() for name in contract.programs},
        )

    def _authorization(self, dispatch: RunDispatch, data_set: str, head: Head) -> tuple[SignedAuthorization, bytes]:
        """The party's own authorization whose use the task took: the digest is recomputed from the words."""
        domain = self.chain.domain("Consents")
        for signed in dispatch.authorizations:
            if signed.owner != self.party or signed.message.data_set != data_set:
                continue
            try:
                digest = signed.message.digest(domain)
            except FormatError:
                continue
            owner = self.chain.authorization_owner(digest, head)
            if owner == ids.on_chain(self.party) and self.chain.use_consumed(dispatch.task, digest, head):
                return signed, digest
        raise Refused("authorization", "check.authorization_mismatch", f"no consumed authorization for {data_set}")


def contract_of(dispatch: RunDispatch, domain: Domain) -> TaskContract:
    """The dispatched contract, if its own bytes give the dispatched task id (``domain``: of ``Tasks``)."""
    try:
        contract = TaskContract.read(dispatch.contract)
    except TallyError as error:
        raise Refused("contract", "check.contract_mismatch", f"it cannot be read ({error.code})") from error
    if task_id_of(contract, domain) != dispatch.task:
        raise Refused("contract", "check.contract_mismatch", "its task id is another one")
    return contract


def failed_answers(question: str) -> tuple[Check, ...]:
    """The answers of a check that ended at ``question``; what was not reached is not applicable."""
    return tuple(Check(name, "fails" if name == question else "not_applicable") for name in CHECKS)


def contract_digest(dispatch: RunDispatch) -> bytes:
    """SHA-256 of the contract bytes as received: what a refusal statement names."""
    return canonical.sha256(dispatch.contract)
