"""A key that the data owners agree on directly, fresh for this run, and that nobody else learns.

Every owner draws an X25519 key pair and a 32-byte contribution for this run only. Pairs of owners derive a wrapping key
(RFC 7748, HKDF of RFC 5869 bound to run, step, both names and both public keys) and send each other their contributions under
ChaCha20-Poly1305. The group key is HKDF over all contributions in name order: fresh if one owner's is, unknown to a party that
holds none of the private keys. A confirmation tag to everyone catches an owner who told two others different things.

All messages go over the pinned links between owners, so the exchange is authenticated; the extra layer keeps the key from
anyone who could later open a link's record.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workers.mpc.session import Session

KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_NONCE: Final = bytes(12)
"""Each wrapping key encrypts one message per direction under its own key: the nonce may be fixed."""


async def agree(session: Session, me: str, owners: tuple[str, ...], label: str) -> bytes:
    """The owners' group key; ``owners`` is the same sorted tuple at all of them and contains ``me``."""
    others = [owner for owner in owners if owner != me]
    private, contribution = X25519PrivateKey.generate(), secrets.token_bytes(KEY_BYTES)
    public = private.public_key().public_bytes_raw()
    for peer in others:
        await session.send(peer, f"{label}/public", public)
    publics = {me: public}
    for peer in others:
        publics[peer] = await _exactly(session, peer, f"{label}/public", KEY_BYTES)
    for peer in others:
        key = _wrapping_key(session, private, publics, me, peer, label)
        sealed = ChaCha20Poly1305(key).encrypt(_NONCE, contribution, None)
        await session.send(peer, f"{label}/contribution", sealed)
    contributions = {me: contribution}
    for peer in others:
        sealed = await _exactly(session, peer, f"{label}/contribution", KEY_BYTES + _TAG_BYTES)
        key = _wrapping_key(session, private, publics, peer, me, label)
        try:
            contributions[peer] = ChaCha20Poly1305(key).decrypt(_NONCE, sealed, None)
        except InvalidTag as error:
            raise session.refuse(peer, "its key contribution does not decrypt") from error
    material = b"".join(contributions[owner] for owner in owners)
    group = _derive(material, session.run_id, b"group key", label.encode(), *(publics[owner] for owner in owners))
    for peer in others:
        await session.send(peer, f"{label}/confirm", _confirmation(group, me))
    for peer in others:
        tag = await _exactly(session, peer, f"{label}/confirm", KEY_BYTES)
        if not hmac.compare_digest(tag, _confirmation(group, peer)):
            raise session.refuse(peer, "its group key differs: an owner sent different contributions")
    return group


async def _exactly(session: Session, peer: str, label: str, size: int) -> bytes:
    message = await session.receive(peer, label)
    if len(message) != size:
        raise session.refuse(peer, f"{label} has {len(message)} bytes instead of {size}")
    return message


def _wrapping_key(
    session: Session, private: X25519PrivateKey, publics: dict[str, bytes], sender: str, receiver: str, label: str
) -> bytes:
    own = private.public_key().public_bytes_raw()
    peer = receiver if publics[sender] == own else sender
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(publics[peer]))
    except ValueError as error:  # an all-zero result: RFC 7748 section 6.1
        raise session.refuse(peer, "its X25519 public key is of low order") from error
    context = (label.encode(), sender.encode(), receiver.encode(), publics[sender], publics[receiver])
    return _derive(shared, session.run_id, b"wrapping key", *context)


def _derive(material: bytes, salt: bytes, *context: bytes) -> bytes:
    info = b"tallystick/group-key/v1" + b"".join(len(part).to_bytes(2, "big") + part for part in context)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(material)


def _confirmation(group: bytes, owner: str) -> bytes:
    return hmac.digest(group, b"confirm " + owner.encode(), sha256)
