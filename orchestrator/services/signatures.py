"""Who signed: externally owned accounts by recovery, contract wallets by asking the chain (EIP-1271)."""

from typing import NewType

from orchestrator.services.ports import ChainView
from orchestrator.services.registry import PartyFacts
from protocol.errors import VerificationError
from protocol.passkeys import read_signature
from protocol.typed import account_signature, key_signed

Accepted = NewType("Accepted", bytes)
"""A signature that was found to be the party's, in the form that the chain takes."""


def wallet_signature(chain: ChainView, wallet: str, digest: bytes, signature: bytes) -> bytes | None:
    """A wallet's signature as the chain takes it, None if the wallet does not accept it.

    The chain is asked only where recovery gives somebody else.
    """
    by_key = account_signature(wallet, digest, signature)
    if by_key is not None:
        return by_key
    return signature if chain.wallet_accepts(wallet, digest, signature) else None


def require_wallet(chain: ChainView, party: PartyFacts, digest: bytes, signature: bytes) -> Accepted:
    """The signature in the chain's form; ``signature.not_wallet`` unless the party's registered wallet signed."""
    found = wallet_signature(chain, party.wallet, digest, signature)
    if found is None:
        explain_passkeys(chain, party.wallet, digest, signature)
        raise VerificationError(
            "signature.not_wallet",
            f"The signature is not {party.name}'s registered wallet's.",
            "Sign with the registered wallet, over exactly this message and deployment.",
            party=party.name,
        )
    return Accepted(found)


def explain_passkeys(chain: ChainView, wallet: str, digest: bytes, signature: bytes) -> None:
    """Why a passkey account takes a signature for none (``passkey.*``), where the signature itself says so."""
    challenge = chain.passkey_challenge(wallet, digest)
    if challenge is not None:
        for assertion in read_signature(signature):
            assertion.verify(challenge)


def require_node(party: PartyFacts, digest: bytes, signature: bytes) -> None:
    """``signature.not_node`` unless the party's registered node signer signed."""
    if not key_signed(party.node_signer, digest, signature):
        raise VerificationError(
            "signature.not_node",
            f"The signature is not {party.name}'s registered node signer's.",
            "Sign with the registered node signer; after a key rotation, with the new one.",
            party=party.name,
        )


def require_wallet_or_node(chain: ChainView, party: PartyFacts, digest: bytes, signature: bytes) -> Accepted:
    """The signature in the chain's form; ``signature.not_party`` unless the party's wallet or node signer signed."""
    if key_signed(party.node_signer, digest, signature):
        return Accepted(signature)
    found = wallet_signature(chain, party.wallet, digest, signature)
    if found is None:
        raise VerificationError(
            "signature.not_party",
            f"The signature is neither {party.name}'s wallet's nor its node signer's.",
            "Sign with a registered key of the party.",
            party=party.name,
        )
    return Accepted(found)
