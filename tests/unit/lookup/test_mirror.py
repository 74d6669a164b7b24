"""The mirror's table: whoever has an output finds its label, whoever has none finds random bytes."""

import hashlib
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from lookup import mirror, oprf
from lookup.mirror import Mirror
from protocol import canonical, dsse
from protocol.errors import RefusedError, TallyError, VerificationError
from protocol.lookup import MIRROR_TYPE, OUTPUT, POSITION, MirrorManifest, cell_size, oprf_input, packed, public_size

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
NOW = 1_800_000_000
OUTPUTS = st.binary(min_size=OUTPUT, max_size=OUTPUT)
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=20)


def manifest_of(table: bytes, label_bytes: int, **changes: object) -> MirrorManifest:
    fields: dict[str, object] = {
        "holder": "bank", "name": "blacklist", "version": 1, "extends": None, "public_key": b"\x07" * 32,
        "not_before": NOW, "not_after": NOW + 86_400, "cells": len(table) // cell_size(label_bytes), "label_bytes": label_bytes,
        "table": canonical.sha256(table),
    }  # fmt: skip
    return MirrorManifest(**{**fields, **changes})  # type: ignore[arg-type]


def file_of(table: bytes, label_bytes: int, **changes: object) -> bytes:
    manifest = manifest_of(table, label_bytes, **changes)
    return packed(dsse.sign(manifest.data(), PUBLIC, KEY.sign, MIRROR_TYPE), table)


@given(st.dictionaries(OUTPUTS, LABELS, max_size=40), st.lists(OUTPUTS, max_size=5), st.integers(1, 2**32 - 1))
def test_every_output_finds_its_label_and_no_other_does(
    entries: dict[bytes, str], others: list[bytes], version: int
) -> None:
    size = mirror.label_size(entries.values())
    table = mirror.table(list(entries.items()), version, size)
    found = Mirror.read(file_of(table, size, version=version), PUBLIC)
    assert {output: found.find(output) for output in entries} == entries
    assert [found.find(output) for output in others if output[:POSITION] not in {e[:POSITION] for e in entries}] == [
        None for output in others if output[:POSITION] not in {e[:POSITION] for e in entries}
    ]


def test_two_outputs_with_one_position_both_find_theirs() -> None:
    first, second = b"\x01" * OUTPUT, b"\x01" * POSITION + b"\x02" * (OUTPUT - POSITION)
    found = Mirror.read(file_of(mirror.table([(first, "a"), (second, "b")], 1, 8), 8), PUBLIC)
    assert (found.find(first), found.find(second)) == ("a", "b")


@given(st.integers(1, 2**24))
def test_sizes_are_few_and_an_eighth_more_at_most(count: int) -> None:
    size = public_size(count)
    assert max(count, 1024) <= size <= max(1024, count * 9 / 8 + 1)
    assert public_size(size) == size
    low = size.bit_length() - 4
    assert size >> low << low == size, "more than four significant bits would tell the count"


def test_padding_and_order_say_nothing_of_the_list() -> None:
    entries = [(secrets.token_bytes(OUTPUT), "x") for _ in range(100)]
    one, two = mirror.table(entries, 1, 8), mirror.table(entries[:3], 1, 8)
    assert len(one) == len(two) == public_size(100) * cell_size(8)
    cells = [one[i : i + cell_size(8)] for i in range(0, len(one), cell_size(8))]
    assert cells == sorted(cells)


def test_a_label_that_does_not_fit_or_would_be_changed_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"lookup\.long_label"):
        mirror.table([(b"\x01" * OUTPUT, "nine byte")], 1, 8)
    with pytest.raises(RefusedError, match=r"lookup\.long_label"):
        mirror.label_size(["x" * 256])
    with pytest.raises(TallyError, match=r"lookup\.label"):
        mirror.table([(b"\x01" * OUTPUT, "x\0")], 1, 8)


@pytest.mark.parametrize("place", [0, POSITION, POSITION + 4, cell_size(8) - 1])
def test_attack_a_forged_cell(place: int) -> None:
    """Who carries the mirror alters a cell: the table is not the signed one. A holder that signs such a cell is found by who asks for it."""
    entries = [(secrets.token_bytes(OUTPUT), "listed") for _ in range(3)]
    table = mirror.table(entries, 1, 8)
    output = entries[0][0]
    at = table.index(output[:POSITION])
    altered = bytearray(table)
    altered[at + place] ^= 1
    data = file_of(table, 8)
    with pytest.raises(VerificationError, match=r"lookup\.other_table"):
        Mirror.read(data[: -len(table)] + bytes(altered), PUBLIC)
    if place >= POSITION:
        signed = Mirror.read(file_of(bytes(altered), 8), PUBLIC)
        with pytest.raises(VerificationError, match=r"lookup\.forged_cell"):
            signed.find(output)


def test_attack_a_label_moved_to_another_entry() -> None:
    one, two = (secrets.token_bytes(OUTPUT) for _ in range(2))
    size = cell_size(8)
    table = mirror.table([(one, "good"), (two, "bad")], 1, 8)
    cells = {table[i : i + POSITION]: table[i + POSITION : i + size] for i in range(0, len(table), size)}
    cells[one[:POSITION]], cells[two[:POSITION]] = cells[two[:POSITION]], cells[one[:POSITION]]
    swapped = b"".join(position + cells[position] for position in sorted(cells))
    found = Mirror.read(file_of(swapped, 8), PUBLIC)
    for output in (one, two):
        with pytest.raises(VerificationError, match=r"lookup\.forged_cell"):
            found.find(output)


def test_attack_an_entry_hidden_by_disorder() -> None:
    output = b"\x00" * POSITION + b"\x05" * (OUTPUT - POSITION)
    table, size = mirror.table([(output, "x")], 1, 8), cell_size(8)
    with pytest.raises(VerificationError, match=r"lookup\.unsorted"):
        Mirror.read(file_of(table[size:] + table[:size], 8), PUBLIC)


def test_attack_an_addition_changes_a_label_and_the_two_are_compared() -> None:
    """One id, one key, two labels: under one nonce the ciphertexts' difference would be the labels' difference."""
    output = secrets.token_bytes(OUTPUT)
    sealed: list[bytes] = []
    for version, label in ((1, "yes"), (2, "no!")):
        table = mirror.table([(output, label)], version, 8, added=version > 1)
        at = table.index(output[:POSITION]) + POSITION
        sealed.append(table[at : at + 8])
    labels = bytes(a ^ b for a, b in zip(b"yes\0\0\0\0\0", b"no!\0\0\0\0\0", strict=True))
    assert bytes(a ^ b for a, b in zip(*sealed, strict=True)) != labels


def test_attack_an_old_keys_output_on_a_new_mirror() -> None:
    ids = [oprf_input(f"id-{i}".encode()) for i in range(50)]
    old, new = oprf.draw(), oprf.draw()
    found = Mirror.read(file_of(mirror.table([(output, "") for output in oprf.known(new, ids)], 1, 0), 0), PUBLIC)
    assert [found.find(output) for output in oprf.known(old, ids)] == [None] * 50
    assert [found.find(output) for output in oprf.known(new, ids)] == [""] * 50


def guesses(count: int) -> int:
    """How many of so many ids a mirror gives away to whoever asked nothing: tried with all that is computed without the key."""
    ids = [b"%018d" % i for i in range(count)]
    secret = oprf.draw()
    public = oprf.public_key(secret)
    listed = ids[: min(count, 200)]
    table = mirror.table([(output, "") for output in oprf.known(secret, [oprf_input(item) for item in listed])], 1, 0)
    size = cell_size(0)
    positions = {table[i : i + POSITION] for i in range(0, len(table), size)}
    hits = 0
    for item in ids:
        text = oprf_input(item)
        for guess in (
            hashlib.sha512(text).digest(), hashlib.sha512(public + text).digest(), hashlib.sha512(text + public).digest(),
            hashlib.sha256(item).digest(),
        ):  # fmt: skip
            hits += guess[:POSITION] in positions
    return hits


def test_attack_guessing_from_a_mirror_without_questions() -> None:
    assert guesses(2**12) == 0


@pytest.mark.slow
def test_attack_guessing_a_million_ids_from_a_mirror_without_questions() -> None:
    """2^20 national ids, and an attacker's own key in the holder's place."""
    assert guesses(2**20) == 0


def test_attack_guessing_with_a_key_of_ones_own() -> None:
    ids = [oprf_input(b"%018d" % i) for i in range(300)]
    table = mirror.table([(output, "") for output in oprf.known(oprf.draw(), ids)], 1, 0)
    found = Mirror.read(file_of(table, 0), PUBLIC)
    assert [found.find(output) for output in oprf.known(oprf.draw(), ids)] == [None] * 300
