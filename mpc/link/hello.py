"""The handshake's payloads: who, for which task, at what time; and the signed nonces that make the run id.

Each party signs its nonce. Everybody sends on what it saw (ECHO), so a party that gives two peers two nonces is found
out with both signatures in hand, and a party that invents another's nonce has no signature for it. A claim carries the
time it was made, so that one from an earlier attempt at the same task is told from a second one: it is stale. (A party
that restarts within :func:`claim_lifetime` and whose old claim a third one replays looks like an equivocator; the run
ends either way.)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.link.errors import MalformedError
from mpc.link.wire import Reader, text
from protocol import ids
from protocol.errors import FormatError
from protocol.limits import LIMITS

VERSION: Final = 3
MAGIC: Final = b"TLYL"
NONCE_BYTES: Final = 32
_NONCE_DOMAIN: Final = b"tallystick/nonce/v1\0"


@dataclass(frozen=True, slots=True)
class NonceClaim:
    """A party's nonce for a run of one task, made at unix time ``made``, under its node key's signature."""

    party: str
    nonce: bytes
    made: int
    signature: bytes

    def encode(self) -> bytes:
        """Name, nonce, time, signature."""
        return text(self.party) + self.nonce + self.made.to_bytes(8, "big") + self.signature


def claim(key: Ed25519PrivateKey, task: bytes, party: str, nonce: bytes, made: int) -> NonceClaim:
    """Sign ``nonce`` as ``party``'s for ``task``."""
    return NonceClaim(party, nonce, made, key.sign(_signed(task, party, nonce, made)))


def claim_lifetime(timeouts: LinkTimeouts) -> int:
    """Seconds after which a claim cannot be of the present attempt any more."""
    return LIMITS.clock_skew + int(timeouts.connect + timeouts.handshake) + 1


def holds(item: NonceClaim, task: bytes, node_key: bytes) -> bool:
    """Whether the claim's signature is by ``node_key``."""
    signed = _signed(task, item.party, item.nonce, item.made)
    try:
        Ed25519PublicKey.from_public_bytes(node_key).verify(item.signature, signed)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of each side. ``to`` is whom the sender means to talk to; ``clock`` is unix time.

    The engine comes first and in every version: whatever else differs between two engines, each can name the other.
    """

    engine: str
    engine_digest: bytes
    claim: NonceClaim
    to: str
    task: bytes
    program_digest: bytes
    clock: int

    def encode(self) -> bytes:
        """Magic, version, then the fields in order."""
        return b"".join(
            (
                MAGIC,
                VERSION.to_bytes(2, "big"),
                text(self.engine),
                self.engine_digest,
                self.claim.encode(),
                text(self.to),
                self.task,
                self.program_digest,
                self.clock.to_bytes(8, "big"),
            )
        )


def decode_hello(payload: bytes, own: str) -> Hello:
    """Parse a HELLO; another version than the engine ``own`` speaks is ``link.engine_mismatch``, else ``link.malformed_frame``."""
    reader = Reader(payload, "HELLO")
    if reader.take(len(MAGIC)) != MAGIC:
        raise MalformedError("link.malformed_frame", "HELLO does not start with its magic bytes.")
    version = reader.uint(2)
    engine, engine_digest = _read_engine(reader), reader.take(32)
    if version != VERSION:
        raise MalformedError(
            "link.engine_mismatch", f"The peer runs {engine}, which speaks link version {version}, this node {own}."
        )
    hello = Hello(
        engine=engine,
        engine_digest=engine_digest,
        claim=_read_claim(reader),
        to=reader.text(),
        task=reader.take(32),
        program_digest=reader.take(32),
        clock=reader.uint(8),
    )
    reader.end()
    return hello


def check_hello(hello: Hello, config: SessionConfig, peer: PeerConfig, now: int) -> None:
    """Compare the hello of ``peer``, who has proved its key, with this node's view of the run and the time."""
    if hello.claim.party != peer.name or hello.to != config.name:
        raise MalformedError(
            "link.wrong_party",
            f"The holder of {peer.name}'s key says it is {hello.claim.party!r} and looks for {hello.to!r}.",
        )
    if hello.engine_digest != config.engine_digest:
        raise MalformedError("link.engine_mismatch", _engines(hello, config))
    if hello.task != config.task:
        raise MalformedError("link.task_mismatch", f"The peer runs task 0x{hello.task.hex()}.")
    if hello.program_digest != config.program_digest:
        raise MalformedError("link.program_mismatch", f"The peer runs programs 0x{hello.program_digest.hex()}.")
    if abs(hello.clock - now) > LIMITS.clock_skew:
        raise MalformedError("link.clock_skew", f"The peer's clock differs by {hello.clock - now} s.")
    if not holds(hello.claim, hello.task, peer.node_key):
        raise MalformedError("link.malformed_frame", "The peer's nonce is not signed by its node key.")


def _engines(hello: Hello, config: SessionConfig) -> str:
    """Both by name, and by digest where the same name stands for other code."""
    theirs, ours = hello.engine, config.engine
    if theirs == ours:
        theirs += f" with the digest 0x{hello.engine_digest.hex()}"
        ours += f" with 0x{config.engine_digest.hex()}"
    return f"The peer runs {theirs}, this node {ours}; nothing was sent."


def _read_engine(reader: Reader) -> str:
    try:
        return ids.program(reader.text(), "engine")
    except FormatError as error:
        raise MalformedError("link.malformed_frame", "HELLO names no engine.") from error


def encode_echo(claims: Mapping[str, NonceClaim]) -> bytes:
    """Every claim seen, sorted by party."""
    return len(claims).to_bytes(2, "big") + b"".join(claims[party].encode() for party in sorted(claims))


def decode_echo(payload: bytes) -> dict[str, NonceClaim]:
    """Parse an ECHO: at most :data:`LIMITS.run_parties` claims, strictly sorted by party."""
    reader = Reader(payload, "ECHO")
    count = reader.uint(2)
    if count > LIMITS.run_parties:
        raise MalformedError("link.malformed_frame", f"ECHO lists {count} parties.")
    claims = [_read_claim(reader) for _ in range(count)]
    reader.end()
    names = [item.party for item in claims]
    if names != sorted(set(names)):
        raise MalformedError("link.malformed_frame", "ECHO is not strictly sorted by party.")
    return dict(zip(names, claims, strict=True))


def _read_claim(reader: Reader) -> NonceClaim:
    return NonceClaim(reader.text(), reader.take(NONCE_BYTES), reader.uint(8), reader.take(64))


def _signed(task: bytes, party: str, nonce: bytes, made: int) -> bytes:
    return _NONCE_DOMAIN + task + text(party) + nonce + made.to_bytes(8, "big")
