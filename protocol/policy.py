"""What an owner lets a task ask of one data set."""

import re
from dataclasses import dataclass
from typing import Self

from protocol import canonical, ids
from protocol.contract import Parameter, RowFilter, TaskContract
from protocol.limits import LIMITS
from protocol.record import Record

POLICY_FORMAT = "tallystick/policy/v1"


@dataclass(frozen=True, slots=True)
class Policy:
    """What an owner lets a task ask of one data set; its SHA-256 is ``Authorization.policy``.

    ``parameters`` maps ``program/parameter`` to allowed values: one value, or ``[low, high]`` as decimal strings.
    ``tasks_per_day`` limits a standing authorization's rate. ``model_users`` are the parties for whom a model that learnt
    from this data set may stay, as shares, at the compute nodes.
    """

    data_set: str
    columns: tuple[str, ...]
    filters: tuple[RowFilter, ...]
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    counterparts: tuple[str, ...]
    tasks_per_day: int
    minimum_group: int
    model_users: tuple[str, ...]

    @classmethod
    def for_contract(cls, contract: TaskContract, data_set: str) -> Self:
        """The narrowest policy that lets exactly this contract run."""
        item = contract.input_of(data_set)
        parameters = {
            f"{step.id}/{step.program}/{key}": (_as_text(value),)
            for step in contract.steps
            for key, value in step.parameters
        }
        others = tuple(other.data_set for other in contract.inputs if other.data_set != data_set)
        return cls(
            data_set,
            item.columns,
            item.filters,
            tuple(sorted(parameters.items())),
            others,
            1,
            contract.minimum_group,
            contract.model_users,
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical policy bytes."""
        record = Record(canonical.loads(data, LIMITS.task_contract), "policy")
        record.const("format", POLICY_FORMAT)
        parameters: list[tuple[str, tuple[str, ...]]] = []
        for key, item in sorted(record.mapping("parameters", 4096).items()):
            values = Record({"values": item}, key).list("values", 2, lambda v, w: Record({"v": v}, w).text("v", 200))
            parameters.append((key, values))
        found = cls(
            ids.reference(record.take("data_set")),
            record.names("columns", LIMITS.columns, ids.column),
            record.list("filters", 64, RowFilter.parse),
            tuple(parameters),
            record.names("counterparts", LIMITS.parties, ids.reference),
            record.integer("tasks_per_day", 1, 1_000_000),
            record.integer("minimum_group", 0, 1_000_000),
            record.names("model_users", LIMITS.parties),
        )
        record.done()
        return found

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "format": POLICY_FORMAT,
                "data_set": self.data_set,
                "columns": list(self.columns),
                "filters": [f.to_json() for f in self.filters],
                "parameters": {key: list(values) for key, values in self.parameters},
                "counterparts": list(self.counterparts),
                "tasks_per_day": self.tasks_per_day,
                "minimum_group": self.minimum_group,
                "model_users": list(self.model_users),
            }
        )

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return canonical.sha256(self.data())

    def violations(self, contract: TaskContract) -> list[str]:
        """What ``contract`` asks beyond this policy; empty when it is covered."""
        item = contract.input_of(self.data_set)
        found = [f"column {name}" for name in item.columns if name not in self.columns]
        found += [f"missing row filter on {f.column}" for f in self.filters if f not in item.filters]
        found += [
            f"data set {o.data_set}" for o in contract.inputs if o.data_set not in (*self.counterparts, self.data_set)
        ]
        allowed = dict(self.parameters)
        for step in contract.steps:
            for key, value in step.parameters:
                name = f"{step.id}/{step.program}/{key}"
                if not _within(allowed.get(name), _as_text(value)):
                    found.append(f"parameter {name}={value}")
        if contract.minimum_group < self.minimum_group:
            found.append(f"minimum group {contract.minimum_group} below {self.minimum_group}")
        found += [f"a model kept for {user}" for user in contract.model_users if user not in self.model_users]
        return found


def _as_text(value: Parameter) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _within(allowed: tuple[str, ...] | None, value: str) -> bool:
    if allowed is None:
        return False
    if len(allowed) == 1:
        return value == allowed[0]
    try:
        low, high = (_number(text) for text in allowed)
        return low <= _number(value) <= high
    except ValueError:
        return False


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", text):
        raise ValueError(text)
    return float(text)
