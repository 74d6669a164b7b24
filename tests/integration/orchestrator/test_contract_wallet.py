"""EIP-1271: contract wallets are asked through the chain; other contracts and accounts never accept."""

import pytest

from chain.nonces import MemoryNonceStore
from chain.sender import Sender, Transaction
from chain.wallets import GAS
from orchestrator.chain_view import GatewayView
from orchestrator.services.registry import PartyFacts
from orchestrator.services.signatures import require_wallet, wallet_signature
from protocol.enrolment import NO_ADDRESS
from protocol.errors import VerificationError
from tests.integration.orchestrator.world import World

MAGIC = "1626ba7e" + "00" * 28


def deploy_code(world: World, runtime: str) -> str:
    """An account with this runtime code: the init code copies what follows it."""
    size = len(runtime) // 2
    init = f"60{size:02x}600c60003960{size:02x}6000f3" + runtime
    sender = Sender(world.gateway.endpoint, world.deployment.chain_id, world.admin, MemoryNonceStore(), deadline=20.0)
    receipt = sender.send(Transaction(None, bytes.fromhex(init), 500_000))
    return str(receipt.fields["contractAddress"]).lower()


@pytest.mark.parametrize(
    ("runtime", "accepts"),
    [
        (f"7f{MAGIC}60005260206000f3", True),  # returns the magic value
        (f"7f{'11' * 32}60005260206000f3", False),  # returns something else
        (f"7f{MAGIC}60005260046000f3", False),  # returns four bytes only
        ("60006000fd", False),  # reverts
        ("00", False),  # returns nothing
        (
            f"62{GAS:06x}5a11600e5760006000fd5b7f{MAGIC}60005260206000f3",
            False,
        ),  # accepts with more gas than it is given
        ("5b600056", False),  # never ends
    ],
)
def test_what_a_contract_answers(world: World, runtime: str, accepts: bool) -> None:
    view = GatewayView(world.gateway)
    wallet = deploy_code(world, runtime)
    assert view.wallet_accepts(wallet, b"\1" * 32, b"any") is accepts
    party = PartyFacts("x", wallet, NO_ADDRESS, bytes(32), bytes(32), bytes(32), 0, active=True, announced=False)
    if accepts:
        require_wallet(view, party, b"\1" * 32, b"any")
    else:
        with pytest.raises(VerificationError, match=r"signature\.not_wallet"):
            require_wallet(view, party, b"\1" * 32, b"any")


def test_accounts_without_code_accept_only_their_own_key(world: World) -> None:
    view = GatewayView(world.gateway)
    party = world.parties["hospital"]
    digest = b"\7" * 32
    wallet = party.wallet.address.lower()
    own = party.sign_wallet(digest)
    assert wallet_signature(view, wallet, digest, own) == own
    assert wallet_signature(view, wallet, digest, party.sign(digest)) is None
    assert wallet_signature(view, wallet, digest, b"") is None
    assert wallet_signature(view, NO_ADDRESS, digest, b"\0" * 65) is None
