"""Models that stay at this node: its part of each, encrypted, for as long as the contract says.

A part may be used by a task of the same committee (shares belong to their Shamir points) that one of the parties named in
the training contract proposes, until the time named there. Parts past that time are erased.
"""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mpc.workflow.kept import LIMIT, kind_in
from protocol import canonical, ids
from protocol.contract import Keep, KeptModel, TaskContract
from protocol.errors import RefusedError
from protocol.limits import LIMITS
from protocol.record import Record
from workers import disk
from workers.vault import Vault

FORMAT: Final = "tallystick/node-model/v1"
_SUFFIX: Final = ".model"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One model's part: where it comes from and who may have it used."""

    task: bytes
    source: str
    committee: tuple[str, ...]
    users: tuple[str, ...]
    until: int
    part: bytes = field(repr=False)

    def data(self) -> bytes:
        """Canonical bytes, to be encrypted."""
        return canonical.dumps(
            {
                "format": FORMAT,
                "task": "0x" + self.task.hex(),
                "source": self.source,
                "committee": list(self.committee),
                "users": list(self.users),
                "until": str(self.until),
                "part": base64.b64encode(self.part).decode(),
            }
        )

    def refusal(self, contract: TaskContract, kind: str, now: int) -> str:
        """Why a task may not use it; empty when it may."""
        if contract.proposer not in self.users:
            return f"{contract.proposer} may not have {self.source} used"
        if now > self.until:
            return f"{self.source} was to be kept until {self.until}"
        if contract.committee != self.committee:
            return f"{self.source} belongs to another committee"
        if (own := kind_in(self.part)) != kind:
            return f"{self.source} is {own or 'unreadable'}, not {kind}"
        return ""


class ModelStore:
    """The folder ``models/`` of the node. File names tell task and end, nothing else."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = disk.private_dir(folder)
        self._vault = vault

    def keep(self, task: bytes, contract: TaskContract, keep: Keep, part: bytes) -> None:
        """Store this node's part; doing it again changes nothing but the file."""
        stored = StoredModel(task, keep.source, contract.committee, keep.users, keep.until, part)
        name = f"{task.hex()}-{_digest(keep.source)}-{keep.until}{_SUFFIX}"
        self._vault.write(self._folder / name, _label(task, keep.source), stored.data())

    def find(self, model: KeptModel) -> StoredModel | None:
        """The part of a model that a contract names, or None."""
        paths = list(self._folder.glob(f"{model.task.hex()}-{_digest(model.source)}-*{_SUFFIX}"))
        return self._read(paths[0], model.task, model.source) if paths else None

    def usable(self, model: KeptModel, contract: TaskContract, now: int) -> StoredModel:
        """As :meth:`find`, refusing what this contract may not use (``model.not_here``, ``model.not_allowed``)."""
        found = self.find(model)
        if found is None:
            raise RefusedError(
                "model.not_here", f"This node keeps no model {model.source} of that task.", "Check the task and output."
            )
        if why := found.refusal(contract, model.kind, now):
            raise RefusedError("model.not_allowed", why, "Train anew with a contract that allows this use.")
        return found

    def ends(self) -> tuple[tuple[bytes, int], ...]:
        """(task, end) of every part, for the operator's list."""
        names = (path.name.removesuffix(_SUFFIX).split("-") for path in sorted(self._folder.glob(f"*{_SUFFIX}")))
        return tuple((bytes.fromhex(task), int(until)) for task, _, until in names)

    def erase_ended(self, now: int) -> int:
        """Erase every part past its time; how many there were."""
        ended = [path for path in self._folder.glob(f"*{_SUFFIX}") if int(path.stem.rsplit("-", 1)[1]) < now]
        for path in ended:
            disk.erase(path)
        return len(ended)

    def _read(self, path: Path, task: bytes, source: str) -> StoredModel:
        record = Record(canonical.loads(self._vault.read(path, _label(task, source)), 2 * LIMIT), "model")
        record.const("format", FORMAT)
        found = StoredModel(
            record.hex32("task"),
            record.text("source", 63),
            record.names("committee", LIMITS.parties, ids.name),
            record.names("users", LIMITS.parties, ids.name),
            record.decimal("until", 64),
            record.base64("part", LIMIT),
        )
        record.done()
        return found


def _digest(source: str) -> str:
    return canonical.sha256(source.encode()).hex()[:16]


def _label(task: bytes, source: str) -> str:
    return f"model/{task.hex()}/{source}"
