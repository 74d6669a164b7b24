"""What a participant's own wallet puts on chain past any coordinator: a review, the return of a use, another wallet (in two
steps), new node keys.

Each act looks at the chain first, so repeating one that took effect changes nothing.
"""

from typing import Final, Protocol

from chain.bindings import consents, party_registry, tasks
from chain.gateway import Gateway
from protocol import ids
from protocol.enrolment import NO_ADDRESS
from protocol.errors import RefusedError
from protocol.registrations import KeyRotation
from protocol.typed import Domain, Typed
from protocol.vocabulary import Review

_UNDECIDED, _APPROVED = 0, 1
_RETURNED = 2
_FINAL: Final = 300.0
"""Seconds until a transaction must be final."""


class NewKeys(Protocol):
    """A node's keys to come, as a rotation takes them: public parts, and the new node signer's signature."""

    @property
    def signer_address(self) -> str:
        """Checksummed address of the node signer."""
        ...

    @property
    def node_public(self) -> bytes:
        """Raw Ed25519 public key."""
        ...

    @property
    def seal_public(self) -> bytes:
        """Raw X25519 public key."""
        ...

    def sign_typed(self, message: Typed, domain: Domain) -> bytes:
        """65-byte EIP-712 signature by the node signer."""
        ...


def review(gateway: Gateway, task: bytes, *, approved: bool, statement: bytes) -> bool:
    """Allow or forbid the release of a completed task's result; False when the chain holds this word already.

    ``statement`` is the SHA-256 of the reviewer's own document, zero for none. The word is final.
    """
    found = gateway.read(tasks.get(task), block=gateway.head()).review
    if found == Review.EXPIRED:
        raise RefusedError(
            "review.expired", "The time for the review passed without a word; that is final.", "Submit a new task."
        )
    if found != _UNDECIDED:
        if (found == _APPROVED) != approved:
            raise RefusedError(
                "review.decided", "The output has been reviewed, with the other answer.", "A review is final."
            )
        return False
    gateway.send(tasks.review(task, approved, statement))
    return True


def return_use(gateway: Gateway, task: bytes, authorization: bytes, signature: bytes) -> bool:
    """Give a use back by the owner's signed ``NoInputSent``; False when it was given back before."""
    if gateway.read(consents.use_of(task, authorization), block=gateway.head()).state == _RETURNED:
        return False
    gateway.send(consents.return_use(task, authorization, signature))
    return True


def name_wallet(gateway: Gateway, party: str, wallet: str) -> bool:
    """Name the wallet that the party shall have, by its present one, in place of any named before; False when that one is
    named, or is the party's, already.

    Nothing changes hands before the named one accepts (:func:`accept_wallet`).
    """
    present, named, change = _wallets(gateway, party)
    if wallet in (present, named):
        return False
    _require_wallet(gateway, party, present)
    gateway.send(party_registry.change_wallet(ids.on_chain(party), wallet, change + 1, b""))
    return True


def cancel_wallet(gateway: Gateway, party: str) -> bool:
    """Name no wallet any more, by the present one; False when none is named.

    This uses up a number, so a naming that was signed and not yet relayed ends with it.
    """
    present, named, change = _wallets(gateway, party)
    if named == NO_ADDRESS:
        return False
    _require_wallet(gateway, party, present)
    gateway.send(party_registry.change_wallet(ids.on_chain(party), NO_ADDRESS, change + 1, b""))
    return True


def accept_wallet(gateway: Gateway, party: str) -> bool:
    """Take a party over, by the wallet that was named; False when it is the party's already."""
    present, named, _ = _wallets(gateway, party)
    if present == gateway.address:
        return False
    if named != gateway.address:
        raise RefusedError(
            "wallet.not_named",
            f"The wallet {gateway.address} is not the one that {party} named: "
            + ("it named none." if named == NO_ADDRESS else f"that is {named}."),
            "Let the party's present wallet name this one first (`tally wallet change`).",
        )
    gateway.send(party_registry.accept_wallet(ids.on_chain(party), b""))
    return True


def rotate_keys(gateway: Gateway, party: str, keys: NewKeys) -> bool:
    """Replace a party's node keys, by its wallet, and wait until that is final; False when they are these already.

    The new node signer signs the same rotation, which names the key period that it begins: shown again, it counts for nothing.
    """
    at, name = gateway.head(), ids.on_chain(party)
    found = gateway.read(party_registry.get(name), block=at)
    if (found.node_signer, found.node_key, found.seal_key) == (keys.signer_address, keys.node_public, keys.seal_public):
        return False
    _require_wallet(gateway, party, found.wallet)
    period = gateway.read(party_registry.key_period(name), block=at) + 1
    rotation = KeyRotation(party, keys.signer_address.lower(), keys.node_public, keys.seal_public, period)
    signature = keys.sign_typed(rotation, gateway.deployment.domain(KeyRotation.HOME))
    call = party_registry.rotate_keys(party_registry.KeyRotation(*rotation.chain_args()), signature, b"")
    gateway.wait_final(gateway.send(call), _FINAL)
    return True


def _wallets(gateway: Gateway, party: str) -> tuple[str, str, int]:
    """The present wallet, the named one or zero, and how many were named."""
    at, name = gateway.head(), ids.on_chain(party)
    present = gateway.read(party_registry.get(name), block=at).wallet
    named, change = gateway.read(party_registry.pending_wallet(name), block=at)
    return present, named, change


def _require_wallet(gateway: Gateway, party: str, wallet: str) -> None:
    """Refuse (``wallet.other_party``) unless the acting wallet is the party's."""
    if gateway.address != wallet:
        raise RefusedError(
            "wallet.other_party",
            f"The wallet {gateway.address} is not {party}'s; the chain names {wallet}.",
            "Use the party's own wallet.",
        )
