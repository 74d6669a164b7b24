"""Signing in with a wallet, for reading alone: an EIP-4361 message whose every part is known beforehand.

The coordinator makes the message's parts (:class:`SignIn`) and takes them back under its own seal, so that nothing is kept
for strangers; the text that the wallet shows follows from the parts and from where the coordinator is reached. Whoever is
shown a text of another origin, or any other text, is signing something that no coordinator takes.

Source: EIP-4361 "Sign-In with Ethereum" (its grammar fixes order and wording of the lines), EIP-191 for what is signed.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from eth_hash.auto import keccak

from protocol import canonical
from protocol.api import Answer
from protocol.codec import lines, matching
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Address, Fields, Hash, Name, Signature, Uint64

LIFE: Final = 300
"""Seconds from the making of a message to its signature's arrival."""
STATEMENT: Final = "Read in Tallystick as {party}. This signature agrees to no computation and changes nothing."
"""What the wallet shows of the message's meaning."""
_NONCE: Final = "[0-9a-f]{32}"
_SEAL: Final = b"tallystick/sign-in/v1"


@dataclass(frozen=True, slots=True)
class SignInRequest(Fields):
    """Who wants to sign in: a registered wallet, and as which party where it is the wallet of several."""

    WHERE: ClassVar[str] = "body"

    wallet: Address
    party: Name | None


@dataclass(frozen=True, slots=True)
class SignIn(Fields):
    """The parts of a message; times in unix seconds."""

    party: Name
    wallet: Address
    nonce: Annotated[str, matching(_NONCE, "sign_in.nonce", "32 hex digits", "Send what the coordinator gave.")]
    issued_at: Uint64
    not_after: Uint64

    def text(self, url: str, chain_id: int) -> str:
        """The EIP-4361 message for the coordinator that browsers reach at ``url`` (https://host[:port][/prefix])."""
        party = self.party
        return (
            f"{urlsplit(url).netloc} wants you to sign in with your Ethereum account:\n{_checksummed(self.wallet)}\n\n"
            f"{STATEMENT.format(party=party)}\n\n"
            f"URI: {url}\nVersion: 1\nChain ID: {chain_id}\nNonce: {self.nonce}\n"
            f"Issued At: {_time(self.issued_at)}\nExpiration Time: {_time(self.not_after)}\n"
            f"Resources:\n- urn:tallystick:party:{party}"
        )

    def seal(self, key: bytes) -> bytes:
        """What tells the coordinator that these parts are its own: HMAC-SHA-256 under a key that nobody else has."""
        return hmac.new(key, _SEAL + canonical.dumps(self.to_json()), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class SignInMessage(Answer):
    """What the wallet is to sign (EIP-191 `personal_sign` of the text), and what goes back beside the signature."""

    sign_in: SignIn
    seal: Hash
    text: Annotated[str, lines(4000)]


@dataclass(frozen=True, slots=True)
class SignedIn(Fields):
    """The parts and the seal as they were given, and the wallet's signature over the text."""

    WHERE: ClassVar[str] = "body"

    sign_in: SignIn
    seal: Hash
    signature: Signature


@dataclass(frozen=True, slots=True)
class SessionView(Answer):
    """Whose session it is, and its end in unix seconds."""

    party: Name
    wallet: Address
    not_after: Uint64


def require_own(signed: SignedIn, key: bytes, now: int) -> None:
    """Refuse parts that the holder of ``key`` did not make, or made too long ago."""
    if not hmac.compare_digest(signed.sign_in.seal(key), signed.seal):
        raise VerificationError(
            "sign_in.not_ours", "The message was not made by this coordinator.", "Ask it for a new one, and sign that."
        )
    if signed.sign_in.not_after <= now:
        raise RefusedError("sign_in.expired", "The message to sign has expired.", "Ask for a new one.")


def digest(text: str) -> bytes:
    """What `personal_sign` signs (EIP-191, version 0x45)."""
    data = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def checked_url(url: str) -> str:
    """An origin with an optional path prefix, as it stands in messages; anything else is refused."""
    parts = urlsplit(url)
    whole = (
        parts.scheme in ("http", "https") and parts.hostname and url == f"{parts.scheme}://{parts.netloc}{parts.path}"
    )
    if not whole or "@" in parts.netloc or url.endswith("/") or not url.isascii() or any(c <= " " for c in url):
        raise FormatError(
            "settings.public_url", f"{url!r} is no address of a web site.", "Write https://host[:port][/prefix]."
        )
    return url


def _checksummed(address: str) -> str:
    """The address as EIP-55 writes it: EIP-4361 asks for that form."""
    digits = address.removeprefix("0x")
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(mark, 16) >= 8 else c for c, mark in zip(digits, marks, strict=False))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
