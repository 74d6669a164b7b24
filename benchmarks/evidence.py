"""``python -m benchmarks evidence``: what the chain's age costs a bundle.

On anvil with the project's contracts: parties are registered, blocks are mined up to the row's number, a task's ten
transactions follow, and the chain's part of their bundle is built and verified; registrations stay where they are, so
they are as old as the chain. Mining slows down as the history contract's 8,191 slots fill, so rows above 10,000 start
their chain 10,000 blocks below the row's number (``--number``): the ring is full there, as it is on an older chain.

The path is generated: a chain of that length with full rings and its hops, from the row's block down to block 10.
"""

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import rlp
from eth_account import Account
from eth_hash.auto import keccak
from eth_typing import Hash32
from trie.hexary import HexaryTrie

from chain.abi import Write
from chain.anvil import Anvil, AnvilOptions
from chain.bindings import party_registry
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.endpoint import Endpoint
from chain.gateway import Gateway
from chain.jsonrpc import RpcClient
from chain.proofs import ChainEvidence, Facts, Place, Prover
from chain.sequencer import free_port
from protocol import ancestry, canonical, chainproof, ids
from protocol.ancestry import Ancestor, Descent, Window
from protocol.registers import Registers
from protocol.registrations import Admission
from protocol.trust import Trust

RESULTS = Path(__file__).with_name("results_evidence.json")
BLOCKS = (10, 1_000, 10_000, 100_000, 200_000)
_MINED = 10_000
_PARTIES = 5
_TRANSACTIONS = 10
_GENESIS = 1_700_000_000
_BOTTOM = 10
_EMPTY = keccak(rlp.encode(b""))
T = TypeVar("T")


class _Anvil(Anvil):
    """An anvil whose genesis may have another number than 0."""

    first = 0

    def _arguments(self, states: Path) -> tuple[str, ...]:
        return (*super()._arguments(states), "--number", str(self.first))


class _Counted(Endpoint):
    """Counts its calls."""

    calls = 0

    def _call(self, method: str, *params: object) -> object:
        self.calls += 1
        return super()._call(method, *params)


def _from(first: int) -> AbstractContextManager[object]:
    """Where the chain starts later, its first block stands for block 0."""
    kept = Endpoint.block
    return patch.object(Endpoint, "block", lambda self, number: kept(self, number or first))


def measure(blocks: tuple[int, ...], *, write: bool) -> None:
    """Run, print the table, and keep it when asked."""
    rows: list[dict[str, Any]] = []
    for block in blocks:
        rows.append(measured(block))
        print(json.dumps(rows[-1]), flush=True)
    if write:
        found = {"machine": {"cores": os.cpu_count(), "python": platform.python_version()}, "rows": rows}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def measured(block: int) -> dict[str, Any]:
    """One row: the task's last block is ``block`` or soon after, the registrations' as early as the chain."""
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as folder:
        first = max(0, block - _MINED)
        anvil = _Anvil(Path(folder), AnvilOptions(31_337_002, _GENESIS, free_port()))
        anvil.first = first
        anvil.start()
        try:
            with _from(first):
                return {**_bundle(anvil, block), **_path(block)}
        finally:
            anvil.stop()


def _bundle(anvil: Anvil, block: int) -> dict[str, Any]:
    admin = Account.create()
    deployment = deploy(anvil.url, admin)
    gateway = Gateway(anvil.url, deployment, admin)
    parties = [f"party-{number}" for number in range(_PARTIES)]
    for name in parties:
        gateway.send(_admit(deployment, name))
    registered = gateway.head()
    if block > registered:
        RpcClient(anvil.options.port, timeout=900.0).call("anvil_mine", hex(block - registered))
    begin = gateway.head()
    for number in range(_TRANSACTIONS):
        gateway.send(_admit(deployment, f"event-{number}"))
    endpoint, places = gateway.endpoint, list[Place]()
    for number in range(begin + 1, gateway.head() + 1):
        found = endpoint.block_ref(number)
        assert found is not None
        places += [Place(number, found.hash, one.transaction_hash) for one in endpoint.receipts(found.hash)]
    assert len(places) == _TRANSACTIONS
    facts = Facts(key_periods=tuple((ids.on_chain(name), 1) for name in parties))
    counted = _Counted(anvil.url)
    prover = Prover(counted, deployment.contracts)
    last = gateway.head()
    build, evidence = _timed(lambda: prover.evidence(places, facts, last))
    verify, _ = _timed(lambda: _verify(evidence, deployment.trust(), parties))
    return {
        "block": block,
        "registered at": registered,
        "bytes": len(_data(evidence)),
        "build seconds": round(build, 3),
        "calls": counted.calls,
        "verify seconds": round(verify, 3),
    }


def _verify(evidence: ChainEvidence, trust: Trust, parties: list[str]) -> None:
    blocks = evidence.descent.verify()
    registers = Registers.read(evidence.registers, blocks[0].state_root, trust)
    assert all(registers.node_key(ids.on_chain(name), 1) for name in parties)
    by_number = {block.number: block for block in blocks}
    for proof in evidence.receipts:
        assert chainproof.verify_receipt(by_number[proof.block], proof.index, proof.receipt, proof.nodes).succeeded


def _data(evidence: ChainEvidence) -> bytes:
    """The chain's part of the bundle as it stands in its files."""
    return canonical.dumps(
        {
            "descent": evidence.descent.to_json(),
            "seals": ["0x" + header.hex() for header in evidence.seals],
            "state": {name: register.to_json() for name, register in evidence.registers.items()},
            "receipts": [proof.to_json() for proof in evidence.receipts],
        }
    )


def _path(block: int) -> dict[str, Any]:
    """Size and time of the path from ``block`` to block 10, over rings that are full."""
    history, accounts = HexaryTrie({}), HexaryTrie({})
    for slot in range(ancestry.WINDOW):
        history[_slot(slot)] = rlp.encode(keccak(slot.to_bytes(4, "big")))
    for account in range(100):
        accounts[keccak(account.to_bytes(20, "big"))] = rlp.encode([b"\1", b"", _EMPTY, keccak(b"")])
    number, header, windows = _BOTTOM, _header(_BOTTOM, bytes(32)), list[Window]()
    while number < block:
        history[_slot(number % ancestry.WINDOW)] = rlp.encode(chainproof.parse_header(header).hash.lstrip(b"\0"))
        accounts[keccak(ancestry.HISTORY)] = rlp.encode([b"\1", b"", history.root_hash, ancestry.HISTORY_CODE])
        ancestor = Ancestor(header, _nodes(history, _slot(number % ancestry.WINDOW)))
        windows.insert(0, Window(_nodes(accounts, keccak(ancestry.HISTORY)), (ancestor,)))
        number = min(block, number + ancestry.WINDOW)
        header = _header(number, accounts.root_hash)
    data = ancestry.path_data(Descent(header, tuple(windows)))
    seconds, blocks = _timed(lambda: ancestry.read_path(data).verify())
    assert (blocks[0].number, blocks[-1].number) == (block, _BOTTOM)
    return {"hops": len(windows), "path bytes": len(data), "path verify seconds": round(seconds, 4)}


def _header(number: int, state_root: bytes) -> bytes:
    return rlp.encode([
        bytes(32), bytes(32), bytes(20), state_root, _EMPTY, _EMPTY, bytes(256), 0, number, 30_000_000, 21_000,
        _GENESIS + number, b"", bytes(32), bytes(8), 0, _EMPTY, 0, 0, bytes(32), bytes(32),
    ])  # fmt: skip


def _slot(slot: int) -> bytes:
    return keccak(slot.to_bytes(32, "big"))


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    return tuple(rlp.encode(node) for node in trie.get_proof(key))


def _admit(deployment: Deployment, name: str) -> Write:
    wallet, signer = Account.create(), Account.create()
    message = Admission(
        name, wallet.address.lower(), signer.address.lower(), b"\1" * 32, b"\2" * 32, name, 7, bytes(32)
    )
    digest = Hash32(message.digest(deployment.domain(Admission.HOME)))
    by_wallet, by_node = (bytes(key.unsafe_sign_hash(digest).signature) for key in (wallet, signer))
    return party_registry.admit(party_registry.Admission(*message.chain_args()), by_wallet, by_node)


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.monotonic()
    found = action()
    return time.monotonic() - start, found
