"""What the contracts' registers hold at a bundle's head: read from storage, so that what is not there is proven too.

Registrations may be as old as the chain. Their events would lead far back; the contracts keep the same in storage, the
history of keys included, and one state root proves it. A key that was rotated, a version that was never registered:
neither can be left out. The code of every contract is compared with the trust root's on the way.

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
from protocol.trust import CONTRACTS, Trust

PARTIES: Final = ("PartyRegistry", "_parties", 1)
KEY_HISTORY: Final = ("PartyRegistry", "_keyHistory", 2)
VERSIONS: Final = ("DataSets", "_versions", 0)
PROGRAMS: Final = ("Programs", "_programs", 1)
AUTHORIZATIONS: Final = ("Consents", "_records", 0)
LOGS: Final = ("Anchors", "_logs", 1)
PLACES: Final = (PARTIES, KEY_HISTORY, VERSIONS, PROGRAMS, AUTHORIZATIONS, LOGS)
"""Contract, variable and slot of each mapping that is read."""
FIELDS: Final = {
    "PartyRecord": {"wallet": (0, 0)},
    "KeyPeriod": {"fromBlock": (0, 0), "nodeSigner": (0, 8), "nodeKey": (1, 0), "sealKey": (2, 0)},
    "DataSetVersion": {"owner": (0, 0), "schemaHash": (1, 0), "inputRoot": (2, 0), "rows": (3, 0), "status": (5, 0)},
    "Program": {"codeDigest": (1, 0), "protectionLevel": (2, 0), "securityModel": (2, 1), "status": (2, 6)},
    "AuthorizationRecord": {"owner": (0, 0), "status": (1, 4)},
    "Log": {"roots": (3, 0)},
}
"""Slot and byte offset (from the low end) of each field that is read, by struct."""
_PERIOD: Final = 3
_WORDS: Final = 10_000
_SLOT: Final = Codec(
    lambda value, where: int.from_bytes(ids.hex32(value, where), "big"), lambda slot: f"0x{slot:064x}", HASH.schema
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
class Keys:
    """A party's node keys from some block on."""

    node_signer: str
    node_key: bytes
    seal_key: bytes


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """What is registered of a data set's version."""

    owner: bytes
    schema_hash: bytes
    input_root: bytes
    rows: int


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

    def wallet(self, party: bytes) -> str:
        """A party's wallet, checksummed; the zero address when it is not admitted."""
        return ids.checksum_address(self._field(PARTIES[0], _at(PARTIES, party), "PartyRecord", "wallet", 20))

    def keys_at(self, party: bytes, block: int) -> Keys | None:
        """A party's keys in force at the end of ``block``; None before its admission."""
        length = key_history_length(party)
        for index in reversed(range(int.from_bytes(self._word(*length), "big"))):
            contract, start = key_period(party, index)
            if int.from_bytes(self._field(contract, start, "KeyPeriod", "fromBlock", 8), "big") <= block:
                return Keys(
                    ids.checksum_address(self._field(contract, start, "KeyPeriod", "nodeSigner", 20)),
                    self._field(contract, start, "KeyPeriod", "nodeKey"),
                    self._field(contract, start, "KeyPeriod", "sealKey"),
                )
        return None

    def data_set(self, data_set: bytes, version: int) -> DataSetFacts | None:
        """A registered version; None when there is none."""
        start = _at_version(data_set, version)
        if not any(self._field("DataSets", start, "DataSetVersion", "status", 1)):
            return None
        return DataSetFacts(
            self._field("DataSets", start, "DataSetVersion", "owner"),
            self._field("DataSets", start, "DataSetVersion", "schemaHash"),
            self._field("DataSets", start, "DataSetVersion", "inputRoot"),
            int.from_bytes(self._field("DataSets", start, "DataSetVersion", "rows", 8), "big"),
        )

    def code_digest(self, program: bytes) -> bytes | None:
        """A published program's code digest, which never changes; None when it is not published."""
        start = _at(PROGRAMS, program)
        if not any(self._field("Programs", start, "Program", "status", 1)):
            return None
        return self._field("Programs", start, "Program", "codeDigest")

    def promises(self, program: bytes) -> tuple[int, int]:
        """A published program's protection level and security model."""
        start = _at(PROGRAMS, program)
        level, model = (
            int.from_bytes(self._field("Programs", start, "Program", name, 1), "big")
            for name in ("protectionLevel", "securityModel")
        )
        return level, model

    def authorization_owner(self, digest: bytes) -> bytes | None:
        """Whose submitted authorization this is: the contract asked that owner's wallet first. None when of nobody."""
        start = _at(AUTHORIZATIONS, digest)
        if not any(self._field("Consents", start, "AuthorizationRecord", "status", 1)):
            return None
        return self._field("Consents", start, "AuthorizationRecord", "owner")

    def anchored_root(self, party: bytes, epoch: int, size: int) -> bytes:
        """The root anchored for a size of a party's log; zero when that size was never anchored."""
        return self._word(*anchored_root(party, epoch, size))

    def _field(self, contract: str, start: int, struct: str, field: str, size: int = 32) -> bytes:
        slot, offset = FIELDS[struct][field]
        return self._word(contract, start + slot)[32 - offset - size : 32 - offset]

    def _word(self, contract: str, slot: int) -> bytes:
        if (contract, slot) not in self._words:
            raise Missing(
                f"Storage slot 0x{slot:064x} of {contract} is not in the bundle.",
                f"证据包中没有{contract}的存储槽0x{slot:064x}。",
            )
        return self._words[contract, slot]


def party_slots(party: bytes) -> list[Slot]:
    """What is read of a party but its keys."""
    return [*_struct(PARTIES[0], _at(PARTIES, party), "PartyRecord"), key_history_length(party)]


def key_history_length(party: bytes) -> Slot:
    """Where the number of a party's key periods stands."""
    return KEY_HISTORY[0], _at(KEY_HISTORY, party)


def key_period(party: bytes, index: int) -> Slot:
    """Where a party's key period begins."""
    return KEY_HISTORY[0], int.from_bytes(keccak(_at(KEY_HISTORY, party).to_bytes(32, "big")), "big") + _PERIOD * index


def key_period_slots(party: bytes, index: int) -> list[Slot]:
    """What is read of a key period."""
    return _struct(*key_period(party, index), "KeyPeriod")


def data_set_slots(data_set: bytes, version: int) -> list[Slot]:
    """What is read of a data set's version."""
    return _struct("DataSets", _at_version(data_set, version), "DataSetVersion")


def program_slots(program: bytes) -> list[Slot]:
    """What is read of a program."""
    return _struct("Programs", _at(PROGRAMS, program), "Program")


def authorization_slots(digest: bytes) -> list[Slot]:
    """What is read of an authorization."""
    return _struct("Consents", _at(AUTHORIZATIONS, digest), "AuthorizationRecord")


def anchored_root(party: bytes, epoch: int, size: int) -> Slot:
    """Where the root stands that was anchored for a size of a log."""
    log = _mapped(epoch.to_bytes(32, "big"), _at(LOGS, party)) + FIELDS["Log"]["roots"][0]
    return LOGS[0], _mapped(size.to_bytes(32, "big"), log)


def _struct(contract: str, start: int, struct: str) -> list[Slot]:
    return [(contract, start + slot) for slot in sorted({slot for slot, _ in FIELDS[struct].values()})]


def _at_version(data_set: bytes, version: int) -> int:
    return _mapped(version.to_bytes(32, "big"), _at(VERSIONS, data_set))


def _at(place: tuple[str, str, int], key: bytes) -> int:
    return _mapped(key, place[2])


def _mapped(key: bytes, slot: int) -> int:
    return int.from_bytes(keccak(key + slot.to_bytes(32, "big")), "big")
