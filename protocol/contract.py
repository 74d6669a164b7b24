"""The task contract: what is computed, by whom, over what, for whom, under which conditions.

Its canonical JSON (RFC 8785) is hashed with SHA-256 to the contract digest; :func:`proposal_of` derives every field
that the chain holds from it, so a node that recomputes the task id has compared them all.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Self

from protocol import canonical, ids
from protocol.errors import FormatError, RefusedError
from protocol.limits import LIMITS
from protocol.record import Record
from protocol.sources import KEPT_KIND
from protocol.typed import Domain, Proposal

FORMAT = "tallystick/task-contract/v2"
ZERO32 = bytes(32)
_NONCE = re.compile(r"[0-9a-f]{64}")
_STEP = re.compile(r"[a-z0-9_]{1,31}")
_PORT = re.compile(r"[a-z0-9_.-]{1,63}")
_OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge")

Parameter = str | int | bool


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Keep rows where ``column operator value`` holds; ``value`` is text as it stands in the canonical row."""

    column: str
    operator: str
    value: str

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one filter."""
        record = Record(value, where)
        column, operator, text = ids.column(record.take("column")), record.text("operator"), record.text("value", 200)
        if operator not in _OPERATORS:
            raise FormatError("contract.operator", f"{where} has no operator {operator!r}.", f"Use {_OPERATORS}.")
        record.done()
        return cls(column, operator, text)

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"column": self.column, "operator": self.operator, "value": self.value}


@dataclass(frozen=True, slots=True)
class Input:
    """One data set of one owner: the columns and rows that the task may touch."""

    data_set: str
    version: int
    owner: str
    columns: tuple[str, ...]
    filters: tuple[RowFilter, ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one input."""
        record = Record(value, where)
        found = cls(
            ids.reference(record.take("data_set"), f"{where}.data_set"),
            record.integer("version", 1, 2**32 - 1),
            ids.name(record.take("owner"), f"{where}.owner"),
            record.names("columns", LIMITS.columns, ids.column),
            record.list("filters", 64, RowFilter.parse),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "data_set": self.data_set,
            "version": self.version,
            "owner": self.owner,
            "columns": list(self.columns),
            "filters": [f.to_json() for f in self.filters],
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One program of the workflow. ``inputs`` maps the program's input names to ``step.output`` or data set names."""

    id: str
    program: str
    parameters: tuple[tuple[str, Parameter], ...]
    inputs: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one step."""
        record = Record(value, where)
        step = record.text("id", 31)
        if not _STEP.fullmatch(step):
            raise FormatError("contract.step_id", f"{where}.id {step!r} is not well formed.", "Use a-z, 0-9 and '_'.")
        program = ids.program(record.take("program"), f"{where}.program")
        parameters: list[tuple[str, Parameter]] = []
        for key, item in sorted(record.mapping("parameters", 64).items()):
            if not isinstance(item, (str, int, bool)):
                raise FormatError("contract.parameter", f"{where}.{key} is no text, integer or boolean.", "Correct it.")
            parameters.append((key, item))
        inputs: list[tuple[str, tuple[str, ...]]] = []
        for key, item in sorted(record.mapping("inputs", 64).items()):
            sources = Record({"from": item}, f"{where}.inputs.{key}").list("from", LIMITS.parties, _port)
            inputs.append((key, sources))
        record.done()
        return cls(step, program, tuple(parameters), tuple(inputs))

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "id": self.id,
            "program": self.program,
            "parameters": dict(self.parameters),
            "inputs": {key: list(sources) for key, sources in self.inputs},
        }


@dataclass(frozen=True, slots=True)
class Output:
    """A value that leaves the computation, and the result users who can read it: nobody else can."""

    source: str
    users: tuple[str, ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one output."""
        record = Record(value, where)
        found = cls(_port(record.take("from"), f"{where}.from"), record.names("to", LIMITS.parties))
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"from": self.source, "to": list(self.users)}


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays, as shares, at the compute nodes after the task: who may propose tasks that use it, until when."""

    source: str
    users: tuple[str, ...]
    until: int

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one."""
        record = Record(value, where)
        found = cls(
            _port(record.take("from"), f"{where}.from"),
            record.names("for", LIMITS.parties),
            record.decimal("until", 64),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"from": self.source, "for": list(self.users), "until": str(self.until)}


@dataclass(frozen=True, slots=True)
class KeptModel:
    """What an earlier task left at the nodes; steps read it by ``name``. ``kind`` is checked by ports and by the nodes."""

    name: str
    task: bytes
    source: str
    kind: str

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one."""
        record = Record(value, where)
        name = record.text("name", 31)
        if not _STEP.fullmatch(name):
            raise FormatError("contract.model_name", f"{where}.name {name!r} is not well formed.", "Use a-z, 0-9, '_'.")
        found = cls(name, record.hex32("task"), _port(record.take("from"), f"{where}.from"), record.text("kind", 63))
        if not KEPT_KIND.fullmatch(found.kind):
            raise FormatError(
                "contract.kept_kind",
                f"{where}.kind {found.kind!r} is nothing that can stay at nodes.",
                "Name `model:` and the family, `shares` or `shared`, as the program's output says.",
            )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"name": self.name, "task": "0x" + self.task.hex(), "from": self.source, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class TaskContract:
    """A parsed task contract; every name list is strictly sorted, times are unix seconds."""

    nonce: str
    proposer: str
    scheduler: str
    committee: tuple[str, ...]
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    keeps: tuple[Keep, ...]
    models: tuple[KeptModel, ...]
    auditors: tuple[str, ...]
    reviewer: str
    purpose: str
    legal_basis: str
    impact_assessment: bytes
    protection_level: int
    minimum_group: int
    automated_decision: bool
    deadline: int

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

    @classmethod
    def parse(cls, value: object) -> Self:
        """Parse contract JSON (an object, canonical or not); see :func:`read` for bytes."""
        record = Record(value, "contract")
        record.const("format", FORMAT)
        nonce = record.text("nonce", 64)
        if not _NONCE.fullmatch(nonce):
            raise FormatError("contract.nonce", "contract.nonce is not 64 hex digits.", "Draw 32 random bytes.")
        inputs = record.list("inputs", LIMITS.parties, Input.parse)
        found = cls(
            nonce=nonce,
            proposer=ids.name(record.take("proposer"), "contract.proposer"),
            scheduler=ids.name(record.take("scheduler"), "contract.scheduler"),
            committee=record.names("committee", LIMITS.parties),
            inputs=inputs,
            steps=record.list("steps", LIMITS.steps, Step.parse),
            outputs=record.list("outputs", 256, Output.parse),
            keeps=record.list("keeps", 64, Keep.parse),
            models=record.list("models", 64, KeptModel.parse),
            auditors=record.names("auditors", LIMITS.parties),
            reviewer=_optional_name(record.take("reviewer")),
            purpose=record.text("purpose", 1000),
            legal_basis=record.text("legal_basis", 1000),
            impact_assessment=record.hex32("impact_assessment"),
            protection_level=record.integer("protection_level", 1, 5),
            minimum_group=record.integer("minimum_group", 0, 1_000_000),
            automated_decision=record.boolean("automated_decision"),
            deadline=record.decimal("deadline", 64),
        )
        record.done()
        found._check()
        return found

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical contract bytes; any other byte string is refused."""
        return cls.parse(canonical.loads(data, LIMITS.task_contract))

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "format": FORMAT,
            "nonce": self.nonce,
            "proposer": self.proposer,
            "scheduler": self.scheduler,
            "committee": list(self.committee),
            "inputs": [item.to_json() for item in self.inputs],
            "steps": [step.to_json() for step in self.steps],
            "outputs": [output.to_json() for output in self.outputs],
            "keeps": [keep.to_json() for keep in self.keeps],
            "models": [model.to_json() for model in self.models],
            "auditors": list(self.auditors),
            "reviewer": self.reviewer,
            "purpose": self.purpose,
            "legal_basis": self.legal_basis,
            "impact_assessment": "0x" + self.impact_assessment.hex(),
            "protection_level": self.protection_level,
            "minimum_group": self.minimum_group,
            "automated_decision": self.automated_decision,
            "deadline": str(self.deadline),
        }

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(self.to_json())

    def digest(self) -> bytes:
        """Contract digest: SHA-256 of the canonical bytes."""
        return canonical.sha256(self.data())

    def input_of(self, data_set: str) -> Input:
        """The input that names ``data_set``."""
        for item in self.inputs:
            if item.data_set == data_set:
                return item
        raise RefusedError("contract.no_such_input", f"The contract has no data set {data_set}.", "Name one it has.")

    def _check(self) -> None:
        """Rules that need no registry: preflight and the chain refuse the same."""
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


def proposal_of(contract: TaskContract) -> Proposal:
    """The on-chain proposal of a contract: derived, so that comparing task ids compares every field."""
    return Proposal(
        proposer=contract.proposer,
        scheduler=contract.scheduler,
        contract_digest=contract.digest(),
        compute_parties=contract.committee,
        data_sets=tuple(item.data_set for item in contract.inputs),
        data_versions=tuple(item.version for item in contract.inputs),
        programs=contract.programs,
        result_users=contract.result_users,
        auditors=contract.auditors,
        reviewer=contract.reviewer,
        purpose=contract.purpose,
        protection_level=contract.protection_level,
        deadline=contract.deadline,
        nonce=int(contract.nonce, 16),
    )


def task_id_of(contract: TaskContract, tasks_domain: Domain) -> bytes:
    """Task id: the EIP-712 digest of the contract's proposal in the ``Tasks`` domain."""
    return proposal_of(contract).digest(tasks_domain)


def _port(value: object, where: str) -> str:
    if not isinstance(value, str) or not _PORT.fullmatch(value):
        raise FormatError("contract.port", f"{where} {value!r} names nothing.", "Use `step.output` or a data set name.")
    return value


def _optional_name(value: object) -> str:
    return "" if value == "" else ids.name(value, "contract.reviewer")
