"""The node's keys, encrypted at rest (scrypt, RFC 7914; ChaCha20-Poly1305, RFC 8439).

One scrypt run per start: all files of a keystore share a salt, and every file's key is derived from its result with
HKDF (RFC 5869) under the file's kind. The kind and the public key are authenticated, so files cannot be swapped.
The passphrase comes from a 0600 file that must lie outside the state folder: a copied state folder alone opens nothing.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from protocol import canonical
from protocol.errors import FormatError, RefusedError
from protocol.record import Record
from protocol.typed import Domain, Typed
from workers import disk

Kind = Literal["node_signer", "node_key", "seal_key", "storage_key"]
KINDS: Final[tuple[Kind, ...]] = ("node_signer", "node_key", "seal_key", "storage_key")
FORMAT: Final = "tallystick/keystore/v1"
WORK: Final = 2**17
"""scrypt's N (OWASP's figure for r = 8, p = 1: 128 MiB)."""
MIN_PASSPHRASE: Final = 16
_MIN_WORK: Final = 2**14
_MAX_WORK: Final = 2**20
_LIMIT: Final = 4096


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """The node's four keys; never printed. ``storage_key`` encrypts what lies on the node's disk."""

    node_signer: bytes = field(repr=False)
    node_key: bytes = field(repr=False)
    seal_key: bytes = field(repr=False)
    storage_key: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> Self:
        """Fresh keys from the system's random source."""
        return cls(
            bytes(Account.create(secrets.token_hex(32)).key),
            Ed25519PrivateKey.generate().private_bytes_raw(),
            X25519PrivateKey.generate().private_bytes_raw(),
            secrets.token_bytes(32),
        )

    @property
    def signer_address(self) -> str:
        """Checksummed address of the node signer."""
        return str(self._account().address)

    @property
    def node_public(self) -> bytes:
        """Raw Ed25519 public key (32 bytes)."""
        return self.node_private().public_key().public_bytes_raw()

    @property
    def seal_public(self) -> bytes:
        """Raw X25519 public key (32 bytes)."""
        return X25519PrivateKey.from_private_bytes(self.seal_key).public_key().public_bytes_raw()

    def node_private(self) -> Ed25519PrivateKey:
        """The node key as the cryptography library takes it."""
        return Ed25519PrivateKey.from_private_bytes(self.node_key)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature by the node key (RFC 8032)."""
        return self.node_private().sign(message)

    def sign_typed(self, message: Typed, domain: Domain) -> bytes:
        """65-byte EIP-712 signature by the node signer over one of our own frozen types (I11)."""
        message.check()
        return self.sign_digest(message.digest(domain))

    def sign_digest(self, digest: bytes) -> bytes:
        """65-byte signature by the node signer over a digest the caller built from our own frozen types."""
        return bytes(self._account().unsafe_sign_hash(Hash32(digest)).signature)

    def _account(self) -> LocalAccount:
        return Account.from_key(self.node_signer)


def read_passphrase(path: Path, state: Path) -> bytes:
    """The passphrase in ``path``: a 0600 file outside ``state``, one trailing line feed ignored."""
    if path.resolve().is_relative_to(state.resolve()):
        raise RefusedError(
            "keystore.passphrase_inside",
            f"The passphrase file {path} lies inside the state folder.",
            "Keep it elsewhere, so that a copy of the state folder opens nothing.",
        )
    passphrase = disk.read_private(path, _LIMIT).removesuffix(b"\n")
    if len(passphrase) < MIN_PASSPHRASE:
        raise RefusedError(
            "keystore.passphrase_short",
            f"The passphrase in {path} has fewer than {MIN_PASSPHRASE} bytes.",
            "Draw a long random one, for example with `openssl rand -hex 32`.",
        )
    return passphrase


def create_passphrase(path: Path) -> None:
    """Write a random passphrase of 256 bits to a new 0600 file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    disk.create_private(path, secrets.token_hex(32).encode() + b"\n")


def create(folder: Path, passphrase: bytes, keys: NodeKeys | None = None, work: int = WORK) -> NodeKeys:
    """Store ``keys`` (fresh ones when None) in ``folder``; existing key files are never overwritten."""
    keys = keys or NodeKeys.draw()
    disk.private_dir(folder)
    salt = secrets.token_bytes(32)
    master = _stretch(passphrase, salt, work)
    for kind in KINDS:
        public = _public(keys, kind)
        nonce = secrets.token_bytes(12)
        sealed = _cipher(master, kind).encrypt(nonce, getattr(keys, kind), _bound(kind, public))
        document = {
            "format": FORMAT, "kind": kind, "public": "0x" + public.hex(), "salt": "0x" + salt.hex(), "work": work,
            "nonce": "0x" + nonce.hex(), "sealed": "0x" + sealed.hex(),
        }  # fmt: skip
        disk.create_private(folder / f"{kind}.json", canonical.dumps(document))
    return keys


def load(folder: Path, passphrase: bytes) -> NodeKeys:
    """Open the keystore in ``folder``; loose modes, a wrong passphrase and altered files are refused."""
    disk.private_dir(folder)
    masters: dict[tuple[bytes, int], bytes] = {}
    found: dict[str, bytes] = {}
    publics: dict[str, bytes] = {}
    for kind in KINDS:
        path = folder / f"{kind}.json"
        record = Record(canonical.loads(disk.read_private(path, _LIMIT), _LIMIT), path.name)
        record.const("format", FORMAT)
        record.const("kind", kind)
        public, salt = record.hex_bytes("public", 64), record.hex32("salt")
        work = record.integer("work", _MIN_WORK, _MAX_WORK)
        nonce, sealed = record.hex_bytes("nonce", 12), record.hex_bytes("sealed", 64)
        record.done()
        if work & (work - 1) or len(nonce) != 12:
            raise FormatError("keystore.malformed", f"{path} is damaged.", "Restore the keystore from its backup.")
        if (salt, work) not in masters:
            masters[salt, work] = _stretch(passphrase, salt, work)
        try:
            found[kind] = _cipher(masters[salt, work], kind).decrypt(nonce, sealed, _bound(kind, public))
        except InvalidTag as error:
            raise RefusedError(
                "keystore.wrong_passphrase",
                f"{path} does not open with this passphrase, or it was altered.",
                "Check the passphrase file; else restore the keystore from its backup.",
            ) from error
        publics[kind] = public
    keys = NodeKeys(**found)
    if any(_public(keys, kind) != publics[kind] for kind in KINDS):
        raise FormatError("keystore.malformed", f"A public key in {folder} is not its file's.", "Restore the backup.")
    return keys


def exists(folder: Path) -> bool:
    """Whether ``folder`` holds any of the node's key files."""
    return any(os.path.lexists(folder / f"{kind}.json") for kind in KINDS)


def _public(keys: NodeKeys, kind: Kind) -> bytes:
    if kind == "node_signer":
        return bytes.fromhex(keys.signer_address[2:])
    if kind == "node_key":
        return keys.node_public
    return keys.seal_public if kind == "seal_key" else b""


def _stretch(passphrase: bytes, salt: bytes, work: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=work, r=8, p=1).derive(passphrase)


def _cipher(master: bytes, kind: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), 32, None, f"{FORMAT}/{kind}".encode()).derive(master))


def _bound(kind: str, public: bytes) -> bytes:
    return f"{FORMAT}/{kind}/".encode() + public
