# ruff: noqa: INP001 - a script beside the contracts, not a package
"""Writes the vectors of signatures: ``tests/vectors/signatures.json`` and ``tests/vectors/webauthn.json``.

The first holds what a wallet's signature is, for the contracts and for every client: accounts, contract wallets (EIP-1271)
as a few bytes of code, delegated accounts (EIP-7702). ``canonical`` is what a client relays in the place of a signature that
the chain refuses for its form only. The second holds WebAuthn assertions of real P-256 keys. Keys and nonces are fixed
(RFC 6979), so the files are the same wherever they are written; ``--check`` compares and exits 1 on a difference.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from eth_abi.abi import encode
from eth_account import Account
from eth_hash.auto import keccak

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "vectors"
DIGEST: Final = keccak(b"a digest to sign")
OTHER_DIGEST: Final = keccak(b"another digest")
SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OWNER: Final = keccak(b"test key of a wallet's owner")
STRANGER: Final = keccak(b"test key of somebody else")
CONTRACT: Final = "0x00000000000000000000000000000000c0de0001"
IMPLEMENTATION: Final = "0x00000000000000000000000000000000c0de0002"
DELEGATED: Final = "0x00000000000000000000000000000000c0de0003"

# --- wallets as code: one instruction after the other ---

MAGIC: Final = bytes.fromhex("1626ba7e")
PUSH0, PUSH4, PUSH20 = b"\x5f", b"\x63", b"\x73"
ANSWER: Final = b"\x60\xe0\x1b" + PUSH0 + b"\x52\x60\x20" + PUSH0 + b"\xf3"
"""Shift what is on the stack to the left of a word, and return that word."""


def _answers(selector: bytes, length: int = 32) -> bytes:
    size = b"\x61" + length.to_bytes(2)
    return PUSH4 + selector + b"\x60\xe0\x1b" + PUSH0 + b"\x52" + size + PUSH0 + b"\xf3"


def _owned_by(owner: str) -> bytes:
    """Compares the address that the ecrecover precompile gives with its owner; the signature is r ‖ s ‖ v as for a key."""
    recover = b"".join(
        (
            b"\x60\x04\x35" + PUSH0 + b"\x52",  # mem[0] = digest
            b"\x60\xa4\x35" + PUSH0 + b"\x1a\x60\x20\x52",  # mem[32] = v, the first byte of the third word
            b"\x60\x64\x35\x60\x40\x52",  # mem[64] = r
            b"\x60\x84\x35\x60\x60\x52",  # mem[96] = s
            b"\x60\x20" + PUSH0 + b"\x60\x80" + PUSH0 + b"\x60\x01\x5a\xfa\x50",  # staticcall ecrecover into mem[0]
        )
    )
    same = PUSH0 + b"\x51" + PUSH20 + bytes.fromhex(owner[2:]) + b"\x14"
    # The answer times 1 or 0.
    return recover + same + PUSH4 + MAGIC + b"\x02" + ANSWER


WILLING: Final = _answers(MAGIC)
UNWILLING: Final = _answers(b"\xff\xff\xff\xff")
LONG: Final = _answers(MAGIC, 60_000)
SHORT: Final = _answers(MAGIC, 4)
REVERTING: Final = PUSH4 + MAGIC + b"\x60\xe0\x1b" + PUSH0 + b"\x52\x60\x20" + PUSH0 + b"\xfd"
"""Reverts with the very word that would mean yes."""
BURNING: Final = b"\x5b" + PUSH0 + b"\x56"
"""Jumps to its beginning for ever."""
SILENT: Final = b"\x00"
MOODY: Final = PUSH0 + b"\x54" + PUSH4 + MAGIC + b"\x02" + ANSWER
"""The answer times its first storage word."""


def _delegates_to(address: str) -> bytes:
    """What the chain shows as the code of a delegated account (EIP-7702)."""
    return b"\xef\x01\x00" + bytes.fromhex(address[2:])


# --- signatures ---


def _parts(secret: bytes, digest: bytes) -> tuple[int, int, int]:
    signed = Account.unsafe_sign_hash(digest, secret)
    return signed.r, signed.s, signed.v


def _joined(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32) + bytes([v])


def _plain(secret: bytes, digest: bytes = DIGEST) -> bytes:
    return _joined(*_parts(secret, digest))


def _high_s(secret: bytes) -> bytes:
    r, s, v = _parts(secret, DIGEST)
    return _joined(r, SECP256K1_ORDER - s, 55 - v)


def _low_v(secret: bytes) -> bytes:
    r, s, v = _parts(secret, DIGEST)
    return _joined(r, s, v - 27)


def _compact(secret: bytes) -> bytes:
    r, s, v = _parts(secret, DIGEST)
    return r.to_bytes(32) + (s | (v - 27) << 255).to_bytes(32)


def signature_vectors() -> list[dict[str, Any]]:
    """Every case: a wallet with its code, a signature, and whether it is the wallet's."""
    account = Account.from_key(OWNER).address.lower()
    owned = _owned_by(account)
    good, stranger = _plain(OWNER), _plain(STRANGER)
    found: list[dict[str, Any]] = []

    def case(
        name: str,
        wallet: str,
        signature: bytes,
        *,
        valid: bool,
        code: bytes = b"",
        delegate: bytes = b"",
        word: int = 0,
        canonical: bytes | None = None,
        digest: bytes = DIGEST,
    ) -> None:
        found.append(
            {
                "name": name,
                "wallet": wallet,
                "code": "0x" + code.hex(),
                # Code of the address that `code` delegates to, where it is a delegation to 0x…c0de0002.
                "implementation": IMPLEMENTATION,
                "implementation_code": "0x" + delegate.hex(),
                # First storage word of the wallet.
                "storage_word": "0x" + word.to_bytes(32).hex(),
                "digest": "0x" + digest.hex(),
                "signature": "0x" + signature.hex(),
                "valid": valid,
                "canonical": "0x" + (signature if valid and canonical is None else canonical or b"").hex(),
            }
        )

    case("account: its key", account, good, valid=True)
    case("account: another key", account, stranger, valid=False)
    case("account: another digest", account, good, valid=False, digest=OTHER_DIGEST)
    case("account: high s (EIP-2)", account, _high_s(OWNER), valid=False, canonical=good)
    case("account: v of 0 or 1", account, _low_v(OWNER), valid=False, canonical=good)
    case("account: compact (EIP-2098)", account, _compact(OWNER), valid=False, canonical=good)
    case("account: one byte more", account, good + b"\x00", valid=False)
    case("account: v of 29", account, good[:64] + b"\x1d", valid=False)
    case("account: nothing", account, b"", valid=False)
    case("nobody: zeros", "0x" + "00" * 20, bytes(65), valid=False)
    case("contract: its owner", CONTRACT, good, valid=True, code=owned)
    case("contract: another", CONTRACT, stranger, valid=False, code=owned)
    case("contract: willing whatever it is shown", CONTRACT, b"any bytes at all", valid=True, code=WILLING)
    case("contract: unwilling", CONTRACT, good, valid=False, code=UNWILLING)
    case("contract: answers at length", CONTRACT, b"", valid=True, code=LONG)
    case("contract: answers four bytes", CONTRACT, good, valid=False, code=SHORT)
    case("contract: answers nothing", CONTRACT, good, valid=False, code=SILENT)
    case("contract: reverts with the word for yes", CONTRACT, good, valid=False, code=REVERTING)
    case("contract: uses all its gas", CONTRACT, good, valid=False, code=BURNING)
    case("contract: changes its mind, yes now", CONTRACT, b"", valid=True, code=MOODY, word=1)
    case("contract: changes its mind, no now", CONTRACT, b"", valid=False, code=MOODY, word=0)
    ours = _delegates_to(IMPLEMENTATION)
    case("delegated: its key, unwilling code", account, good, valid=True, code=ours, delegate=UNWILLING)
    case("delegated: its key, code that burns", account, good, valid=True, code=ours, delegate=BURNING)
    case("delegated: another key, unwilling code", account, stranger, valid=False, code=ours, delegate=UNWILLING)
    case("delegated: another key, willing code", account, stranger, valid=True, code=ours, delegate=WILLING)
    case(
        "delegated: a signature of its code's owner",
        account, stranger, valid=True, code=ours, delegate=_owned_by(Account.from_key(STRANGER).address.lower()),
    )  # fmt: skip
    case(
        "delegated: v of 0 or 1, unwilling code",
        account, _low_v(OWNER), valid=False, code=ours, delegate=UNWILLING, canonical=good,
    )  # fmt: skip
    case("delegated: to an account that delegates", account, stranger, valid=False, code=ours, delegate=ours)
    case("delegated: to an address without code", account, stranger, valid=False, code=ours)
    case("delegated: its key, an address without code", account, good, valid=True, code=ours)
    return found


# --- WebAuthn ---

RP_ID_HASH: Final = hashlib.sha256(b"tallystick.example").digest()
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP = 1, 4, 8, 16
BOTH: Final = USER_PRESENT | USER_VERIFIED
ORIGIN: Final = "https://tallystick.example"


def _passkey(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()) % P256_ORDER, ec.SECP256R1())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _client_data(challenge: bytes, kind: str = "webauthn.get", origin: str = ORIGIN) -> str:
    """As a browser writes it (WebAuthn Level 3, section 5.8.1.1)."""
    return f'{{"type":"{kind}","challenge":"{_base64url(challenge)}","origin":"{origin}","crossOrigin":false}}'


def _reordered(challenge: bytes) -> str:
    """A client that writes further and other members first is allowed: the two that count are pointed at."""
    return f'{{"origin":"{ORIGIN}","challenge":"{_base64url(challenge)}","extra":1,"type":"webauthn.get"}}'


def _low(r: int, s: int) -> tuple[int, int]:
    return r, min(s, P256_ORDER - s)


def _high(r: int, s: int) -> tuple[int, int]:
    return r, max(s, P256_ORDER - s)


def webauthn_vectors() -> list[dict[str, Any]]:
    """Every case: a passkey, a challenge, an assertion, and whether it is the passkey's for that challenge.

    ``refused`` is the code under which clients refuse it, "" for a good one, ``page`` that under which they refuse a good one
    for where it was made: not on the pages at ``ORIGIN``.
    """
    found: list[dict[str, Any]] = []

    def case(
        name: str,
        *,
        refused: str = "",
        page: str = "",
        flags: int = BOTH,
        client_data: str | None = None,
        challenge: bytes = DIGEST,
        signer: str = "a passkey",
        form: Callable[[int, int], tuple[int, int]] = _low,
        authenticator_data: bytes | None = None,
        challenge_at: str = '"challenge":"',
        counter: int = 7,
    ) -> None:
        data = RP_ID_HASH + bytes([flags]) + counter.to_bytes(4) if authenticator_data is None else authenticator_data
        text = _client_data(DIGEST) if client_data is None else client_data
        signed = data + hashlib.sha256(text.encode()).digest()
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = form(*decode_dss_signature(_passkey(signer).sign(signed, algorithm)))
        point = _passkey("a passkey").public_key().public_numbers()
        fields = (
            r.to_bytes(32), s.to_bytes(32), max(text.find(challenge_at), 0), max(text.find('"type":"'), 0), data, text,
        )  # fmt: skip
        assertion = encode(["(bytes32,bytes32,uint256,uint256,bytes,string)"], [fields])
        found.append(
            {
                "name": name,
                "x": "0x" + point.x.to_bytes(32).hex(),
                "y": "0x" + point.y.to_bytes(32).hex(),
                "challenge": "0x" + challenge.hex(),
                "client_data": text,
                "authenticator_data": "0x" + data.hex(),
                "r": "0x" + r.to_bytes(32).hex(),
                "s": "0x" + s.to_bytes(32).hex(),
                # `abi.encode(WebAuthnAuth)`: without the offset that stands before a struct among arguments.
                "assertion": "0x" + assertion[32:].hex(),
                "valid": not refused,
                "refused": f"passkey.{refused}" if refused else "",
                "page": f"passkey.{page}" if page else "",
            }
        )

    case("as browsers send it")
    case("another counter", counter=0)
    case("members in another order", client_data=_reordered(DIGEST))
    case(
        "another origin: not checked on chain",
        page="origin",
        client_data=_client_data(DIGEST, origin="https://else.example"),
    )
    case("another site's id: not checked on chain", page="site", authenticator_data=bytes(32) + b"\x05" + bytes(4))
    case("a backed-up passkey", flags=BOTH | BACKUP_ELIGIBLE | BACKED_UP)
    case("without user verification", refused="not_recognised", flags=USER_PRESENT)
    case("without user presence", refused="nobody_there", flags=USER_VERIFIED)
    case("backed up and not eligible", refused="authenticator", flags=BOTH | BACKED_UP)
    case("for another challenge", refused="challenge", challenge=OTHER_DIGEST)
    case("a registration", refused="kind", client_data=_client_data(DIGEST, kind="webauthn.create"))
    case("another passkey's", refused="other_key", signer="another passkey")
    case("high s", refused="malleable", form=_high)
    case("r and s exchanged", refused="other_key", form=lambda r, s: (s, r))
    case("authenticator data too short", refused="authenticator", authenticator_data=RP_ID_HASH + b"\x05" + bytes(3))
    case(
        "a challenge written into the origin, its quotes escaped",
        refused="challenge",
        challenge=OTHER_DIGEST,
        client_data=_client_data(DIGEST, origin=f'https://x/?\\"challenge\\":\\"{_base64url(OTHER_DIGEST)}\\"'),
        challenge_at='\\"challenge',
    )
    return found


def main() -> int:
    """Write or check the files; returns the exit code."""
    exit_code = 0
    for name, vectors in (("signatures", signature_vectors()), ("webauthn", webauthn_vectors())):
        text = json.dumps({"vectors": vectors}, indent=1, ensure_ascii=False) + "\n"
        path = FOLDER / f"{name}.json"
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            exit_code = 1
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
