"""What is published: programs and engines, their approvals and what succeeds them, as a chain endpoint says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from chain.bindings import programs
from chain.events import decode_logs
from chain.gateway import Gateway
from protocol import events, ids
from protocol.engines import Registered
from protocol.vocabulary import ReleaseKind

_ACTIVE: Final = 1
_BLOCKS_PER_QUERY: Final = 5_000


@dataclass(frozen=True, slots=True)
class Succession:
    """What was declared to succeed a release: ``newer`` by name or 0x-id; it ``stands`` when approved and not retired."""

    newer: str
    approvals: int
    stands: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A release on chain. ``name`` is its 0x-id where nobody here knows what it is called: the chain keeps only the hash.

    ``protection_level`` is 0 for an engine; ``approved`` says whether a task may start with it now.
    """

    name: str
    kind: ReleaseKind
    code_digest: bytes
    protection_level: int
    approvals: int
    retired: bool
    approved: bool
    succession: Succession | None

    @property
    def successor(self) -> str:
        """What may stand in for it now, by name or 0x-id; "" for nothing."""
        return self.succession.newer if self.succession is not None and self.succession.stands else ""


def published(gateway: Gateway, names: Iterable[str]) -> tuple[Published, ...]:
    """Every release, in the order of publication; ``names`` are those that somebody here knows."""
    known = {ids.on_chain(name): name for name in names}
    head = gateway.head()
    found = (_read(gateway, release, known, head) for release in _ids(gateway, head))
    return tuple(release for release in found if release is not None)


def find(gateway: Gateway, name: str, block: int) -> Published | None:
    """One release at a block, None when it is not published there."""
    identity = ids.on_chain(name)
    return _read(gateway, identity, {identity: name}, block)


def registered(gateway: Gateway, engine: str) -> Registered | None:
    """What the chain holds under an engine's name now."""
    found = find(gateway, engine, gateway.head())
    if found is None or found.kind != ReleaseKind.ENGINE:
        return None
    return Registered(found.code_digest, found.approved, found.retired, found.successor)


def _ids(gateway: Gateway, head: int) -> Iterator[bytes]:
    contracts = gateway.deployment.contracts
    first = gateway.deployment.deployed_block
    while first <= head:
        last = min(first + _BLOCKS_PER_QUERY - 1, head)
        for logged in decode_logs(contracts, gateway.endpoint.logs([contracts["Programs"]], first, last)):
            if isinstance(logged.event, events.ProgramPublished):
                yield logged.event.program
            elif isinstance(logged.event, events.EnginePublished):
                yield logged.event.engine
        first = last + 1


def _read(gateway: Gateway, release: bytes, known: dict[bytes, str], head: int) -> Published | None:
    def named(identity: bytes) -> str:
        return known.get(identity, f"0x{identity.hex()}")

    found = gateway.read(programs.get(release), block=head)
    if not found.status:
        return None
    declared = gateway.read(programs.successor_of(release), block=head)
    succession = None
    if any(declared.newer):
        stands = gateway.read(programs.is_successor(release, declared.newer), block=head)
        succession = Succession(named(declared.newer), declared.approvals, stands)
    return Published(
        named(release),
        ReleaseKind(found.kind),
        found.code_digest,
        found.protection_level,
        found.approvals,
        found.status != _ACTIVE,
        gateway.read(programs.is_approved(release), block=head),
        succession,
    )
