"""Evidence from the chain for a verifier without one: receipts, their blocks' headers, and what proves those.

The verifying side is :mod:`protocol.chainproof`, :mod:`protocol.ancestry` and :mod:`protocol.finality`; everything made
here is checked with it before it is handed out.

Sources: Ethereum yellow paper 4.3 and appendix D; EIP-2718 (typed receipts); header fields of EIP-1559, 4895, 4844,
4788, 7685 in this order.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap, takewhile
from typing import Final

from eth_utils.address import to_checksum_address
from trie.hexary import HexaryTrie

from chain.deployment import Deployment
from chain.endpoint import Endpoint, Json, RawReceipt
from chain.errors import EndpointError
from chain.gateway import Gateway
from protocol import ancestry, chainproof, qbft, registers, rlp
from protocol.ancestry import Ancestor, Descent, Window
from protocol.bundle import ReceiptProof
from protocol.chainproof import Block
from protocol.errors import FormatError, VerificationError
from protocol.registers import Register
from protocol.trust import Trust

_REMEMBERED: Final = 256
_FIXED: Final = "bytes"
_NUMBER: Final = "number"
_HEADER: Final = (
    ("parentHash", _FIXED),
    ("sha3Uncles", _FIXED),
    ("miner", _FIXED),
    ("stateRoot", _FIXED),
    ("transactionsRoot", _FIXED),
    ("receiptsRoot", _FIXED),
    ("logsBloom", _FIXED),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _FIXED),
    ("mixHash", _FIXED),
    ("nonce", _FIXED),
)
_LATER: Final = (
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", _FIXED),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", _FIXED),
    ("requestsHash", _FIXED),
)


def header_rlp(block: Json) -> bytes:
    """The header of a block from its JSON-RPC fields; EndpointError when its hash is not the block's."""
    # Fields stand by position: without one (QBFT has no beacon root) none of a later fork can follow.
    later = takewhile(lambda item: block.get(item[0]) is not None, _LATER)
    header = rlp.encode([_field(block, name, kind) for name, kind in (*_HEADER, *later)])
    found = chainproof.parse_header(header).hash
    if found != _bytes(block["hash"]):
        raise EndpointError(
            "chain.header_mismatch",
            f"The header of block {block['number']} does not hash to what the endpoint says.",
            "Use an endpoint that returns every header field, of a fork up to Osaka.",
        )
    return header


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction's receipt stands; the hash says of which of two competing blocks."""

    block: int
    block_hash: bytes
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """Which registered facts a bundle needs. Ids are 32 bytes, as on chain.

    ``key_periods`` are (party, period from 1), ``releases`` programs and engines, ``successions`` (older, newer), ``anchors``
    (party, epoch, size), ``tasks`` whose own record tells how they ended and what did not happen.
    """

    key_periods: tuple[tuple[bytes, int], ...] = ()
    data_sets: tuple[tuple[bytes, int], ...] = ()
    releases: tuple[bytes, ...] = ()
    successions: tuple[tuple[bytes, bytes], ...] = ()
    authorizations: tuple[bytes, ...] = ()
    anchors: tuple[tuple[bytes, int, int], ...] = ()
    tasks: tuple[bytes, ...] = ()

    def slots(self) -> list[registers.Slot]:
        """Where these facts stand."""
        return [
            *(slot for party, period in self.key_periods for slot in registers.key_period_slots(party, period)),
            *(slot for data_set, version in self.data_sets for slot in registers.data_set_slots(data_set, version)),
            *(slot for release in self.releases for slot in registers.release_slots(release)),
            *(registers.succession(older, newer) for older, newer in self.successions),
            *(slot for digest in self.authorizations for slot in registers.authorization_slots(digest)),
            *(registers.anchored_root(*anchor) for anchor in self.anchors),
            *(slot for task in self.tasks for slot in registers.task_slots(task)),
        ]


@dataclass(frozen=True, slots=True)
class ChainEvidence:
    """The chain's part of a bundle: see :class:`protocol.bundle.BundleMaterial`."""

    descent: Descent
    seals: tuple[bytes, ...]
    registers: dict[str, Register]
    receipts: tuple[ReceiptProof, ...]


class Prover:
    """Makes evidence from one endpoint. Headers and receipts of a block are fetched once; one thread at a time.

    ``contracts`` are the deployment's addresses, for their registers.
    """

    def __init__(self, endpoint: Endpoint, contracts: Mapping[str, str] | None = None) -> None:
        self._endpoint: Final = endpoint
        self._contracts: Final = dict(contracts or {})
        self._blocks: Final = OrderedDict[bytes, _Known]()
        self._genesis: bytes | None = None

    def evidence(self, places: Sequence[Place], facts: Facts, head: int) -> ChainEvidence:
        """Everything that proves these receipts and registered facts, below block ``head``.

        Calls to the endpoint: two for each block with a receipt, one for each window of blocks proven, one for each
        contract's registers, one for the head and, once, one for the genesis; a change of validators costs more of them. The chain's age costs none.
        """
        known = {place.block: self._known(place.block, place.block_hash) for place in places}
        header = known[head].header if head in known else self.header(head)
        proofs = [self._receipt_proof(place, known[place.block]) for place in places]
        return ChainEvidence(
            self.descent(header, [block.header for block in known.values()]),
            self.seals(header),
            self.registers(header, facts),
            tuple(sorted(proofs, key=lambda proof: (proof.block, proof.index))),
        )

    def header(self, number: int) -> bytes:
        """A block's header as it is on the chain now, with its seals."""
        found = self._endpoint.block(number)
        if found is None:
            raise _missing(f"Block {number}")
        return header_rlp(found)

    def descent(self, head: bytes, headers: Iterable[bytes]) -> Descent:
        """Proofs of ``headers`` (below ``head``, in any order) in as few windows as lead down to the oldest."""
        head = chainproof.hashed_form(head)
        base = chainproof.parse_header(head)
        wanted = {chainproof.parse_header(header).number: chainproof.hashed_form(header) for header in headers}
        wanted.pop(base.number, None)
        left = sorted(wanted, reverse=True)
        windows: list[Window] = []
        while left:
            inside = [number for number in left if number >= base.number - ancestry.WINDOW]
            left = left[len(inside) :]
            lowest = base.number - ancestry.WINDOW
            if left and (not inside or left[0] < inside[-1] - ancestry.WINDOW) and lowest not in inside:
                wanted[lowest] = chainproof.hashed_form(self.header(lowest))
                inside.append(lowest)
            windows.append(self.window(base, [wanted[number] for number in inside]))
            base = chainproof.parse_header(wanted[inside[-1]])
        return Descent(head, tuple(windows))

    def window(self, base: Block, headers: Sequence[bytes]) -> Window:
        """What the state of ``base`` proves of earlier headers (newest first, in hashed form), checked."""
        slots = [chainproof.parse_header(header).number % ancestry.WINDOW for header in headers]
        proof = self._endpoint.proof(f"0x{ancestry.HISTORY.hex()}", slots, base.number)
        blocks = tuple(starmap(Ancestor, zip(headers, proof.storage, strict=True)))
        window = Window(proof.account, blocks)
        try:
            ancestry.verify_window(base, window)
        except VerificationError as error:
            raise EndpointError(
                "chain.proof_mismatch",
                f"The endpoint's proofs in the state of block {base.number} do not hold: {error.what}",
                "Try again; use a chain with EIP-2935 from its genesis, and a node that has that block's state.",
            ) from error
        return window

    def registers(self, head: bytes, facts: Facts) -> dict[str, Register]:
        """What the contracts hold of ``facts`` in the state of ``head``: one call for each contract."""
        number = chainproof.parse_header(head).number
        slots = facts.slots()
        found: dict[str, Register] = {}
        for contract, address in self._contracts.items():
            wanted = sorted({slot for name, slot in slots if name == contract})
            proof = self._endpoint.proof(address, wanted, number)
            found[contract] = Register(proof.account, tuple(zip(wanted, proof.storage, strict=True)))
        return found

    def path(self, top: int, bottom: bytes) -> Descent:
        """From block ``top`` down to the header ``bottom``, in hops of at most 8,191 blocks, one call and one header each."""
        end = chainproof.parse_header(bottom).number
        head = chainproof.hashed_form(self.header(top))
        windows: list[Window] = []
        base = chainproof.parse_header(head)
        while base.number > end:
            number = max(end, base.number - ancestry.WINDOW)
            header = bottom if number == end else self.header(number)
            windows.append(self.window(base, [chainproof.hashed_form(header)]))
            base = chainproof.parse_header(header)
        return Descent(head, tuple(windows))

    def seals(self, head: bytes) -> tuple[bytes, ...]:
        """The genesis header and, under QBFT, the headers that carry trust in its validators over to the head's."""
        if self._genesis is None:
            self._genesis = chainproof.hashed_form(self.header(0))
        if not qbft.is_qbft(rlp.decode_list(self._genesis)):
            return (self._genesis,)
        found = [self._genesis]
        for header in self._bridge(self._genesis, head)[:-1]:
            if _validators(header) != _validators(found[-1]):  # otherwise it carries no trust further
                found.append(header)
        return (*found, head)

    def _bridge(self, low: bytes, high: bytes) -> tuple[bytes, ...]:
        """Sealed headers from ``low`` (exclusive) to ``high``, halving the way wherever the validators changed too much."""
        try:
            qbft.verify_seals(rlp.decode_list(high), _validators(low))
        except VerificationError:
            first, last = chainproof.parse_header(low).number, chainproof.parse_header(high).number
            if last - first < 2:
                raise
            middle = self.header((first + last) // 2)
            return (*self._bridge(low, middle), *self._bridge(middle, high))
        return (high,)

    def _receipt_proof(self, place: Place, known: "_Known") -> ReceiptProof:
        hashes = [one.transaction_hash for one in known.receipts]
        if place.transaction not in hashes:
            raise _missing(f"Transaction 0x{place.transaction.hex()} of block {place.block}")
        index = hashes.index(place.transaction)
        nodes = tuple(rlp.encode(node) for node in known.trie.get_proof(_key(index)))
        proof = ReceiptProof(place.block, index, receipt_rlp(known.receipts[index]), nodes)
        chainproof.verify_receipt(chainproof.parse_header(known.header), index, proof.receipt, proof.nodes)
        return proof

    def _known(self, number: int, digest: bytes) -> "_Known":
        """A block's header and receipts, remembered by its hash."""
        found = self._blocks.get(digest)
        if found is None:
            found = self._blocks[digest] = _known(self._endpoint, number, digest)
            while len(self._blocks) > _REMEMBERED:
                self._blocks.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    header: bytes
    receipts: tuple[RawReceipt, ...]
    trie: HexaryTrie


def whole_receipts(endpoint: Endpoint, number: int, digest: bytes) -> tuple[RawReceipt, ...]:
    """All receipts of a block by its hash: what the header does not confirm is no answer."""
    return _known(endpoint, number, digest).receipts


def _known(endpoint: Endpoint, number: int, digest: bytes) -> _Known:
    found = endpoint.block(number)
    if found is None:
        raise _missing(f"Block {number}")
    header = header_rlp(found)
    block = chainproof.parse_header(header)
    if block.hash != digest:
        raise EndpointError("chain.reorganised", f"Block {number} was replaced while it was read.", "Try again.")
    receipts = endpoint.receipts(digest)
    trie = _trie(receipts)
    if trie.root_hash != block.receipts_root:
        raise EndpointError(
            "chain.receipts_mismatch",
            f"The receipts of block {number} do not hash to its receiptsRoot.",
            "Use an endpoint that returns receipts whole.",
        )
    return _Known(header, receipts, trie)


def _validators(header: bytes) -> qbft.Validators:
    return qbft.validators_of(rlp.decode_list(header))


def receipt_rlp(receipt: RawReceipt) -> bytes:
    """The receipt as it stands in the trie: its type byte, unless legacy, and the RLP of its four fields."""
    fields = receipt.fields
    kind = _bytes_of_number(fields.get("type", "0x0"))
    logs = [[bytes.fromhex(log.address[2:]), list(log.topics), log.data] for log in receipt.logs]
    status = b"\x01" if receipt.succeeded else b""
    return kind + rlp.encode([status, _bytes_of_number(fields["cumulativeGasUsed"]), _bytes(fields["logsBloom"]), logs])


def _trie(receipts: tuple[RawReceipt, ...]) -> HexaryTrie:
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie.set(_key(index), receipt_rlp(receipt))
    return trie


def _key(index: int) -> bytes:
    return rlp.encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))


def _field(block: Json, name: str, kind: str) -> bytes:
    if name not in block:
        raise EndpointError(
            "chain.header_incomplete", f"The endpoint's blocks have no {name}.", "Use another endpoint."
        )
    return _bytes(block[name]) if kind == _FIXED else _bytes_of_number(block[name])


def _bytes(value: object) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    raise FormatError("chain.not_hex", f"{value!r} is not 0x and hex digits.", "Use another endpoint.")


def _bytes_of_number(value: object) -> bytes:
    """A quantity as RLP has numbers: big-endian without leading zeros, zero as nothing."""
    number = int(str(value), 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _missing(what: str) -> EndpointError:
    return EndpointError("chain.not_found", f"{what} is not known to the endpoint.", "Wait for it, or use a full node.")


def compare_with_trust(rpc_url: str, trust: Trust) -> None:
    """Checks that a live endpoint serves the chain and code of a trust root; WrongChainError or EndpointError if not.

    The deployment id needs no check of its own: it is an immutable, so part of the code that is compared.
    """
    deployment = Deployment(
        chain_id=trust.chain_id,
        deployment_id=f"0x{trust.deployment.hex()}",
        genesis_hash=f"0x{trust.genesis_hash.hex()}",
        contracts={name: to_checksum_address(address) for name, address in trust.contracts},
        runtime_code_hashes={name: f"0x{code.hex()}" for name, code in trust.runtime_code_hashes},
        confirmations=trust.confirmations,
        deployed_block=0,
    )
    Gateway(rpc_url, deployment).check()
