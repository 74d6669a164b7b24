"""The registry as the coordinator knows it: index and catalogue joined into frozen facts."""

from dataclasses import dataclass
from typing import Final

from orchestrator.services.ports import Constants
from orchestrator.store import catalogue, index, receipts
from orchestrator.store.database import Row, Transaction
from protocol import ids
from protocol.catalogue import DataSetDescriptor, read_description
from protocol.contract import TaskContract
from protocol.errors import RefusedError
from protocol.law import gate
from protocol.offers import Releases
from protocol.program_versions import read_program
from protocol.programs import COMMITTEES, Committee, ProgramDescriptor
from protocol.vocabulary import ROLE_BITS

NO_KEY = bytes(32)
_MOST_SUCCESSIONS: Final = 16
"""As ``MAX_SUCCESSIONS`` of the contracts."""


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """A party as the registry holds it; addresses are lower-case hex."""

    name: str
    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    operator: bytes
    roles: int
    active: bool
    announced: bool

    def holds(self, role: str) -> bool:
        """Whether the party holds a role by name."""
        return bool(self.roles & ROLE_BITS[role])


@dataclass(frozen=True, slots=True)
class DataSetFacts:
    """A data set version on chain, with its owner's description where hashes agree."""

    data_set: str
    version: int
    owner: bytes
    input_root: bytes
    rows: int
    active: bool
    descriptor: DataSetDescriptor | None


@dataclass(frozen=True, slots=True)
class Publisher:
    """The party that published something, as the chain knows it, with who runs it."""

    party: bytes
    operator: bytes


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program on chain, with the descriptor whose digest agrees; ``publisher`` is None where the office published it."""

    program: str
    code_digest: bytes
    committee: Committee
    protection_level: int
    min_parties: int
    max_parties: int
    approvals: int
    active: bool
    publisher: Publisher | None
    descriptor: ProgramDescriptor | None


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """An engine on chain."""

    engine: str
    code_digest: bytes
    approvals: int
    active: bool
    publisher: Publisher | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a contract refers to, as far as it is known."""

    parties: dict[str, PartyFacts]
    data_sets: dict[str, DataSetFacts]
    programs: dict[str, ProgramFacts]
    engine: EngineFacts | None
    required_approvals: int
    longest_lifetime: int


def party_facts(tx: Transaction, name: str) -> PartyFacts | None:
    """One party, None when the registry does not know it."""
    row = index.party(tx, ids.on_chain(name))
    return None if row is None else _party(row, name, bool(receipts.announcements(tx, [name])))


def require_party(tx: Transaction, name: str) -> PartyFacts:
    """One active party; ``party.unknown`` or ``party.inactive`` otherwise."""
    found = party_facts(tx, name)
    if found is None:
        raise RefusedError(
            "party.unknown", f"The registry has no party {name!r}.", "Enrol it and have it admitted.", party=name
        )
    if not found.active:
        raise RefusedError("party.inactive", f"{name} is suspended.", "Ask the admission role why.", party=name)
    return found


def data_set_facts(tx: Transaction, data_set: str, version: int, reader: str | None = None) -> DataSetFacts | None:
    """One data set version, None when the chain does not know it; to a ``reader`` that its owner did not name, undescribed."""
    row = index.data_set(tx, ids.on_chain(data_set), version)
    if row is None:
        return None
    owner = catalogue.name_of(tx, "party", bytes(row["owner_id"]))
    kept = None if owner is None else catalogue.data_set_descriptor(tx, data_set, version, owner)
    described = kept is not None and bytes(kept["digest"]) == bytes(row["schema_hash"])
    if kept is not None and kept["audience"] == "named":
        described = described and reader in (None, owner, *kept["readers"])
    return DataSetFacts(
        data_set,
        version,
        bytes(row["owner_id"]),
        bytes(row["input_root"]),
        int(row["row_count"]),
        row["active"],
        read_description(bytes(kept["payload"])) if kept is not None and described else None,
    )


def program_facts(tx: Transaction, program: str) -> ProgramFacts | None:
    """One program, None when the chain does not know it."""
    row = _release(tx, program, "program")
    if row is None:
        return None
    payload = catalogue.program_descriptor(tx, program)
    descriptor = None if payload is None else read_program(payload)
    if descriptor is not None and descriptor.code_digest != bytes(row["code_digest"]):
        descriptor = None
    return ProgramFacts(
        program,
        bytes(row["code_digest"]),
        COMMITTEES[row["committee"]],
        row["protection_level"],
        row["min_parties"],
        row["max_parties"],
        row["approvals"],
        row["active"],
        _publisher(tx, row),
        descriptor,
    )


def engine_facts(tx: Transaction, engine: str) -> EngineFacts | None:
    """One engine, None when the chain does not know it."""
    row = _release(tx, engine, "engine")
    if row is None:
        return None
    return EngineFacts(engine, bytes(row["code_digest"]), row["approvals"], row["active"], _publisher(tx, row))


def releases(tx: Transaction, chain: Constants) -> Releases:
    """What the index knows of releases, while the transaction lasts. The chain is asked only where a successor may count."""

    def code_digest(program: str) -> bytes:
        row = _release(tx, program, "program")
        if row is None:
            raise RefusedError("program.unknown", f"The chain has no program {program}.", "Name a published one.")
        return bytes(row["code_digest"])

    def succeeds(older: str, newer: str) -> bool:
        reached, wanted = ids.on_chain(older), ids.on_chain(newer)
        for _ in range(_MOST_SUCCESSIONS):
            row = index.succession(tx, reached)
            if row is None or not row["active"] or row["approvals"] < chain.required_approvals():
                return False
            reached = bytes(row["newer"])
            if reached == wanted:
                return True
        return False

    return Releases(code_digest, succeeds)


def _release(tx: Transaction, name: str, kind: str) -> Row | None:
    row = index.release(tx, ids.on_chain(name))
    return row if row is not None and row["kind"] == kind else None


def _publisher(tx: Transaction, row: Row) -> Publisher | None:
    party = bytes(row["publisher"])
    found = index.party(tx, party) if any(party) else None
    return None if found is None else Publisher(party, bytes(found["operator"]))


def facts_for(tx: Transaction, contract: TaskContract, chain: Constants, reader: str) -> Facts:
    """Everything ``contract`` refers to, as far as ``reader`` may know it."""
    names = gate.parties(contract)
    parties = {name: found for name in names if (found := party_facts(tx, name)) is not None}
    data_sets = {
        item.data_set: found
        for item in contract.inputs
        if (found := data_set_facts(tx, item.data_set, item.version, reader)) is not None
    }
    programs = {name: found for name in contract.programs if (found := program_facts(tx, name)) is not None}
    return Facts(
        parties,
        data_sets,
        programs,
        engine_facts(tx, contract.engine),
        chain.required_approvals(),
        chain.longest_lifetime(),
    )


def _party(row: Row, name: str, announced: bool) -> PartyFacts:
    return PartyFacts(
        name,
        "0x" + bytes(row["wallet"]).hex(),
        "0x" + bytes(row["node_signer"]).hex(),
        bytes(row["node_key"]),
        bytes(row["seal_key"]),
        bytes(row["operator"]),
        row["roles"],
        row["active"],
        announced,
    )
