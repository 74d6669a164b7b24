"""What a run's links are made from: the parties, their pinned keys, this party's own key, deadlines and limits."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link.errors import SessionError
from protocol.limits import LIMITS

MIN_COMMITTEE: Final = 3
KEY_BYTES: Final = 32
MAX_PORT: Final = 65535
_NAME: Final = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """One party of the run: where it listens, and the Ed25519 public key (32 bytes) the registry holds for it.

    An owner outside the committee listens nowhere: its host is empty and its port 0.
    """

    name: str
    host: str
    port: int
    node_key: bytes


@dataclass(frozen=True, slots=True)
class LinkTimeouts:
    """Every wait's deadline, in seconds.

    ``connect``: until all links stand. ``attempt``: one TCP and TLS handshake and hello. ``handshake``: each later step
    of the handshake. ``heartbeat``: silence after which a heartbeat is sent. ``idle``: silence of a peer, heartbeats
    included, after which the link fails; it must exceed the longest computation a program does without yielding to
    the event loop. ``write``: time in which a peer must accept :data:`MIN_DRAIN` bytes. ``message``: longest wait for
    one expected message. ``total``: the whole session. ``close``: time for the last bytes to leave.
    """

    connect: float = 120.0
    attempt: float = 10.0
    handshake: float = 60.0
    heartbeat: float = 5.0
    idle: float = 120.0
    write: float = 60.0
    message: float = 900.0
    total: float = 7200.0
    close: float = 2.0


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """Bounds on what one peer can make this party hold, in bytes (``messages``: a count)."""

    frame: int = LIMITS.frame
    control_frame: int = 64 * 1024
    message: int = 1024 * 1024 * 1024
    inbox: int = 2 * 1024 * 1024 * 1024
    messages: int = 1_000_000
    outbox: int = 2 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """One party's view of one run. Refused on construction, before any connection, when it cannot be safe.

    ``parties`` is the committee in committee order (Shamir points 1, 2, 3…), this party included when it sits on it.
    ``owners`` are data owners outside the committee: they dial out to every committee member, share their inputs and
    take no part in the computation. ``program_digest`` is the digest of the program set, equal at all parties; so is the
    digest of ``engine``, the release that runs them here, which peers are told by name.

    ``arrivals`` is where connections come from when somebody else listens for this process: a Unix socket of packets, each
    with the descriptor of one accepted connection (``bind_host`` and ``bind_port`` mean nothing then). ``preambles`` are
    the bytes that a dialled peer's listener wants to see before TLS begins, by the peer's name.
    """

    task: bytes
    name: str
    parties: tuple[PeerConfig, ...]
    bind_host: str
    bind_port: int
    node_private_key: Ed25519PrivateKey = field(repr=False)
    program_digest: bytes
    engine: str
    engine_digest: bytes
    threshold: int = 1
    owners: tuple[PeerConfig, ...] = ()
    timeouts: LinkTimeouts = LinkTimeouts()
    limits: LinkLimits = LinkLimits()
    security_parameter: int = 40
    arrivals: socket.socket | None = None
    preambles: Mapping[str, bytes] = field(default_factory=dict[str, bytes], repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be safe: fewer than three parties, threshold 0, shared or foreign keys (I4, I5)."""
        members = self.everyone
        if len(self.parties) < MIN_COMMITTEE:
            raise _refusal("session.too_few_parties", f"{len(self.parties)} parties have no honest majority.")
        if self.threshold < 1 or 2 * self.threshold >= len(self.parties):
            raise _refusal(
                "session.threshold", f"Threshold {self.threshold} with {len(self.parties)} parties protects nothing."
            )
        if len(members) > LIMITS.run_parties:
            raise _refusal("session.too_many_parties", f"{len(members)} parties, the limit is {LIMITS.run_parties}.")
        if len({peer.name for peer in members}) != len(members):
            raise _refusal("session.duplicate_party", "A party is listed twice.")
        if len({peer.node_key for peer in members}) != len(members):
            raise _refusal("session.duplicate_key", "Two parties have the same node key.")
        for peer in members:
            least_port = 1 if peer in self.parties else 0
            if not _NAME.fullmatch(peer.name) or len(peer.node_key) != KEY_BYTES:
                raise _refusal("session.bad_party", f"Party {peer.name!r} has a malformed name or key.")
            if not least_port <= peer.port <= MAX_PORT:
                raise _refusal("session.bad_party", f"Party {peer.name!r} has no port between 1 and {MAX_PORT}.")
        if {len(self.task), len(self.program_digest), len(self.engine_digest)} != {KEY_BYTES}:
            raise _refusal("session.bad_digest", "Task id, program digest and engine digest must be 32 bytes.")
        own = [peer for peer in members if peer.name == self.name]
        if not own or own[0].node_key != self.node_private_key.public_key().public_bytes_raw():
            raise _refusal("session.own_key", f"This node's key is not the one listed for {self.name!r}.")

    @property
    def everyone(self) -> tuple[PeerConfig, ...]:
        """Committee first, then owners: a party's place in it decides who dials whom."""
        return self.parties + self.owners

    @property
    def index(self) -> int:
        """Own place in :attr:`everyone`; on the committee it is MPyC's party id."""
        return next(i for i, peer in enumerate(self.everyone) if peer.name == self.name)

    @property
    def on_committee(self) -> bool:
        """Whether this party computes (or only brings input)."""
        return self.index < len(self.parties)

    def linked(self) -> tuple[PeerConfig, ...]:
        """The peers this party has a link with: all for a committee member, the committee for an owner outside it."""
        peers = self.everyone if self.on_committee else self.parties
        return tuple(peer for peer in peers if peer.name != self.name)

    def dials(self, peer: PeerConfig) -> bool:
        """Of each pair the later one dials, so that owners (last) always dial out and never need an open port."""
        order = [member.name for member in self.everyone]
        return order.index(peer.name) < self.index


def _refusal(code: str, what: str) -> SessionError:
    return SessionError(code, what, "Correct the task's parties; nothing was connected or sent.")
