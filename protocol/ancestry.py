"""Earlier blocks from a later one, without the headers between: EIP-2935 keeps the last 8,191 hashes in state.

The system contract writes, at the start of block n, the hash of block n - 1 to its storage slot (n - 1) mod 8191. So one
account proof and one storage proof against the state root of a header prove any of the 8,191 headers before it, and
hops of up to 8,191 blocks prove older ones. A *descent* is a header and windows below it; in a window every block is
proven by the state of one base, the head or the last block of the window before. Evidence uses it twice: from a bundle's
head down to the blocks of its receipts, and, as a file of its own (the *path*), from a trusted block down to that head.

Sources: EIP-2935; EIP-1186 (``eth_getProof``).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from eth_hash.auto import keccak

from protocol import canonical, chainproof, state
from protocol.chainproof import Block
from protocol.codec import hexadecimal
from protocol.errors import VerificationError
from protocol.fields import Fields, Many
from protocol.limits import LIMITS
from protocol.record import Record

WINDOW: Final = 8191
"""How many hashes the contract keeps (HISTORY_SERVE_WINDOW)."""
HISTORY: Final = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
"""Address of the contract (HISTORY_STORAGE_ADDRESS)."""
HISTORY_CODE: Final = bytes.fromhex("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d")
"""keccak256 of its runtime code: a chain whose genesis puts other code there proves nothing this way."""
PATH_FORMAT: Final = "tallystick/path/v1"
_WINDOWS: Final = 100_000
Header: TypeAlias = Annotated[bytes, hexadecimal(LIMITS.header)]
_FIX: Final = "Fetch the proof again, from another endpoint."


@dataclass(frozen=True, slots=True)
class Ancestor(Fields):
    """An earlier block's RLP header, and the storage proof that the base's state has its hash."""

    header: Header
    storage: Annotated[tuple[bytes, ...], state.NODES]


@dataclass(frozen=True, slots=True)
class Window(Fields):
    """Blocks proven by one base's state, newest first, and the account proof of the history contract in that state."""

    account: Annotated[tuple[bytes, ...], state.NODES]
    blocks: Annotated[tuple[Ancestor, ...], Many(WINDOW)]

    def single(self) -> tuple["Window", ...]:
        """The same as a window for each block, in order."""
        return tuple(Window(self.account, (block,)) for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Descent(Fields):
    """A block's RLP header, and what it proves of earlier ones."""

    head: Header
    windows: Annotated[tuple[Window, ...], Many(_WINDOWS)]

    @property
    def top(self) -> Block:
        """The head."""
        return _parse(self.head)

    def verify(self) -> tuple[Block, ...]:
        """The head and the proven blocks, newest first; VerificationError ``chain.*`` for the first that is not proven.

        Nothing here says that the head itself is real: somebody's trust or validators' seals do.
        """
        blocks = [self.top]
        for window in self.windows:
            blocks += verify_window(blocks[-1], window)
        return tuple(blocks)

    def bases(self) -> frozenset[int]:
        """Numbers of the blocks that later windows rest on."""
        return frozenset(chainproof.parse_header(window.blocks[-1].header).number for window in self.windows[:-1])


def verify_window(base: Block, window: Window) -> list[Block]:
    """The blocks that the state of ``base`` proves; VerificationError for the first that it does not."""
    if not window.blocks:
        raise VerificationError("chain.window", f"A window below block {base.number} is empty.", _FIX)
    storage = state.storage_root(base.state_root, HISTORY, window.account, HISTORY_CODE)
    found: list[Block] = []
    for ancestor in window.blocks:
        block = _parse(ancestor.header)
        before = found[-1].number if found else base.number
        if not base.number - WINDOW <= block.number < before:
            # Slots are used again every 8,191 blocks: a hash outside of the window is another block's, or stale.
            raise VerificationError(
                "chain.window",
                f"Block {block.number} is not below block {before} and at most {WINDOW} below block {base.number}.",
                _FIX,
            )
        kept = state.word(storage, block.number % WINDOW, ancestor.storage)
        if kept != block.hash:
            raise VerificationError(
                "chain.ancestor",
                f"The header of block {block.number} hashes to {block.hash.hex()}, the state of block {base.number} has "
                f"{kept.hex()}.",
                _FIX,
            )
        found.append(block)
    return found


def _parse(header: bytes) -> Block:
    """A header in the form that its hash is of: a QBFT header's round and seals are not hashed, so they must not be here."""
    block = chainproof.parse_header(header)
    if keccak(header) != block.hash:
        raise VerificationError(
            "chain.header_form", f"The header of block {block.number} carries bytes that its hash leaves out.", _FIX
        )
    return block


def path_data(path: Descent) -> bytes:
    """The canonical bytes of a path file."""
    return canonical.dumps({"format": PATH_FORMAT, **path.to_json()})


def read_path(data: bytes) -> Descent:
    """Read a path file."""
    value = canonical.loads(data, LIMITS.bundle_unpacked)
    record = Record(value, "path")
    record.const("format", PATH_FORMAT)
    rest = {name: record.take(name) for name in ("head", "windows")}
    record.done()
    return Descent.parse(rest, "path")


def join(parts: Sequence[Descent]) -> Descent:
    """One descent from several of which each begins where the one before ends."""
    for above, below in itertools.pairwise(parts):
        last = above.windows[-1].blocks[-1].header if above.windows else above.head
        if last != below.head:
            raise VerificationError("chain.path", "Two parts of the path do not meet.", _FIX)
    return Descent(parts[0].head, tuple(window for part in parts for window in part.windows))
