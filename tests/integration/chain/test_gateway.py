import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from chain.bindings import party_registry, programs, tasks
from chain.deploy import deploy, verify_code
from chain.deployment import Deployment
from chain.errors import ChainError, EndpointError, WrongChainError
from chain.gateway import Gateway
from chain.nonces import FileNonceStore
from chain.ports import free_port
from chain.sender import Transaction
from protocol import events, ids
from protocol.errors import UnavailableError
from tests.integration.chain.conftest import World, admit
from tests.patience import Patience, scaled

ROOT = Path(__file__).resolve().parents[3]
SENDER = """
import json, sys
from pathlib import Path
from eth_account import Account
from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.nonces import FileNonceStore
from tests.integration.chain.conftest import admit

url, folder, key, prefix, count = sys.argv[1:]
account = Account.from_key(key)
folder = Path(folder)
gateway = Gateway(url, Deployment.load(folder / "deployment.json"), account, FileNonceStore(folder / "nonces"))
for position in range(int(count)):
    gateway.send(admit(gateway.deployment, f"{prefix}-{position}"))
"""


def test_a_send_returns_the_events_of_its_own_transaction(world: World) -> None:
    receipt = world.gateway.send(admit(world.deployment, "hospital"))
    (logged,) = receipt.events
    assert isinstance(logged.event, events.PartyAdmitted)
    assert logged.event.party == ids.on_chain("hospital")
    assert logged.contract == "PartyRegistry"
    assert logged.block_number == receipt.block_number
    assert logged.time > 1_700_000_000 - 1
    assert world.gateway.read(party_registry.get(ids.on_chain("hospital"))).roles == 3


def test_reads_are_at_the_block_that_was_asked_for(world: World) -> None:
    before = world.gateway.head()
    world.gateway.send(admit(world.deployment, "hospital"))
    assert world.gateway.read(party_registry.is_active(ids.on_chain("hospital")))
    assert not world.gateway.read(party_registry.is_active(ids.on_chain("hospital")), block=before)


def test_a_refused_send_names_the_contracts_error_and_costs_no_nonce(world: World) -> None:
    world.gateway.send(admit(world.deployment, "hospital"))
    count = world.gateway.endpoint.transaction_count(world.admin.address)
    with pytest.raises(ChainError) as caught:
        world.gateway.send(admit(world.deployment, "hospital"))
    assert caught.value.code == "chain.revert.PartyExists"
    assert caught.value.arguments == {"party": ids.on_chain("hospital")}
    assert world.gateway.endpoint.transaction_count(world.admin.address) == count


def test_a_refused_read_names_the_contracts_error(world: World) -> None:
    with pytest.raises(ChainError, match="UnknownRelease"):
        world.gateway.read(programs.require_runnable(ids.on_chain("none@1.0.0"), 1, 3))


def test_a_transaction_that_fails_in_its_block_is_explained(world: World) -> None:
    node = world.anvil.rpc
    node.call("evm_setAutomine", False)
    # Both pass the estimate, since neither is in a block; the second fails in the block.
    first, second = admit(world.deployment, "hospital"), admit(world.deployment, "hospital")
    address = world.deployment.contracts["PartyRegistry"]
    signed = world.admin.sign_transaction(
        {
            "type": 2,
            "chainId": world.deployment.chain_id,
            "nonce": world.gateway.endpoint.transaction_count(world.admin.address),
            "gas": 2_000_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "to": address,
            "data": first.data,
        }
    )
    world.gateway.endpoint.send(bytes(signed.raw_transaction))
    gas = 2_000_000
    outstanding = world.gateway._signer()._submit(Transaction(address, second.data, gas))
    node.call("evm_mine")
    receipt = world.gateway.endpoint.receipt(outstanding.hash)
    assert receipt is not None
    assert not receipt.succeeded
    error = world.gateway._failed(second, receipt, world.admin.address)
    assert error.code == "chain.revert.PartyExists"


def test_two_processes_with_one_key_and_one_store_never_clash(world: World, folder: Path) -> None:
    world.deployment.save(folder / "deployment.json")
    arguments = [world.anvil.url, str(folder), world.admin.key.hex()]
    running = [
        subprocess.Popen([sys.executable, "-c", SENDER, *arguments, prefix, "12"], cwd=ROOT) for prefix in ("a", "b")
    ]
    assert [process.wait(scaled(60)) for process in running] == [0, 0]
    for prefix in ("a", "b"):
        assert world.gateway.read(party_registry.is_active(ids.on_chain(f"{prefix}-11")))


def test_a_transaction_that_its_process_could_not_send_any_more_is_sent_by_the_next_one(
    world: World, folder: Path
) -> None:
    store = FileNonceStore(folder / "nonces")
    first = Gateway(world.anvil.url, world.deployment, world.admin, store)
    first.check()
    # Killed between writing the book and sending: what is in the book is all there is.
    address = world.deployment.contracts["PartyRegistry"]
    nonce = first.endpoint.transaction_count(world.admin.address)
    outstanding = first._signer()._sign(
        Transaction(address, admit(world.deployment, "hospital").data, 2_000_000), nonce
    )
    with store.locked(first._signer()._book_name, 1) as book:
        book.save((outstanding,))
    second = Gateway(world.anvil.url, world.deployment, world.admin, store)
    assert second.flush() == 1
    second.send(admit(world.deployment, "bank"))
    assert second.read(party_registry.is_active(ids.on_chain("hospital")))
    assert second.flush() == 0


def test_a_forgotten_transaction_is_sent_again_while_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    node, real, dropped = world.anvil.rpc, world.gateway.endpoint.send, []
    node.call("evm_setAutomine", False)

    def forgetful(signed: bytes) -> None:
        real(signed)
        if not dropped:
            dropped.append(signed)
            node.call("anvil_dropAllTransactions")
        else:
            node.call("evm_mine")

    monkeypatch.setattr(world.gateway.endpoint, "send", forgetful)
    world.gateway.send(admit(world.deployment, "hospital"))
    assert dropped


def test_an_endpoint_of_another_chain_is_refused_before_anything_is_sent(world: World) -> None:
    for changed in (
        replace(world.deployment, chain_id=7),
        replace(world.deployment, genesis_hash="0x" + "11" * 32),
        replace(
            world.deployment, runtime_code_hashes={**world.deployment.runtime_code_hashes, "Tasks": "0x" + "11" * 32}
        ),
    ):
        count = world.gateway.endpoint.transaction_count(world.admin.address)
        with pytest.raises(WrongChainError):
            Gateway(world.anvil.url, changed, world.admin).send(admit(world.deployment, "hospital"))
        assert world.gateway.endpoint.transaction_count(world.admin.address) == count


def test_an_endpoint_that_does_not_answer_is_named_within_the_deadline(world: World) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    patience = Patience(5, "the end of it")
    with pytest.raises(EndpointError, match=url) as caught:
        Gateway(url, world.deployment, deadline=0.5).head()
    assert caught.value.code == "chain.unreachable"
    patience.check()


def test_reads_wait_for_the_confirmations_of_the_deployment(world: World) -> None:
    deployment = replace(world.deployment, confirmations=2)
    gateway = Gateway(world.anvil.url, deployment, world.admin)
    with pytest.raises(UnavailableError, match="not_final_yet"):
        gateway.read(tasks.paused())
    world.anvil.rpc.call("anvil_mine", "0x2")
    assert gateway.read(tasks.paused()) is False
    receipt = gateway.send(admit(world.deployment, "hospital"))
    assert not gateway.read(party_registry.is_active(ids.on_chain("hospital")))
    with pytest.raises(UnavailableError, match="finality_timeout"):
        gateway.wait_final(receipt, deadline=0.2)
    world.anvil.rpc.call("anvil_mine", "0x2")
    gateway.wait_final(receipt, deadline=5)
    assert gateway.read(party_registry.is_active(ids.on_chain("hospital")))


def test_a_deployment_is_wired_saved_and_made_of_the_committed_code(world: World, folder: Path) -> None:
    path = folder / "deployment.json"
    again = deploy(world.anvil.url, world.admin, path=path, required_approvals=2)
    assert Deployment.load(path) == again
    assert again.deployment_id != world.deployment.deployment_id
    assert set(again.contracts.values()).isdisjoint(world.deployment.contracts.values())
    gateway = Gateway(world.anvil.url, again)
    assert gateway.read(tasks.consents()) == again.contracts["Consents"]
    assert gateway.read(programs.required_approvals()) == 2
    assert gateway.read(tasks.deployment_id()).hex() == again.deployment_id[2:]
    assert gateway.read(tasks.domain_separator()) == again.domain("Tasks").separator()
    verify_code(gateway.endpoint, again)
    swapped = {**again.contracts, "Tasks": again.contracts["Consents"]}
    with pytest.raises(WrongChainError, match="Tasks"):
        verify_code(gateway.endpoint, replace(again, contracts=swapped))


def test_a_stranger_cannot_admit(world: World) -> None:
    with pytest.raises(ChainError) as caught:
        Gateway(world.anvil.url, world.deployment, Account.create()).send(admit(world.deployment, "hospital"))
    assert caught.value.name == "AccessControlUnauthorizedAccount"
