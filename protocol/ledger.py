"""What the chain said, as far as a bundle proves it: a head that trust or seals make real, blocks below it, receipts.

Only events of the trusted contracts' addresses count. An event that is *not* in the bundle proves nothing: where a step
needs absence (no such version, no start of the task) it reads the contracts' registers in the head's state, and where there
is none to read (no revocation before the start, how many approvals a succession had then) it rests on a later event that
the contract emits only after checking, and says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from protocol import chainproof, events, finality
from protocol.ancestry import Descent
from protocol.bundle import BundleMaterial
from protocol.chainproof import Block
from protocol.errors import VerificationError
from protocol.programs import Words
from protocol.registers import Registers
from protocol.trust import Trust

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Found(Generic[E]):
    """One proven event and where it stands."""

    event: E
    block: int
    block_hash: bytes
    timestamp: int
    transaction: int
    position: int


@dataclass(frozen=True, slots=True)
class Unbound:
    """Why nothing makes a bundle's head real, and what would."""

    lacking: Words


class Ledger:
    """The proven events, in chain order."""

    def __init__(
        self,
        found: Iterable[Found[Any]],
        registers: Registers,
        head: int,
        binding: Words | Unbound,
        hashes: Mapping[int, bytes],
    ) -> None:
        self.found = tuple(found)
        self.hashes = hashes
        """Hashes of the proven blocks, by number."""
        self.registers = registers
        """What the contracts hold at the head: registrations, keys, consents, anchored roots."""
        self.head = head
        """The bundle's last block, by whose state and hash everything else is proven."""
        self.binding = binding
        """What makes that block real: a trusted hash, a path from one, or seals; or what is missing for that."""

    @classmethod
    def read(cls, material: BundleMaterial, trust: Trust, path: Descent | None = None) -> Self:
        """Check blocks and receipts; raises :class:`VerificationError` for the first that does not hold."""
        blocks = material.descent.verify()
        sealed = finality.verify(material.seals, blocks[0], trust.genesis_hash)
        binding = _binding(blocks, trust, path, sealed=sealed)
        registers = Registers.read(material.registers, blocks[0].state_root, trust)
        by_number = {block.number: block for block in blocks}
        contracts = {bytes.fromhex(address[2:]): name for name, address in trust.contracts}
        found: list[Found[Any]] = []
        order = [(proof.block, proof.index) for proof in material.receipts]
        if order != sorted(set(order)):
            raise VerificationError("bundle.receipts", "The receipts are out of order or doubled.", "Fetch it again.")
        for proof in material.receipts:
            if proof.block + trust.confirmations > blocks[0].number:
                raise VerificationError(
                    "chain.not_final",
                    f"Block {proof.block} has fewer than {trust.confirmations} confirmations at block {blocks[0].number}.",
                    "Fetch the bundle again later.",
                )
            block = by_number.get(proof.block)
            if block is None:
                raise VerificationError(
                    "chain.block_missing",
                    f"Nothing proves block {proof.block}, whose receipt is here.",
                    "Fetch it again.",
                )
            receipt = chainproof.verify_receipt(block, proof.index, proof.receipt, proof.nodes)
            if not receipt.succeeded:
                raise VerificationError(
                    "chain.reverted", f"A transaction of block {proof.block} failed.", "Fetch again."
                )
            for position, log in enumerate(receipt.logs):
                if log.address in contracts:
                    event = events.decode(contracts[log.address], log.topics, log.data)
                    found.append(Found(event, block.number, block.hash, block.timestamp, proof.index, position))
        needed = material.descent.bases() | {block for block, _ in order} | {blocks[0].number}
        if unused := by_number.keys() - needed:
            raise VerificationError(
                "bundle.unused_block", f"Block {min(unused)} proves nothing here.", "Fetch the bundle again."
            )
        return cls(found, registers, blocks[0].number, binding, {block.number: block.hash for block in blocks})

    def of(self, kind: type[E], **fields: object) -> list[Found[E]]:
        """Events of a kind whose fields have the given values."""
        return [
            item
            for item in self.found
            if isinstance(item.event, kind)
            and all(getattr(item.event, name) == value for name, value in fields.items())
        ]

    def one(self, kind: type[E], **fields: object) -> Found[E] | None:
        """The only such event, or None; two are a contradiction."""
        found = self.of(kind, **fields)
        if len(found) > 1:
            raise VerificationError("chain.event_twice", f"{kind.__name__} occurs {len(found)} times.", "Report it.")
        return found[0] if found else None


def _binding(blocks: Sequence[Block], trust: Trust, path: Descent | None, *, sealed: bool) -> Words | Unbound:
    """What makes ``blocks[0]`` real. A block below it binds nothing: whoever forges a head can leave what is below."""
    head = blocks[0]
    if trust.head is not None:
        number, digest = trust.head
        for block in blocks:
            if block.number == number and block.hash != digest:
                raise VerificationError(
                    "chain.head",
                    f"Block {number} is {block.hash.hex()}, trusted is {digest.hex()}.",
                    "Ask your own chain endpoint for the hash of that block.",
                )
        if number == head.number:
            return Words(f"block {number}, which the trust root names", f"信任根所载的区块{number}")
        if number > head.number and path is not None:
            hops = _follow(path, trust.head, head)
            return Words(
                f"block {head.number}, {hops} hops below block {number}, which the trust root names",
                f"区块{head.number}，自信任根所载的区块{number}经{hops}跳可达",
            )
    if sealed:
        return Words(
            f"block {head.number}, sealed by a quorum of the validators that follow from the trusted genesis",
            f"区块{head.number}，由可信创世块所确定的验证者法定多数签章",
        )
    return _unbound(head.number, trust.head)


def _follow(path: Descent, trusted: tuple[int, bytes], head: Block) -> int:
    """How many hops lead from the trusted block to ``head``."""
    blocks = path.verify()
    if (blocks[0].number, blocks[0].hash) != trusted or blocks[-1].hash != head.hash:
        raise VerificationError(
            "chain.path",
            f"The path leads from block {blocks[0].number} {blocks[0].hash.hex()} to block {blocks[-1].number} "
            f"{blocks[-1].hash.hex()}, not from the trusted block {trusted[0]} to the bundle's head {head.number}.",
            "Get the path for this trust root and this bundle.",
        )
    return len(blocks) - 1


def _unbound(head: int, trusted: tuple[int, bytes] | None) -> Unbound:
    if trusted is None:
        return Unbound(
            Words(
                "This chain's blocks carry no validators' seals, so the genesis alone binds nothing: add the hash of block "
                f"{head} or of a later one, as your own chain endpoint tells it, as `head` to the trust file.",
                f"该链区块没有验证者签章，仅凭创世块不足为据：请将自有节点给出的区块{head}或其后区块的哈希作为head写入信任文件。",
            )
        )
    if trusted[0] > head:
        return Unbound(
            Words(
                f"The trusted block {trusted[0]} is later than the bundle's head, block {head}, and the path between them "
                f"is missing: fetch it with `tally task path TASK path.json --head {trusted[0]}` and pass --path path.json, "
                "or pass --rpc with an endpoint that has historical state.",
                f"可信区块{trusted[0]}晚于证据包的头区块{head}，缺少两者之间的路径：请用 `tally task path TASK path.json "
                f"--head {trusted[0]}` 获取并以 --path path.json 传入，或用 --rpc 指定保留历史状态的节点。",
            )
        )
    return Unbound(
        Words(
            f"The trusted block {trusted[0]} is earlier than the bundle's head, block {head}, and binds nothing after "
            "itself: name a later one as `head` in the trust file.",
            f"可信区块{trusted[0]}早于证据包的头区块{head}，对其后的区块没有约束力：请在信任文件的head中写入更晚的区块。",
        )
    )
