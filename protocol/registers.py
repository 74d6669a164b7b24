"""What the contracts' registers hold at a bundle's head: read from storage, so that what is not there is proven too.

Registrations may be as old as the chain. Their events would lead far back; the contracts keep the same in storage, the
history of keys included, and one state root proves it. A key that was rotated, a version that was never registered:
neither can be left out. What is read here never changes once it is there, so a head long after the task tells the same.
The code of every contract is compared with the trust root's on the way.

Source: Solidity documentation, "Layout of State Variables in Storage"; ``tests/unit/chain/test_compile.py`` compares every
place here with the compiler's own layout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Self

from eth_hash.auto import keccak

from protocol import ids, state
from protocol.answers import Missing
from protocol.codec import HASH, Codec, members, sequence
from protocol.errors import VerificationError
from protocol.fields import Fields
from protocol.programs import COMMITTEES, Committee
from protocol.trust import CONTRACTS, Trust
from protocol.vocabulary import ReleaseKind, TaskState

KEY_HISTORY: Final = ("PartyRegistry", "_keyHistory", 2)
VERSIONS: Final = ("DataSets", "_versions", 0)
RELEASES: Final = ("Programs", "_releases", 2)
SUCCESSIONS: Final = ("Programs", "_successorApprovals", 4)
AUTHORIZATIONS: Final = ("Consents", "_records", 0)
LOGS: Final = ("Anchors", "_logs", 1)
TASKS: Final = ("Tasks", "_tasks", 3)
PLACES: Final = (KEY_HISTORY, VERSIONS, RELEASES, SUCCESSIONS, AUTHORIZATIONS, LOGS, TASKS)
"""Contract, variable and slot of each mapping that is read."""
FIELDS: Final = {
    "KeyPeriod": {"nodeKey": (1, 0, 32)},
    "DataSetVersion": {
        "owner": (0, 0, 32),
        "schemaHash": (1, 0, 32),
        "inputRoot": (2, 0, 32),
        "rows": (3, 0, 8),
        "status": (5, 0, 1),
    },
    "Release": {
        "codeDigest": (1, 0, 32),
        "kind": (2, 0, 1),
        "committee": (2, 1, 1),
        "protectionLevel": (2, 2, 1),
        "securityModel": (2, 3, 1),
        "status": (2, 8, 1),
    },
    "AuthorizationRecord": {"owner": (0, 0, 32), "wallet": (1, 0, 20), "status": (2, 0, 1)},
    "Log": {"roots": (3, 0, 32)},
    "AnchoredRoot": {"root": (0, 0, 32)},
    "Task": {"state": (0, 0, 1), "commitments": (0, 4, 1), "startedAt": (0, 21, 8), "reserves": (1, 8, 4)},
}
"""Slot, byte offset (from the low end) and size of each field that is read, by struct."""
PERIOD_SLOTS: Final = 3
"""How many a KeyPeriod takes in its array."""
_WORDS: Final = 10_000
_SLOT: Final = Codec(
    lambda value, where: int.from_bytes(ids.hex32(value, where), "big"),
    lambda slot: f"0x{slot:064x}",
    HASH.schema,
    form=HASH.form,
)

Slot = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Register(Fields):
    """One contract's account proof and storage proofs (slot → nodes) against the head's state root."""

    account: Annotated[tuple[bytes, ...], state.NODES]
    words: Annotated[
        tuple[tuple[int, tuple[bytes, ...]], ...], sequence(members(slot=_SLOT, nodes=state.NODES), _WORDS)
    ]


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """What is registered of a data set's version."""

    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What is published of a program or an engine; nothing of it ever changes. The last three are a program's."""

    code_digest: bytes
    is_engine: bool
    committee: Committee
    protection_level: int
    security_model: int


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """Whose authorization was submitted, and the wallet (checksummed) whose signature the contract checked then."""

    owner: bytes
    wallet: str


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """A task's own record: what it was at the head, whether it had started before it ended, and how many commitments it took."""

    state: TaskState
    started: bool
    commitments: int


class Registers:
    """Proven words of storage, read as what they mean. Each method raises :class:`Missing` for what is not proven."""

    def __init__(self, words: Mapping[Slot, bytes]) -> None:
        self._words: Final = words

    @classmethod
    def read(cls, registers: Mapping[str, Register], state_root: bytes, trust: Trust) -> Self:
        """Check every proof; raises :class:`VerificationError` ``chain.*`` for the first that does not hold."""
        if unknown := registers.keys() - set(CONTRACTS):
            raise VerificationError(
                "bundle.register", f"{min(unknown)} is none of the trusted contracts.", "Fetch the bundle again."
            )
        codes, words = dict(trust.runtime_code_hashes), dict[Slot, bytes]()
        for contract in CONTRACTS:
            if contract not in registers:
                raise Missing(f"The account of {contract} is not in the bundle.", f"证据包中没有{contract}的账户。")
            address = bytes.fromhex(trust.address(contract)[2:])
            proof = registers[contract]
            root = state.storage_root(state_root, address, proof.account, codes[contract])
            for slot, nodes in proof.words:
                words[contract, slot] = state.word(root, slot, nodes)
        return cls(words)

    def node_key(self, party: bytes, period: int) -> bytes | None:
        """A party's node key (Ed25519) of a period, counted from 1; None when there is no such period or no node."""
        if period < 1:
            return None
        key = self._field(*_key_period(party, period), "KeyPeriod", "nodeKey")
        return key if any(key) else None

    def data_set(self, data_set: bytes, version: int) -> DataSetFacts | None:
        """A registered version; None when there is none."""
        at = VERSIONS[0], _at_version(data_set, version)
        if not self._number(*at, "DataSetVersion", "status"):
            return None
        return DataSetFacts(
            self._field(*at, "DataSetVersion", "owner"),
            self._field(*at, "DataSetVersion", "schemaHash"),
            self._field(*at, "DataSetVersion", "inputRoot"),
            self._number(*at, "DataSetVersion", "rows"),
        )

    def release(self, release: bytes) -> ReleaseFacts | None:
        """A published program or engine; None when it is not published. A retired one stays what it was."""
        at = RELEASES[0], _at(RELEASES, release)
        if not self._number(*at, "Release", "status"):
            return None
        committee = self._number(*at, "Release", "committee")
        if committee >= len(COMMITTEES):
            raise Missing(
                f"This verifier knows no kind {committee} of committee: use a newer one.",
                f"本验证器不认识计算委员会类型{committee}：请使用更新的版本。",
            )
        return ReleaseFacts(
            self._field(*at, "Release", "codeDigest"),
            self._number(*at, "Release", "kind") == ReleaseKind.ENGINE,
            COMMITTEES[committee],
            self._number(*at, "Release", "protectionLevel"),
            self._number(*at, "Release", "securityModel"),
        )

    def successor_approvals(self, older: bytes, newer: bytes) -> int:
        """How many certifiers approved that ``newer`` stands in for ``older``, since the publisher declared it: never fewer.

        How many a deployment asks for is fixed in its code and not in storage (docs/adr/0049).
        """
        return int.from_bytes(self._word(*succession(older, newer)), "big")

    def authorization(self, digest: bytes) -> AuthorizationFacts | None:
        """A submitted authorization: the contract asked its owner's wallet first. None when nobody submitted it."""
        at = AUTHORIZATIONS[0], _at(AUTHORIZATIONS, digest)
        if not self._number(*at, "AuthorizationRecord", "status"):
            return None
        wallet = self._field(*at, "AuthorizationRecord", "wallet")
        return AuthorizationFacts(self._field(*at, "AuthorizationRecord", "owner"), ids.checksum_address(wallet))

    def anchored_root(self, party: bytes, epoch: int, size: int) -> bytes:
        """The root anchored for a size of a party's log; zero when that size was never anchored."""
        return self._word(*anchored_root(party, epoch, size))

    def task(self, task: bytes) -> TaskFacts:
        """How a task stood at the head; also one that nobody proposed (``TaskState.NONE``)."""
        at = TASKS[0], _at(TASKS, task)
        return TaskFacts(
            TaskState(self._number(*at, "Task", "state")),
            bool(self._number(*at, "Task", "startedAt")),
            self._number(*at, "Task", "commitments"),
        )

    def reserves(self, task: bytes) -> int:
        """How many blocks of uses a task reserved after its start."""
        return self._number(TASKS[0], _at(TASKS, task), "Task", "reserves")

    def _number(self, contract: str, start: int, struct: str, field: str) -> int:
        return int.from_bytes(self._field(contract, start, struct, field), "big")

    def _field(self, contract: str, start: int, struct: str, field: str) -> bytes:
        slot, offset, size = FIELDS[struct][field]
        return self._word(contract, start + slot)[32 - offset - size : 32 - offset]

    def _word(self, contract: str, slot: int) -> bytes:
        if (contract, slot) not in self._words:
            raise Missing(
                f"Storage slot 0x{slot:064x} of {contract} is not in the bundle.",
                f"证据包中没有{contract}的存储槽0x{slot:064x}。",
            )
        return self._words[contract, slot]


def key_period_slots(party: bytes, period: int) -> list[Slot]:
    """What is read of a party's key period, counted from 1."""
    return _struct(*_key_period(party, period), "KeyPeriod")


def data_set_slots(data_set: bytes, version: int) -> list[Slot]:
    """What is read of a data set's version."""
    return _struct(VERSIONS[0], _at_version(data_set, version), "DataSetVersion")


def release_slots(release: bytes) -> list[Slot]:
    """What is read of a program or an engine."""
    return _struct(RELEASES[0], _at(RELEASES, release), "Release")


def succession(older: bytes, newer: bytes) -> Slot:
    """Where the approvals of a succession stand; they are never taken back."""
    return SUCCESSIONS[0], _mapped(newer, _at(SUCCESSIONS, older))


def authorization_slots(digest: bytes) -> list[Slot]:
    """What is read of an authorization."""
    return _struct(AUTHORIZATIONS[0], _at(AUTHORIZATIONS, digest), "AuthorizationRecord")


def anchored_root(party: bytes, epoch: int, size: int) -> Slot:
    """Where the root stands that was anchored for a size of a log."""
    roots = _mapped(epoch.to_bytes(32, "big"), _at(LOGS, party)) + FIELDS["Log"]["roots"][0]
    return LOGS[0], _mapped(size.to_bytes(32, "big"), roots) + FIELDS["AnchoredRoot"]["root"][0]


def task_slots(task: bytes) -> list[Slot]:
    """What is read of a task."""
    return _struct(TASKS[0], _at(TASKS, task), "Task")


def _key_period(party: bytes, period: int) -> Slot:
    begin = int.from_bytes(keccak(_at(KEY_HISTORY, party).to_bytes(32, "big")), "big")
    return KEY_HISTORY[0], begin + PERIOD_SLOTS * (period - 1)


def _struct(contract: str, start: int, struct: str) -> list[Slot]:
    return [(contract, start + slot) for slot in sorted({slot for slot, _, _ in FIELDS[struct].values()})]


def _at_version(data_set: bytes, version: int) -> int:
    return _mapped(version.to_bytes(32, "big"), _at(VERSIONS, data_set))


def _at(place: tuple[str, str, int], key: bytes) -> int:
    return _mapped(key, place[2])


def _mapped(key: bytes, slot: int) -> int:
    return int.from_bytes(keccak(key + slot.to_bytes(32, "big")), "big")
