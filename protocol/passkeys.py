"""Passkeys: accounts that they own, and what one of them signs for an account (``contracts/src/PasskeyAccount.sol``).

A passkey signs 32 bytes, the challenge, inside what the browser and the authenticator add to it (an assertion).
:meth:`Assertion.verify` asks what the contract asks, in these steps:

1. the client's data are those of an assertion, over exactly this challenge;
2. the authenticator says that somebody was there (UP) and was recognised by PIN, fingerprint or face (UV);
3. what it says of backups agrees with itself;
4. r and s are numbers of the curve, s in the lower half: an assertion has one form;
5. the passkey signed it.

:meth:`Assertion.require_page` asks what no contract can know: whether the assertion was made on the coordinator's own pages.

Sources: WebAuthn Level 3, sections 5.8.1, 6.1 and 7.2; ERC-7913; OpenZeppelin's ``WebAuthn.sol`` for what an assertion is on chain.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_hash.auto import keccak

from protocol.codec import integer
from protocol.errors import FormatError, VerificationError
from protocol.fields import Fields, Hash, Many
from protocol.typed import Domain

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (SEC 2, section 2.4.2)."""
MOST: Final = 5
"""Passkeys of an account when it is made, and the highest threshold that the contract takes."""
SALT: Final = bytes(32)
"""Of every account that this software makes: the same passkeys are the same account."""
_UP, _UV, _BE, _BS = 1, 4, 8, 16
_SHORTEST: Final = 37
"""Bytes of authenticator data: hash of the site's id, flags, counter."""
_WORD: Final = 32
_MESSAGE: Final = b"AccountMessage(bytes32 digest)"


@dataclass(frozen=True, slots=True)
class Passkey(Fields):
    """A passkey's public key: a point of P-256."""

    x: Hash
    y: Hash

    def require(self, where: str) -> None:
        """``passkey.not_on_curve`` for what is no point: nobody could ever sign with it, and the chain refuses it."""
        try:
            self.public_key()
        except ValueError as error:
            raise FormatError(
                "passkey.not_on_curve",
                f"{where} is no public key of P-256.",
                "Make a passkey on the page, and send what it says.",
            ) from error

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key, to verify with; ``ValueError`` for no point."""
        x, y = int.from_bytes(self.x), int.from_bytes(self.y)
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


@dataclass(frozen=True, slots=True)
class PasskeyOwners(Fields):
    """Who owns an account from its beginning, of which its address follows: passkeys, and how many of them must sign."""

    WHERE: ClassVar[str] = "owners"

    passkeys: Annotated[tuple[Passkey, ...], Many(MOST, sorted_by="x"), "in ascending order of x"]
    threshold: Annotated[int, integer(1, MOST)]

    def require(self, where: str) -> None:
        """``passkey.threshold`` where more must sign than there are."""
        if self.threshold > len(self.passkeys):
            raise FormatError(
                "passkey.threshold",
                f"{where} has {len(self.passkeys)} passkeys, of which {self.threshold} should sign.",
                "Name at least as many passkeys as must sign.",
            )


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator signed with a passkey; the positions are those of two members in ``client_data`` (UTF-8 JSON)."""

    passkey: Passkey
    r: bytes
    s: bytes
    challenge_at: int
    type_at: int
    authenticator_data: bytes
    client_data: bytes

    def verify(self, challenge: bytes) -> None:
        """Refused (``passkey.*``) unless the passkey signed ``challenge``, by the five steps above."""
        found = self.client_data
        text = base64.urlsafe_b64encode(challenge).rstrip(b"=")
        kind = b'"type":"webauthn.get"'
        if found[self.type_at : self.type_at + len(kind)] != kind:
            raise _refused("kind", "it is no assertion, but something else that a passkey can sign")
        said = b'"challenge":"' + text + b'"'
        if found[self.challenge_at : self.challenge_at + len(said)] != said:
            raise _refused("challenge", "it is over another challenge")
        if len(self.authenticator_data) < _SHORTEST:
            raise _refused("authenticator", "what the authenticator says is too short")
        flags = self.authenticator_data[_WORD]
        if not flags & _UP:
            raise _refused("nobody_there", "the authenticator does not say that somebody was there")
        if not flags & _UV:
            raise _refused("not_recognised", "the authenticator recognised nobody (PIN, fingerprint or face)")
        if flags & _BS and not flags & _BE:
            raise _refused("authenticator", "what the authenticator says of backups contradicts itself")
        r, s = int.from_bytes(self.r), int.from_bytes(self.s)
        if not (0 < r < ORDER and 0 < s <= ORDER // 2):
            raise _refused("malleable", "its s is in the upper half of the curve's order, or no number of it")
        signed = self.authenticator_data + hashlib.sha256(found).digest()
        try:
            self.passkey.public_key().verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise _refused("other_key", "another key signed it") from error

    def require_page(self, url: str) -> None:
        """Refused (``passkey.origin``, ``passkey.site``) unless it was made on the pages at ``url``, and not within another's."""
        parts = urlsplit(url)
        try:
            client: object = json.loads(self.client_data)
        except ValueError:
            client = None
        said = cast("dict[str, object]", client) if isinstance(client, dict) else {}
        if said.get("origin") != f"{parts.scheme}://{parts.netloc}" or said.get("crossOrigin", False) is not False:
            raise _refused("origin", f"it was not made on the pages at {url}, but on another site's")
        if self.authenticator_data[:_WORD] != hashlib.sha256((parts.hostname or "").encode()).digest():
            raise _refused("site", f"the passkey is another site's than {parts.hostname}'s")


def challenge_of(digest: bytes, account: Domain) -> bytes:
    """What passkeys sign for a digest: EIP-712's of ``AccountMessage``, in the domain of the account itself."""
    return keccak(b"\x19\x01" + account.separator() + keccak(keccak(_MESSAGE) + digest))


def read_signature(signature: bytes) -> tuple[Assertion, ...]:
    """The assertions in a passkey account's signature, the ABI encoding of ``PasskeySignature[]``.

    Only what :func:`signature_of` writes is taken (``passkey.malformed``): a contract reads looser encodings too, in which
    something else could stand than what is looked at here.
    """
    try:
        (count,) = _numbers(signature, _WORD, 1)
        found = tuple(_assertion(signature, 2 * _WORD, position) for position in range(min(count, MOST)))
    except (ValueError, IndexError, FormatError):
        found = ()
    if not found or signature_of(*found) != signature:
        raise _refused("malformed", "it is not in the form that a passkey account's signatures have")
    return found


def signature_of(*assertions: Assertion) -> bytes:
    """A passkey account's signature (EIP-1271): assertions in the order in which they are given."""
    items = [_encoded(each) for each in assertions]
    offsets, at = list[int](), _WORD * len(items)
    for item in items:
        offsets.append(at)
        at += len(item)
    return _words(_WORD, len(items), *offsets) + b"".join(items)


def _encoded(it: Assertion) -> bytes:
    data, text = _tail(it.authenticator_data), _tail(it.client_data)
    inner = it.r + it.s + _words(it.challenge_at, it.type_at, 6 * _WORD, 6 * _WORD + len(data)) + data + text
    return it.passkey.x + it.passkey.y + _words(3 * _WORD) + _tail(inner)


def _assertion(data: bytes, base: int, position: int) -> Assertion:
    at = base + _numbers(data, base + _WORD * position, 1)[0]
    inner = _bytes_at(data, at + 3 * _WORD)
    challenge_at, type_at, first, second = _numbers(inner, 2 * _WORD, 4)
    return Assertion(
        Passkey(data[at : at + _WORD], data[at + _WORD : at + 2 * _WORD]),
        inner[:_WORD], inner[_WORD : 2 * _WORD], challenge_at, type_at, _bytes_at(inner, first), _bytes_at(inner, second),
    )  # fmt: skip


def _numbers(data: bytes, at: int, count: int) -> tuple[int, ...]:
    if at + _WORD * count > len(data):
        raise IndexError
    return tuple(int.from_bytes(data[at + _WORD * n : at + _WORD * (n + 1)]) for n in range(count))


def _bytes_at(data: bytes, at: int) -> bytes:
    (length,) = _numbers(data, at, 1)
    if at + _WORD + length > len(data):
        raise IndexError
    return data[at + _WORD : at + _WORD + length]


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(_WORD) for number in numbers)


def _tail(data: bytes) -> bytes:
    return _words(len(data)) + data + bytes(-len(data) % _WORD)


def _refused(reason: str, why: str) -> VerificationError:
    return VerificationError(
        f"passkey.{reason}",
        f"The passkey's signature is not good: {why}.",
        "Sign again on the coordinator's own page, with a passkey of this account.",
    )
