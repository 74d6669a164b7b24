"""A contract wallet of three holders, two of whom must agree (``contracts/test/support/QuorumWallet.sol``, a test's contract), in a page.

As a Safe's wallet it answers "0x" to what it is asked to sign, and the holders agree on chain, each with a transaction of its own.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import solcx
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

from chain.abi import Function
from chain.bindings import party_registry
from chain.compile import CONTRACTS_DIR, SETTINGS
from chain.endpoint import Endpoint
from chain.nonces import MemoryNonceStore
from chain.sender import Sender, Transaction
from protocol import ids
from protocol.registrations import WalletChange
from tests.browser.injected_wallet import InjectedWallet, numbers
from tests.integration.orchestrator.world import World, account_signature

SOURCE = "test/support/QuorumWallet.sol"
THRESHOLD = 2
_APPROVE = Function("QuorumWallet", "approve", ("bytes32",), ())


@cache
def _creation_code() -> bytes:
    request = {
        "language": "Solidity",
        "sources": {SOURCE: {"content": (CONTRACTS_DIR / SOURCE).read_text("utf-8")}},
        "settings": {**SETTINGS, "outputSelection": {SOURCE: {"*": ["evm.bytecode.object"]}}},
    }
    shim = CONTRACTS_DIR / "bin" / "solc"
    made = solcx.compile_standard(request, solc_binary=shim, base_path=CONTRACTS_DIR)
    return bytes.fromhex(made["contracts"][SOURCE]["QuorumWallet"]["evm"]["bytecode"]["object"])


@dataclass(frozen=True)
class Quorum:
    """The contract on a world's chain, and its holders' keys."""

    world: World
    address: str
    holders: tuple[LocalAccount, ...]

    def approve(self, holder: int, digest: bytes) -> None:
        """One holder agrees."""
        _sender(self.world, self.holders[holder]).send(
            Transaction(ids.checksum_address(bytes.fromhex(self.address[2:])), _APPROVE.read(digest).data, 200_000)
        )

    def signatures(self, digest: bytes, *holders: int) -> bytes:
        """What some of them sign, in their order."""
        return b"".join(account_signature(bytes(self.holders[each].key), digest) for each in holders)


def _sender(world: World, account: LocalAccount) -> Sender:
    return Sender(world.gateway.endpoint, world.deployment.chain_id, account, MemoryNonceStore(), deadline=20.0)


def taken_by(world: World, name: str) -> Quorum:
    """The new wallet of a party: its present one names it, and two holders accept."""
    holders = tuple(Account.create() for _ in range(3))
    arguments = encode(["uint256", "address[]"], [THRESHOLD, [each.address for each in holders]])
    receipt = _sender(world, world.admin).send(Transaction(None, _creation_code() + arguments, 3_000_000))
    made = Quorum(world, str(receipt.fields["contractAddress"]).lower(), holders)
    party = world.parties[name]
    number = world.gateway.read(party_registry.pending_wallet(ids.on_chain(name)))[1] + 1
    digest = world.domains.digest(WalletChange(name, made.address, number))
    address = ids.checksum_address(bytes.fromhex(made.address[2:]))
    for call in (
        party_registry.change_wallet(ids.on_chain(name), address, number, party.sign_wallet(digest)),
        party_registry.accept_wallet(ids.on_chain(name), made.signatures(digest, 0, 2)),
    ):
        world.gateway.send(call)
    world.settle()
    return made


@dataclass
class QuorumInPage(InjectedWallet):
    """The wallet of one holder. ``gives`` are the holders whose signatures it hands over at once; none: it answers "0x"."""

    quorum: Quorum | None = None
    gives: tuple[int, ...] = ()
    digests: list[bytes] = field(default_factory=list)

    def _answer(self, method: str, params: Any) -> object:
        assert self.quorum is not None
        match method:
            case "eth_requestAccounts" | "eth_accounts":
                return [self.quorum.address]
            case "eth_getCode" | "eth_call":
                return Endpoint(self.quorum.world.rpc_url)._call(method, *params)
            case "personal_sign":
                return self._collected(encode_defunct(hexstr=params[0]))
            case "eth_signTypedData_v4":
                return self._collected(encode_typed_data(full_message=numbers(json.loads(params[1]))))
            case _:
                return super()._answer(method, params)

    def _collected(self, message: SignableMessage) -> str:
        assert self.quorum is not None
        digest = keccak(b"\x19" + message.version + message.header + message.body)
        self.digests.append(digest)
        return f"0x{self.quorum.signatures(digest, *self.gives).hex()}"
