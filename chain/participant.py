"""What a participant's own wallet puts on chain past any coordinator: a review, the return of a use, another wallet, new
node keys.

Each act looks at the chain first, so repeating one that took effect changes nothing.
"""

from chain.bindings import consents, party_registry, tasks
from chain.gateway import Gateway
from protocol import ids
from protocol.errors import RefusedError

_UNDECIDED, _APPROVED = 0, 1
_RETURNED = 2
_FINAL = 300.0
"""Seconds until a transaction must be final."""


def review(gateway: Gateway, task: bytes, *, approved: bool, statement: bytes) -> bool:
    """Allow or forbid the release of a completed task's result; False when the chain holds this word already.

    ``statement`` is the SHA-256 of the reviewer's own document, zero for none. The word is final.
    """
    found = gateway.read(tasks.get(task), block=gateway.head()).review
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
    if gateway.read(consents.use_of(task, authorization), block=gateway.head()) == _RETURNED:
        return False
    gateway.send(consents.return_use(task, authorization, signature))
    return True


def change_wallet(gateway: Gateway, party: str, wallet: str) -> bool:
    """Hand a party over to another wallet, by its present one; False when that one is the party's already."""
    found = gateway.read(party_registry.get(ids.on_chain(party)), block=gateway.head())
    if found.wallet == wallet:
        return False
    _require_wallet(gateway, party, found.wallet)
    gateway.send(party_registry.change_wallet(ids.on_chain(party), wallet))
    return True


def rotate_keys(gateway: Gateway, party: str, node_signer: str, node_key: bytes, seal_key: bytes) -> bool:
    """Replace a party's node keys, by its wallet, and wait until that is final; False when they are these already."""
    found = gateway.read(party_registry.get(ids.on_chain(party)), block=gateway.head())
    if (found.node_signer, found.node_key, found.seal_key) == (node_signer, node_key, seal_key):
        return False
    _require_wallet(gateway, party, found.wallet)
    receipt = gateway.send(party_registry.rotate_keys(ids.on_chain(party), node_signer, node_key, seal_key))
    gateway.wait_final(receipt, _FINAL)
    return True


def _require_wallet(gateway: Gateway, party: str, wallet: str) -> None:
    """Refuse (``wallet.other_party``) unless the acting wallet is the party's."""
    if gateway.address != wallet:
        raise RefusedError(
            "wallet.other_party",
            f"The wallet {gateway.address} is not {party}'s; the chain names {wallet}.",
            "Use the party's own wallet.",
        )
