"""What the party check finds out about a run that is to wait for a slot: with whom, and who dials whom."""

from dataclasses import dataclass

from protocol.contract import TaskContract
from workers.chain_view import PartyFacts
from workers.slots.door import Address, link_ticket, preamble


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's parties in the order in which links are made (committee, then owners outside it) with their node keys.

    Of each pair the later one dials. ``lead`` is where the first one's door is, None when that is not known (or it is
    this node).
    """

    task: bytes
    party: str
    started: int
    parties: tuple[tuple[str, bytes], ...]
    lead: Address | None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Node keys in order."""
        return tuple(key for _, key in self.parties)

    def name(self, key: bytes) -> str:
        """Whose key it is."""
        return next(name for name, found in self.parties if found == key)


@dataclass(frozen=True, slots=True)
class Tickets:
    """The tickets of one attempt's links as one party needs them."""

    dialed: tuple[tuple[str, bytes], ...]
    """(party, preamble) of those that this party dials."""
    awaited: tuple[bytes, ...]
    """Tickets of the links that come to this party's door."""

    def preamble(self, party: str) -> bytes:
        """What this party's child says to ``party``'s door."""
        return dict(self.dialed).get(party, b"")


def everyone(contract: TaskContract, facts: dict[str, PartyFacts]) -> tuple[tuple[str, bytes], ...]:
    """(name, node key) of all parties that make links, in order."""
    outside = (name for name in contract.owners if name not in contract.committee)
    return tuple((name, facts[name].node_key) for name in (*contract.committee, *outside))


def tickets(task: bytes, party: str, parties: tuple[tuple[str, bytes], ...], committee: int, seed: bytes) -> Tickets:
    """``party``'s side of an attempt that ``seed`` began; owners outside the committee have no links with each other."""
    names = [name for name, _ in parties]
    own, key = names.index(party), dict(parties)[party]
    dialed = tuple((n, preamble(link_ticket(seed, task, key, k))) for n, k in parties[: min(own, committee)])
    later = parties[own + 1 :] if own < committee else ()
    return Tickets(dialed, tuple(link_ticket(seed, task, k, key) for _, k in later))
