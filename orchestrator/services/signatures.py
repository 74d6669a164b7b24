"""Who signed: externally owned accounts by recovery, contract wallets by asking the chain (EIP-1271)."""

from orchestrator.services.ports import ChainView
from orchestrator.services.registry import PartyFacts
from protocol.enrolment import NO_ADDRESS
from protocol.errors import VerificationError
from protocol.typed import recover

_ACCOUNT_SIGNATURE = 65


def key_signed(address: str, digest: bytes, signature: bytes) -> bool:
    """Whether the key behind ``address`` (lower-case hex) signed; never for the zero address."""
    if len(signature) != _ACCOUNT_SIGNATURE or address == NO_ADDRESS:
        return False
    try:
        return recover(digest, signature).lower() == address
    except VerificationError:
        return False


def wallet_signed(chain: ChainView, wallet: str, digest: bytes, signature: bytes) -> bool:
    """Whether a wallet accepts a signature; the chain is asked only where recovery gives somebody else."""
    return key_signed(wallet, digest, signature) or chain.wallet_accepts(wallet, digest, signature)


def require_wallet(chain: ChainView, party: PartyFacts, digest: bytes, signature: bytes) -> None:
    """``signature.not_wallet`` unless the party's registered wallet signed."""
    if not wallet_signed(chain, party.wallet, digest, signature):
        raise VerificationError(
            "signature.not_wallet",
            f"The signature is not {party.name}'s registered wallet's.",
            "Sign with the registered wallet, over exactly this message and deployment.",
            party=party.name,
        )


def require_node(party: PartyFacts, digest: bytes, signature: bytes) -> None:
    """``signature.not_node`` unless the party's registered node signer signed."""
    if not key_signed(party.node_signer, digest, signature):
        raise VerificationError(
            "signature.not_node",
            f"The signature is not {party.name}'s registered node signer's.",
            "Sign with the registered node signer; after a key rotation, with the new one.",
            party=party.name,
        )


def require_wallet_or_node(chain: ChainView, party: PartyFacts, digest: bytes, signature: bytes) -> None:
    """``signature.not_party`` unless the party's wallet or node signer signed."""
    if key_signed(party.node_signer, digest, signature) or wallet_signed(chain, party.wallet, digest, signature):
        return
    raise VerificationError(
        "signature.not_party",
        f"The signature is neither {party.name}'s wallet's nor its node signer's.",
        "Sign with a registered key of the party.",
        party=party.name,
    )
