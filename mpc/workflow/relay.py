"""Messages among owners who need not be linked to each other, carried by a compute party that cannot alter them.

Owners outside the committee dial out to compute parties only. What they tell one another passes through one of these, the
*hub*, under the sender's node key: signed over the run id, a label and, for private messages, the receiver's name. The hub
verifies before it passes anything on, so a signature that does not hold is the fault of whoever sent the message last. It can
withhold messages, which ends the run; it sees whatever the sender did not encrypt.

All messages of one call have one size, known to everybody. Two steps of latency; a hub of n members sends n² messages of the
size plus 64 bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mpc.session import Session

SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Relay:
    """One end. ``members`` is the same sorted tuple everywhere; ``hub`` is a compute party and none of them."""

    session: Session
    hub: str
    members: tuple[str, ...]

    @property
    def me(self) -> str:
        """The name of the party that runs this."""
        return self.session.names[self.session.pid]

    @property
    def others(self) -> tuple[str, ...]:
        """The other members."""
        return tuple(member for member in self.members if member != self.me)

    async def broadcast(self, label: str, message: bytes) -> dict[str, bytes]:
        """At a member: what every member says, this one's ``message`` included."""
        size = len(message)
        await self.session.send(self.hub, label, message + self.session.sign(label, message))
        items = _split(await self._from_hub(label, len(self.members), size), size)
        found = {
            sender: self._checked(sender, label, item, at_fault=self.hub)
            for sender, item in zip(self.members, items, strict=True)
        }
        if found[self.me] != message:
            raise self.session.refuse(self.hub, f"it passes on another {label} as this party's own")
        return found

    async def serve_broadcast(self, label: str, size: int) -> None:
        """At the hub: the members' part of :meth:`broadcast` for messages of ``size`` bytes."""
        items: list[bytes] = []
        for member in self.members:
            item = await self._sized(member, label, size + SIGNATURE_BYTES)
            self._checked(member, label, item, at_fault=member)
            items.append(item)
        for member in self.members:
            await self.session.send(member, label, b"".join(items))

    async def exchange(self, label: str, messages: Mapping[str, bytes], size: int) -> dict[str, bytes]:
        """At a member: to every other member its message, from every other member theirs."""
        signed = [messages[peer] + self.session.sign(f"{label}/{peer}", messages[peer]) for peer in self.others]
        await self.session.send(self.hub, label, b"".join(signed))
        items = _split(await self._from_hub(label, len(self.others), size), size)
        return {
            sender: self._checked(sender, f"{label}/{self.me}", item, at_fault=self.hub)
            for sender, item in zip(self.others, items, strict=True)
        }

    async def serve_exchange(self, label: str, size: int) -> None:
        """At the hub: the members' part of :meth:`exchange`."""
        boxes: dict[str, list[bytes]] = {member: [] for member in self.members}
        for sender in self.members:
            receivers = [member for member in self.members if member != sender]
            data = await self._sized(sender, label, len(receivers) * (size + SIGNATURE_BYTES))
            for receiver, item in zip(receivers, _split(data, size), strict=True):
                self._checked(sender, f"{label}/{receiver}", item, at_fault=sender)
                boxes[receiver].append(item)
        for member in self.members:
            await self.session.send(member, label, b"".join(boxes[member]))

    async def _from_hub(self, label: str, count: int, size: int) -> bytes:
        return await self._sized(self.hub, label, count * (size + SIGNATURE_BYTES))

    async def _sized(self, peer: str, label: str, size: int) -> bytes:
        data = await self.session.receive(peer, label)
        if len(data) != size:
            raise self.session.refuse(peer, f"{label} has {len(data)} bytes instead of {size}")
        return data

    def _checked(self, sender: str, label: str, item: bytes, *, at_fault: str) -> bytes:
        message, signature = item[:-SIGNATURE_BYTES], item[-SIGNATURE_BYTES:]
        if not self.session.verify(sender, label, message, signature):
            raise self.session.refuse(at_fault, f"{label} is not signed by {sender}")
        return message


def _split(data: bytes, size: int) -> list[bytes]:
    step = size + SIGNATURE_BYTES
    return [data[start : start + step] for start in range(0, len(data), step)]
