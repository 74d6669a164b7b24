import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account
from eth_hash.auto import keccak
from eth_typing import HexStr

from chain.child import Identity, identify, is_alive, read_record
from chain.devnet import Devnet
from chain.endpoint import Endpoint
from chain.jsonrpc import RpcClient, RpcError
from chain.proofs import Prover
from chain.sequencer import Sequencer
from protocol.errors import RefusedError, UnavailableError, VerificationError
from tests.patience import scaled

ROOT = Path(__file__).resolve().parents[3]
OWNER = """
import signal, sys, time
from pathlib import Path
from chain.devnet import Devnet
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background shell's children begin with SIGINT ignored
devnet = Devnet(Path(sys.argv[1])).start()
print(devnet.url, flush=True)
time.sleep(600)
"""


class Wallet:
    def __init__(self, devnet: Devnet) -> None:
        self.account = Account.create()
        self.chain_id = devnet.chain_id

    def transaction(self, nonce: int) -> str:
        fields = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": 30_000,
            "maxFeePerGas": 0,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "to": HexStr(self.account.address),
            "data": nonce.to_bytes(4, "big"),
        }
        return f"0x{bytes(self.account.sign_transaction(fields).raw_transaction).hex()}"


def rpc(devnet: Devnet) -> RpcClient:
    return RpcClient(int(devnet.url.rpartition(":")[2]), timeout=scaled(30))


def hashes(client: RpcClient) -> list[str]:
    count = int(client.call_text("eth_blockNumber"), 16)
    return [str(client.call_object("eth_getBlockByNumber", hex(number), False)["hash"]) for number in range(count + 1)]


def processes(folder: Path) -> list[Identity]:
    found = [read_record(path) for path in folder.glob("*.pid")]
    return [identity for identity in found if identity is not None]


def wait_until_reaped(devnet: Devnet) -> bool:
    """A process whose main thread is a zombie cannot be waited for until its other threads are gone too."""
    until = time.monotonic() + scaled(5)
    while devnet.is_running() and time.monotonic() < until:
        time.sleep(0.01)
    return not devnet.is_running()


def wait_until_gone(identities: list[Identity], seconds: float = 15) -> bool:
    stop = time.monotonic() + scaled(seconds)
    while any(is_alive(identity) for identity in identities):
        if time.monotonic() > stop:
            return False
        time.sleep(0.02)
    return True


def test_a_restart_keeps_chain_id_address_and_every_block(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        wallet, client, url = Wallet(devnet), rpc(devnet), devnet.url
        for nonce in range(5):
            client.call("eth_sendRawTransaction", wallet.transaction(nonce))
        devnet.mine(2)
        before, chain_id = hashes(client), devnet.chain_id
    with Devnet(folder / "devnet") as devnet:
        assert devnet.chain_id == chain_id
        assert devnet.url == url
        assert hashes(rpc(devnet)) == before
        # The state of old blocks is back as well, not only their headers.
        assert rpc(devnet).call("eth_getTransactionCount", wallet.account.address, "0x3") == "0x3"


def test_earlier_blocks_are_proven_after_a_restart_too(folder: Path) -> None:
    """The hashes of EIP-2935 are in the replayed states, the newest and those before it."""
    with Devnet(folder) as devnet:
        devnet.mine(20)
    with Devnet(folder) as devnet:
        devnet.mine(3)
        prover = Prover(Endpoint(devnet.url))
        for top, bottom in ((23, 0), (23, 22), (23, 20), (20, 5), (12, 3)):
            found = prover.descent(prover.header(top), [prover.header(bottom)]).verify()
            assert [block.number for block in found] == [top, bottom]
            assert [block.hash for block in found] == [keccak(prover.header(number)) for number in (top, bottom)]


def test_two_devnets_have_different_chain_ids(folder: Path) -> None:
    with Devnet(folder / "one") as one, Devnet(folder / "two") as two:
        assert one.chain_id != two.chain_id


def acknowledged(client: RpcClient, transaction: str) -> dict[str, object]:
    """The receipt of a transaction, sent and asked for again while the devnet has no answer.

    On a slow machine anvil is killed again before it is up. What was sent in vain may be in a block all the same.
    """
    sent = "0x" + keccak(bytes.fromhex(transaction.removeprefix("0x"))).hex()
    deadline = time.monotonic() + scaled(60)
    while True:
        try:
            with suppress_known():
                assert client.call_text("eth_sendRawTransaction", transaction) == sent
            return client.call_object("eth_getTransactionReceipt", sent)
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def suppress_known() -> Iterator[None]:
    """Ends quietly where the node says that it has the transaction already."""
    try:
        yield
    except RpcError as error:
        if "already" not in error.message and "nonce too low" not in error.message:
            raise


def test_anvil_killed_at_any_moment_loses_no_acknowledged_transaction(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        wallet, client = Wallet(devnet), rpc(devnet)
        signed = [wallet.transaction(nonce) for nonce in range(60)]
        ended = threading.Event()
        seen: dict[int, str] = {}

        def killer() -> None:
            # Each kill that comes before anything was acknowledged leaves anvil more time: on a machine that is slow
            # enough, one that is killed every 0.3 s is never up.
            pause, before = 0.3, 0
            while not ended.wait(pause):
                pause, before = 0.3 if len(seen) > before else 1.5 * pause, len(seen)
                record = read_record(folder / "devnet" / "anvil.pid")
                if record is not None and is_alive(record):
                    os.kill(record.pid, signal.SIGKILL)

        thread = threading.Thread(target=killer)
        thread.start()
        try:
            for transaction in signed:
                receipt = acknowledged(client, transaction)
                seen[int(str(receipt["blockNumber"]), 16)] = str(receipt["blockHash"])
        finally:
            ended.set()
            thread.join()
        # What somebody saw in a block is in the same block, of the same hash.
        final = hashes(client)
        assert len(final) == len(signed) + 1
        assert {number: final[number] for number in seen} == seen
        assert client.call("eth_getTransactionCount", wallet.account.address, "latest") == hex(len(signed))


def test_the_front_killed_comes_back_at_the_same_address(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        wallet, client, url = Wallet(devnet), rpc(devnet), devnet.url
        client.call("eth_sendRawTransaction", wallet.transaction(0))
        before, running = hashes(client), processes(folder / "devnet")
        front = read_record(folder / "devnet" / "front.pid")
        assert front is not None
        os.kill(front.pid, signal.SIGKILL)
        assert wait_until_gone(running)
        assert wait_until_reaped(devnet)
        devnet.start()
        assert devnet.url == url
        assert hashes(rpc(devnet)) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_when_the_owner_is_killed(folder: Path, number: signal.Signals) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder / "devnet")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    with owner:
        assert owner.stdout.readline().startswith(b"http://")
        running = processes(folder / "devnet")
        assert len(running) == 2
        owner.send_signal(number)
        owner.wait(scaled(20))
    assert wait_until_gone(running)
    with Devnet(folder / "devnet") as devnet:
        assert devnet.chain_id > 0


def test_an_orphan_of_an_earlier_run_is_ended(folder: Path) -> None:
    state = folder / "devnet"
    with Devnet(state):
        pass
    orphan = subprocess.Popen(["/bin/sleep", "600"])
    stranger = subprocess.Popen(["/bin/sleep", "600"])
    try:
        identity = identify(orphan.pid)
        assert identity is not None
        record = {"pid": identity.pid, "started": identity.started, "boot": identity.boot}
        (state / "front.pid").write_text(json.dumps(record))
        # A process that merely has the recorded number is not ours to end.
        other = {"pid": stranger.pid, "started": identity.started - 1, "boot": identity.boot}
        (state / "anvil.pid").write_text(json.dumps(other))
        with Devnet(state):
            assert orphan.wait(scaled(5)) == -signal.SIGTERM
            assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def test_a_folder_has_one_owner(folder: Path) -> None:
    with Devnet(folder / "devnet"):
        with pytest.raises(RefusedError, match=str(os.getpid())) as caught:
            Devnet(folder / "devnet").start()
        assert caught.value.code == "state.in_use"
    Devnet(folder / "devnet").start().stop()


def test_start_and_stop_may_be_repeated(folder: Path) -> None:
    devnet = Devnet(folder / "devnet")
    devnet.start()
    running = processes(folder / "devnet")
    devnet.start()
    assert processes(folder / "devnet") == running
    devnet.stop()
    devnet.stop()
    assert wait_until_gone(running, 0)


def test_nobody_can_act_without_a_signature(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        client = rpc(devnet)
        for method in ("anvil_setBalance", "anvil_impersonateAccount", "eth_sendTransaction", "evm_revert", "eth_sign"):
            with pytest.raises(RpcError, match="not served"):
                client.call(method, "0x" + "11" * 20, "0x1")


def test_a_transaction_ahead_of_its_turn_is_refused_and_forgotten(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        wallet, client = Wallet(devnet), rpc(devnet)
        with pytest.raises(RpcError, match="nonce too high"):
            client.call("eth_sendRawTransaction", wallet.transaction(1))
        client.call("eth_sendRawTransaction", wallet.transaction(0))
        assert client.call("eth_getTransactionCount", wallet.account.address, "latest") == "0x1"


def test_calls_on_the_pending_block_see_the_present_after_a_restart(folder: Path) -> None:
    with Devnet(folder / "devnet") as devnet:
        devnet.mine()
    lines = (folder / "devnet" / "journal.jsonl").read_text().splitlines()
    genesis = json.loads(lines[0])
    assert genesis["time"] <= json.loads(lines[1])["time"]
    time.sleep(1.1)
    with Devnet(folder / "devnet") as devnet:
        block = rpc(devnet).call_object("eth_getBlockByNumber", "pending", False)
        assert int(str(block["timestamp"]), 16) >= int(time.time()) - 1


@pytest.mark.parametrize(("last", "how"), [(2, "cannot be mined again"), (3, "when mined again")])
def test_a_journal_that_was_changed_is_refused(folder: Path, last: int, how: str) -> None:
    with Devnet(folder / "devnet") as devnet:
        devnet.mine(3)
    path = folder / "devnet" / "journal.jsonl"
    header, *lines = path.read_text().splitlines(keepends=True)
    entries = [json.loads(line) for line in lines]
    # Blocks 2 and 3 an hour later can be mined, with other hashes; block 2 alone would be later than block 3.
    for entry in entries[1:last]:
        entry["time"] += 3600
    path.write_text("".join([header, *(json.dumps(entry) + "\n" for entry in entries)]))
    sequencer = Sequencer(folder / "devnet")
    with pytest.raises(VerificationError, match=how) as caught:
        sequencer.start()
    assert caught.value.code == "chain.replay_differs"
    assert processes(folder / "devnet") == []
