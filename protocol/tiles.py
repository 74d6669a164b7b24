"""The C2SP tlog-tiles layout of a log on disk: where each hash and entry is, as pure functions.

A tile holds 256 consecutive subtree hashes of one level; the tiles of level L + 1 hold the roots of full tiles of
level L. Anybody's tlog tools can read a node's log from these files. Entries are access-controlled, tiles may be
public.

Source: https://c2sp.org/tlog-tiles
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from protocol.errors import FormatError
from protocol.merkle import HASH_SIZE, MerkleTree, root_of

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
MAX_ENTRY: Final = 0xFFFF
"""An entry bundle's length prefix has 16 bits."""
CHECKPOINT_PATH: Final = "checkpoint"

_MAX_LEVEL = 63
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(x[0-9]{3}/){0,6}[0-9]{3})(\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """Address of a tile (or, with ``level`` None, of an entry bundle): ``width`` 256 is a full one."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Refuse addresses that no log has."""
        level_ok = self.level is None or 0 <= self.level <= _MAX_LEVEL
        if not (level_ok and 0 <= self.index < 1000**7 and 1 <= self.width <= TILE_WIDTH):
            raise FormatError("tile.address", f"There is no tile {self!r}.", "Ask for a tile of the log.")

    @property
    def path(self) -> str:
        """``tile/<L>/<N>[.p/<W>]``, or ``tile/entries/<N>[.p/<W>]``."""
        level = "entries" if self.level is None else str(self.level)
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_index_path(self.index)}{suffix}"

    @property
    def start(self) -> int:
        """Index of the first log entry below this tile."""
        return self.index << (TILE_HEIGHT * ((self.level or 0) + 1))


def parse_path(path: str) -> Tile:
    """The address behind a path; only the one canonical spelling is accepted."""
    match = _PATH.fullmatch(path)
    if match:
        level = None if match["level"] == "entries" else int(match["level"])
        width = int(match["width"]) if match["width"] else TILE_WIDTH
        if (level is None or level <= _MAX_LEVEL) and width <= TILE_WIDTH:
            tile = Tile(level, int(match["index"].replace("x", "").replace("/", "")), width)
            if tile.path == path:
                return tile
    raise FormatError("tile.path", f"{path!r} is no tile path.", "Paths look like tile/0/x001/234 or tile/0/005.p/17.")


def tiles_of(size: int) -> Iterator[Tile]:
    """Every hash tile of a log of ``size`` entries, level by level, the partial one of each level last."""
    level, hashes = 0, size
    while hashes:
        full, rest = divmod(hashes, TILE_WIDTH)
        for index in range(full):
            yield Tile(level, index)
        if rest:
            yield Tile(level, full, rest)
        level, hashes = level + 1, full


def bundles_of(size: int) -> Iterator[Tile]:
    """Every entry bundle of a log of ``size`` entries."""
    full, rest = divmod(size, TILE_WIDTH)
    for index in range(full):
        yield Tile(None, index)
    if rest:
        yield Tile(None, full, rest)


def changed_tiles(old_size: int, new_size: int) -> list[Tile]:
    """The hash tiles to write when a log grows: those of the new size that the old one did not have."""
    if not 0 <= old_size <= new_size:
        raise FormatError("tile.sizes", f"A log never shrinks from {old_size} to {new_size}.", "Swap the sizes.")
    tiles: list[Tile] = []
    level, old, new = 0, old_size, new_size
    while new:
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            width = min(TILE_WIDTH, new - index * TILE_WIDTH)
            if index * TILE_WIDTH + width > old:
                tiles.append(Tile(level, index, width))
        level, old, new = level + 1, old // TILE_WIDTH, new // TILE_WIDTH
    return tiles


def tile_bytes(tree: MerkleTree, tile: Tile) -> bytes:
    """The hashes of a tile, concatenated."""
    if tile.level is None:
        raise FormatError("tile.address", "An entry bundle holds entries, not hashes.", "Use encode_entries.")
    height = TILE_HEIGHT * tile.level
    first = tile.index * TILE_WIDTH
    return b"".join(tree.subtree(height, first + i) for i in range(tile.width))


def parse_tile(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """Split a tile's bytes into its hashes; the length must be exact."""
    if len(data) != tile.width * HASH_SIZE:
        raise FormatError(
            "tile.size", f"{tile.path} has {len(data)} bytes, not {tile.width * HASH_SIZE}.", "Fetch the tile again."
        )
    return tuple(data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE))


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """The hash that a full tile has in the level above."""
    if len(hashes) != TILE_WIDTH:
        raise FormatError("tile.partial", "A partial tile has no hash in the level above.", "Wait until it is full.")
    return root_of(hashes)


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length as big-endian uint16."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise FormatError("tile.bundle", f"A bundle has 1 to 256 entries, not {len(entries)}.", "Split the entries.")
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise FormatError(
                "tile.entry_too_large", f"An entry has {len(entry)} bytes, at most {MAX_ENTRY} fit.", "Split it."
            )
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entries(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """Split an entry bundle of exactly ``tile.width`` entries."""
    offsets = [0]
    while offsets[-1] + 2 <= len(data) and len(offsets) <= tile.width:
        start = offsets[-1]
        offsets.append(start + 2 + int.from_bytes(data[start : start + 2], "big"))
    if len(offsets) != tile.width + 1 or offsets[-1] != len(data):
        raise FormatError(
            "tile.bundle", f"{tile.path} does not hold exactly {tile.width} whole entries.", "Fetch the bundle again."
        )
    return tuple(data[start + 2 : end] for start, end in pairwise(offsets))


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))
