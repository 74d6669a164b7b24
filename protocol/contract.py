"""The task contract: what is computed, by whom, over what, for whom, under which conditions.

Its canonical JSON (RFC 8785) is hashed with SHA-256 to the contract digest; :func:`proposal_of` derives every field
that the chain holds from it, so a node that recomputes the task id has compared them all.
"""

import itertools
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from protocol.codec import (
    COLUMN,
    KEY,
    NAME,
    choice,
    entries,
    integer,
    matching,
    names,
    or_empty,
    scalar,
    sequence,
    sorted_texts,
    text,
)
from protocol.errors import FormatError, RefusedError
from protocol.fields import Column, Document, Fields, Hash, Many, Name, Named, Program, Reference, Uint64, fields_of
from protocol.limits import LIMITS
from protocol.sources import KEPT_KIND
from protocol.typed import Domain, Text, Texts, Typed, Uint8, Uint32, Uint256

ZERO32 = bytes(32)
MAX_REVIEW: Final = 90 * 86_400
"""Seconds that a reviewer may be given (``MAX_REVIEW`` of the contracts)."""
_OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge")
_WORD = "a word of 1 to 31 of a-z, 0-9 and '_'"
_NONCE = matching("[0-9a-f]{64}", "contract.nonce", "64 hex digits", "Draw 32 random bytes.")
_STEP = matching("[a-z0-9_]{1,31}", "contract.step_id", _WORD, "Use a-z, 0-9 and '_'.")
_MODEL = matching("[a-z0-9_]{1,31}", "contract.model_name", _WORD, "Use a-z, 0-9 and '_'.")
_KEPT = matching(
    KEPT_KIND.pattern,
    "contract.kept_kind",
    "something that can stay at nodes",
    "Name `model:` and the family, `shares` or `shared`, as the program's output says.",
)
_PORT = matching("[a-z0-9_.-]{1,63}", "contract.port", "the name of something", "Use `step.output` or a data set name.")

Parameter = str | int | bool


@dataclass(frozen=True, slots=True)
class RowFilter(Fields):
    """Keep rows where ``column operator value`` holds; ``value`` is text as it stands in the canonical row."""

    column: Column
    operator: Annotated[str, choice(_OPERATORS, "contract.operator")]
    value: Annotated[str, text(200)]


@dataclass(frozen=True, slots=True)
class Input(Fields):
    """One data set of one owner: the columns and rows that the task may touch."""

    data_set: Reference
    version: Annotated[int, integer(1, 2**32 - 1)]
    owner: Name
    columns: Annotated[tuple[str, ...], sorted_texts(COLUMN, LIMITS.columns)]
    filters: Annotated[tuple[RowFilter, ...], Many(64)]


@dataclass(frozen=True, slots=True)
class Step(Fields):
    """One program of the workflow. ``inputs`` maps the program's input names to ``step.output`` or data set names."""

    id: Annotated[str, _STEP]
    program: Program
    parameters: Annotated[tuple[tuple[str, Parameter], ...], entries(KEY, scalar("contract.parameter"), 64)]
    inputs: Annotated[tuple[tuple[str, tuple[str, ...]], ...], entries(KEY, sequence(_PORT, LIMITS.parties), 64)]


@dataclass(frozen=True, slots=True)
class Output(Fields):
    """A value that leaves the computation, and the result users who can read it: nobody else can."""

    source: Annotated[str, _PORT, Named("from")]
    users: Annotated[tuple[str, ...], names(LIMITS.parties), Named("to")]


@dataclass(frozen=True, slots=True)
class Keep(Fields):
    """What stays, as shares, at the compute nodes after the task: who may propose tasks that use it, until when."""

    source: Annotated[str, _PORT, Named("from"), "`step.output` of a model, a shared table or shares"]
    users: Annotated[tuple[str, ...], names(LIMITS.parties), Named("for")]
    until: Annotated[Uint64, "Unix seconds, a decimal string"]


@dataclass(frozen=True, slots=True)
class KeptModel(Fields):
    """What an earlier task left at the nodes; steps read it by ``name``. ``kind`` is checked by ports and by the nodes."""

    name: Annotated[str, _MODEL]
    task: Hash
    source: Annotated[str, _PORT, Named("from"), "`step.output` of that task"]
    kind: Annotated[str, _KEPT, "`model:` and its family, `shares` or `shared`, as that output's program says"]


@dataclass(frozen=True, slots=True)
class TaskContract(Document):
    """A task contract; every name list is strictly sorted. Its canonical JSON (RFC 8785) is what is hashed."""

    FORMAT: ClassVar[str] = "tallystick/task-contract/v3"
    WHERE: ClassVar[str] = "contract"
    LIMIT: ClassVar[int] = LIMITS.task_contract

    nonce: Annotated[str, _NONCE]
    proposer: Name
    scheduler: Name
    committee: Annotated[tuple[str, ...], names(LIMITS.parties)]
    inputs: Annotated[tuple[Input, ...], Many(LIMITS.parties)]
    engine: Annotated[Program, "what runs the programs, by its published name and version"]
    steps: Annotated[tuple[Step, ...], Many(LIMITS.steps)]
    outputs: Annotated[tuple[Output, ...], Many(256)]
    keeps: Annotated[tuple[Keep, ...], Many(64)]
    models: Annotated[tuple[KeptModel, ...], Many(64)]
    auditors: Annotated[tuple[str, ...], names(LIMITS.parties)]
    reviewer: Annotated[str, or_empty(NAME)]
    review_within: Annotated[
        int, integer(0, MAX_REVIEW), "seconds after the deadline in which the reviewer decides; 0 without a reviewer"
    ]
    purpose: Annotated[str, text(1000)]
    legal_basis: Annotated[str, text(1000)]
    impact_assessment: Hash
    protection_level: Annotated[int, integer(1, 5)]
    minimum_group: Annotated[int, integer(0, 1_000_000)]
    automated_decision: bool
    deadline: Annotated[Uint64, "Unix seconds, a decimal string"]

    @property
    def result_users(self) -> tuple[str, ...]:
        """All result users, strictly sorted."""
        return tuple(sorted({user for output in self.outputs for user in output.users}))

    @property
    def programs(self) -> tuple[str, ...]:
        """The distinct programs, strictly sorted."""
        return tuple(sorted({step.program for step in self.steps}))

    @property
    def owners(self) -> tuple[str, ...]:
        """The distinct data owners, strictly sorted."""
        return tuple(sorted({item.owner for item in self.inputs}))

    @property
    def participants(self) -> tuple[str, ...]:
        """Everyone who takes part or may look: owners, committee, result users, auditors, proposer, reviewer."""
        people = {*self.owners, *self.committee, *self.result_users, *self.auditors, self.proposer}
        return tuple(sorted(people | ({self.reviewer} if self.reviewer else set())))

    def input_of(self, data_set: str) -> Input:
        """The input that names ``data_set``."""
        for item in self.inputs:
            if item.data_set == data_set:
                return item
        raise RefusedError("contract.no_such_input", f"The contract has no data set {data_set}.", "Name one it has.")

    def require(self, where: str) -> None:
        """Rules that need no registry: preflight and the chain refuse the same."""
        del where
        names = [item.data_set for item in self.inputs]
        if any(a >= b for a, b in itertools.pairwise(names)):
            raise FormatError("contract.inputs_order", "contract.inputs are not sorted by data set.", "Sort them.")
        if not self.inputs or not self.steps or not self.outputs:
            raise FormatError("contract.empty", "A contract needs inputs, steps and outputs.", "Add what is missing.")
        if len(self.committee) < 3:
            raise RefusedError(
                "contract.committee_too_small",
                f"{len(self.committee)} compute parties: below three the threshold is 0 and nothing is secret.",
                "Name at least three compute parties with distinct operators.",
            )
        if bool(self.reviewer) != bool(self.review_within):
            raise FormatError(
                "contract.review_within",
                "A reviewer needs time to decide, and nobody else does.",
                "Give `review_within` in seconds with a reviewer, 0 without.",
            )
        if overlap := set(self.auditors) & set(self.committee):
            raise RefusedError(
                "contract.auditor_computes",
                f"{', '.join(sorted(overlap))} would audit a task that it computes.",
                "Name another compute party or another auditor.",
            )
        kept = {model.name for model in self.models}
        seen: set[str] = set()
        for step in self.steps:
            if step.id in seen:
                raise FormatError("contract.step_twice", f"Two steps have the id {step.id!r}.", "Rename one.")
            for _, sources in step.inputs:
                for source in sources:
                    head = source.split(".", 1)[0]
                    if source not in names and source not in kept and head not in seen:
                        raise FormatError(
                            "contract.source_unknown",
                            f"Step {step.id!r} reads {source!r}, which is no data set and no earlier step's output.",
                            "Name a data set of the contract `step.output` of an earlier step, or a model.",
                        )
            seen.add(step.id)
        if len(kept) < len(self.models) or kept & seen:
            raise FormatError("contract.model_twice", "Two models, or a model and a step, share a name.", "Rename one.")
        for keep in self.keeps:
            if keep.source.split(".", 1)[0] not in seen or not keep.users or keep.until <= self.deadline:
                raise FormatError(
                    "contract.keep",
                    f"The kept model {keep.source!r} comes from no step, is for nobody, or ends before the deadline.",
                    "Name `step.output`, at least one party that may use it, and a later `until`.",
                )
        for output in self.outputs:
            if output.source.split(".", 1)[0] not in seen or not output.users:
                raise FormatError(
                    "contract.output_unknown",
                    f"The output {output.source!r} comes from no step or goes to nobody.",
                    "Name `step.output` and at least one result user.",
                )


@dataclass(frozen=True, slots=True)
class Proposal(Typed):
    """A task on chain; its EIP-712 digest is the task id, so nobody can squat it.

    A field that has the name of a contract's field holds the same; :func:`proposal_of` derives the others.
    """

    HOME: ClassVar[str] = "Tasks"

    proposer: Text
    scheduler: Text
    contract_digest: Hash
    compute_parties: Texts
    data_sets: Texts
    data_versions: Annotated[tuple[Uint32, ...], Many(LIMITS.columns)]
    epsilon_micros: Annotated[tuple[Uint64, ...], Many(LIMITS.columns)]
    programs: Texts
    engine: Text
    models: Texts
    licences: Texts
    result_users: Texts
    auditors: Texts
    reviewer: Text
    purpose: Text
    protection_level: Uint8
    uses: Uint32
    max_reserves: Uint32
    deadline: Uint64
    review_by: Uint64
    nonce: Uint256


def proposal_of(contract: TaskContract) -> Proposal:
    """The on-chain proposal of a contract: derived, so that comparing task ids compares every field."""
    derived: dict[str, object] = {
        "contract_digest": contract.digest(),
        "compute_parties": contract.committee,
        "data_sets": tuple(item.data_set for item in contract.inputs),
        "data_versions": tuple(item.version for item in contract.inputs),
        # no program spends of a privacy budget or of a licence yet, and every task runs once
        "epsilon_micros": (0,) * len(contract.inputs),
        "models": (),
        "licences": (),
        "uses": 1,
        "max_reserves": 0,
        "review_by": contract.deadline + contract.review_within if contract.reviewer else 0,
        "nonce": int(contract.nonce, 16),
    }
    same = (field.attribute for field in fields_of(Proposal) if field.attribute not in derived)
    values: dict[str, Any] = {name: getattr(contract, name) for name in same} | derived
    return Proposal(**values)


def task_id_of(contract: TaskContract, tasks_domain: Domain) -> bytes:
    """Task id: the EIP-712 digest of the contract's proposal in the ``Tasks`` domain."""
    return proposal_of(contract).digest(tasks_domain)
