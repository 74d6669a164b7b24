"""A key that the data owners agree on, fresh for this run, and that nobody else learns: not the hub that carries it either.

Every owner draws an X25519 key pair and a 32-byte contribution for this run only. Pairs of owners derive a wrapping key
(RFC 7748, HKDF of RFC 5869 bound to run, step, both names and both public keys) and send each other their contributions under
ChaCha20-Poly1305. The group key is HKDF over all contributions in name order and all public keys: fresh if one owner's is,
unknown to a party that holds none of the private keys. A confirmation tag to everyone catches an owner who told two others
different things, and a hub and an owner who together showed them different public keys.

Messages pass through the hub under the owners' node keys (:mod:`mpc.workflow.relay`): it cannot put itself between
two owners. It learns who takes part. Three round trips; n owners each send 96 + 112·(n - 1) + 96 bytes.
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

from mpc.workflow.relay import SIGNATURE_BYTES, Relay

KEY_BYTES: Final = 32
_SEALED_BYTES: Final = KEY_BYTES + 16
ROUNDS: Final = 6
"""Messages of :func:`agree` that wait for each other: two of each broadcast and of the exchange."""
TOLD_BYTES: Final = KEY_BYTES + SIGNATURE_BYTES
"""A public key or a tag, as the hub passes it on."""
_NONCE: Final = bytes(12)
"""Each wrapping key encrypts one message per direction under its own key: the nonce may be fixed."""


async def agree(relay: Relay, label: str) -> bytes:
    """At an owner: the owners' group key."""
    private, contribution = X25519PrivateKey.generate(), secrets.token_bytes(KEY_BYTES)
    publics = await relay.broadcast(f"{label}/public", private.public_key().public_bytes_raw())
    sealed = {
        peer: ChaCha20Poly1305(_wrapping_key(relay, private, publics, relay.me, peer, label)).encrypt(
            _NONCE, contribution, None
        )
        for peer in relay.others
    }
    contributions = {relay.me: contribution}
    for peer, data in (await relay.exchange(f"{label}/contribution", sealed, _SEALED_BYTES)).items():
        key = _wrapping_key(relay, private, publics, peer, relay.me, label)
        try:
            contributions[peer] = ChaCha20Poly1305(key).decrypt(_NONCE, data, None)
        except InvalidTag as error:
            raise relay.session.refuse(peer, "its key contribution does not decrypt") from error
    material = b"".join(contributions[owner] for owner in relay.members)
    context = (label.encode(), *(publics[owner] for owner in relay.members))
    group = _derive(material, relay.session.run_id, b"group key", *context)
    tags = await relay.broadcast(f"{label}/confirm", _confirmation(group, relay.me))
    for peer, tag in tags.items():
        if not hmac.compare_digest(tag, _confirmation(group, peer)):
            raise relay.session.refuse(peer, "its group key differs: an owner sent different contributions")
    return group


async def serve(relay: Relay, label: str) -> None:
    """At the hub: carry :func:`agree`."""
    await relay.serve_broadcast(f"{label}/public", KEY_BYTES)
    await relay.serve_exchange(f"{label}/contribution", _SEALED_BYTES)
    await relay.serve_broadcast(f"{label}/confirm", KEY_BYTES)


def sent(owners: int) -> tuple[int, int]:
    """Bytes that the hub and each of so many owners send for :func:`agree`."""
    sealed = (_SEALED_BYTES + SIGNATURE_BYTES) * (owners - 1)
    return 2 * TOLD_BYTES * owners**2 + sealed * owners, 2 * TOLD_BYTES + sealed


def _wrapping_key(
    relay: Relay, private: X25519PrivateKey, publics: dict[str, bytes], sender: str, receiver: str, label: str
) -> bytes:
    peer = receiver if sender == relay.me else sender
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(publics[peer]))
    except ValueError as error:  # an all-zero result: RFC 7748 section 6.1
        raise relay.session.refuse(peer, "its X25519 public key is of low order") from error
    context = (label.encode(), sender.encode(), receiver.encode(), publics[sender], publics[receiver])
    return _derive(shared, relay.session.run_id, b"wrapping key", *context)


def _derive(material: bytes, salt: bytes, *context: bytes) -> bytes:
    info = b"tallystick/group-key/v1" + b"".join(len(part).to_bytes(2, "big") + part for part in context)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(material)


def _confirmation(group: bytes, owner: str) -> bytes:
    return hmac.digest(group, b"confirm " + owner.encode(), sha256)
