"""The tlog-tiles layout: the specification's own examples, and a log rebuilt from its tiles alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import tiles
from protocol.errors import FormatError
from protocol.merkle import MerkleTree, leaf_hash, root_of
from protocol.tiles import Tile, changed_tiles, parse_path, tiles_of

SIZES = (0, 1, 2, 255, 256, 257, 511, 512, 513, 700, 65535, 65536, 65537)


@pytest.fixture(scope="module")
def tree() -> MerkleTree:
    return MerkleTree(leaf_hash(i.to_bytes(4, "big")) for i in range(66_000))


def test_examples_of_the_specification() -> None:
    assert Tile(3, 1_234_067).path == "tile/3/x001/x234/067"
    assert Tile(None, 1_234_067, 8).path == "tile/entries/x001/x234/067.p/8"
    assert Tile(0, 5).path == "tile/0/005"
    found = list(tiles_of(70_000))
    assert len([tile for tile in found if tile.level == 0 and tile.width == 256]) == 273
    assert [tile for tile in found if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert Tile(1, 2).start == 2 * 65_536


@pytest.mark.parametrize("size", SIZES)
def test_the_root_follows_from_the_tiles_alone(tree: MerkleTree, size: int) -> None:
    stored = {tile: tiles.parse_tile(tile, tiles.tile_bytes(tree, tile)) for tile in tiles_of(size)}
    level0 = [h for tile in sorted(stored, key=lambda t: t.index) if tile.level == 0 for h in stored[tile]]
    assert root_of(level0) == tree.root(size)
    for tile, hashes in stored.items():
        if tile.level is not None and tile.width == 256:
            above = next(t for t in stored if t.level == tile.level + 1 and t.index == tile.index // 256)
            assert stored[above][tile.index % 256] == tiles.tile_root(hashes)


@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_growing_writes_exactly_what_is_new(a: int, b: int) -> None:
    old, new = sorted((a, b))
    assert set(changed_tiles(old, new)) == set(tiles_of(new)) - set(tiles_of(old))


@given(st.none() | st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_paths_round_trip(level: int | None, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_path(tile.path) == tile


@given(st.text(alphabet="tile/entrs0123456789xp.", max_size=30) | st.text(max_size=20))
def test_a_path_is_refused_or_is_the_canonical_one(path: str) -> None:
    try:
        tile = parse_path(path)
    except FormatError:
        return
    assert tile.path == path


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/5",
        "tile/0/0005",
        "tile/00/005",
        "tile/64/005",
        "tile/0/000/005",
        "tile/0/x000/005",
        "tile/0/x001/x234",
        "tile/0/005.p/0",
        "tile/0/005.p/256",
        "tile/0/005.p/07",
        "tile/0/005.p/",
        "/tile/0/005",
        "tile/0/../005",
        "tile/0/005\n",
        "tile/-1/005",
        "tile/0/٠٠٥",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(FormatError, match=r"tile\.path"):
        parse_path(path)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_entry_bundles_round_trip(entries: list[bytes]) -> None:
    data = tiles.encode_entries(entries)
    tile = Tile(None, 0, len(entries))
    assert tiles.parse_entries(tile, data) == tuple(entries)
    for bad in (data + b"\0", data[:-1]):
        with pytest.raises(FormatError, match=r"tile\.bundle"):
            tiles.parse_entries(tile, bad)
    if len(entries) < 256:
        with pytest.raises(FormatError, match=r"tile\.bundle"):
            tiles.parse_entries(Tile(None, 0, len(entries) + 1), data)


@given(st.binary(max_size=60), st.integers(1, 256))
def test_any_bundle_bytes_end_in_an_answer(data: bytes, width: int) -> None:
    try:
        entries = tiles.parse_entries(Tile(None, 0, width), data)
    except FormatError:
        return
    assert tiles.encode_entries(entries) == data


def test_bundles_cover_the_log() -> None:
    assert list(tiles.bundles_of(0)) == []
    assert list(tiles.bundles_of(513)) == [Tile(None, 0), Tile(None, 1), Tile(None, 2, 1)]


def test_refused(tree: MerkleTree) -> None:
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(FormatError, match=r"tile\.address"):
            Tile(level, index, width)
    with pytest.raises(FormatError, match=r"tile\.address"):
        tiles.tile_bytes(tree, Tile(None, 0))
    with pytest.raises(FormatError, match=r"merkle\.out_of_range"):
        tiles.tile_bytes(tree, Tile(0, 300))
    with pytest.raises(FormatError, match=r"tile\.size"):
        tiles.parse_tile(Tile(0, 0, 2), bytes(63))
    with pytest.raises(FormatError, match=r"tile\.partial"):
        tiles.tile_root([bytes(32)])
    with pytest.raises(FormatError, match=r"tile\.bundle"):
        tiles.encode_entries([])
    with pytest.raises(FormatError, match=r"tile\.entry_too_large"):
        tiles.encode_entries([bytes(65_536)])
    with pytest.raises(FormatError, match=r"tile\.sizes"):
        changed_tiles(2, 1)
