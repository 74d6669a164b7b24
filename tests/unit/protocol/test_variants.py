"""Lists of variants: one name each, and everything that is no list is refused with its line."""

import hashlib
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from protocol.errors import FormatError
from protocol.variants import ListName, Variant, listed, read_list

BIM = b"1 rs1 0 100 A G\n1\trs2\t0.5\t200\tC\tT\nX rs3 0 5 AT A\n"
LIST = read_list(BIM)


def test_a_list_is_its_lines() -> None:
    assert (
        Variant("1", "rs1", 100, "A", "G"),
        Variant("1", "rs2", 200, "C", "T"),
        Variant("X", "rs3", 5, "AT", "A"),
    ) == LIST
    lines = b"1\trs1\t100\tA\tG\n1\trs2\t200\tC\tT\nX\trs3\t5\tAT\tA\n"
    assert listed(LIST) == ListName(3, hashlib.sha256(b"tallystick/variants/v1\0" + lines).digest())


@pytest.mark.parametrize(
    "change",
    [{"chromosome": "2"}, {"name": "rs9"}, {"position": 101}, {"counted": "T"}, {"counted": "G", "other": "A"}],
)
def test_any_difference_is_another_list(change: dict[str, Any]) -> None:
    """Attack: alleles that are swapped, a position of another build, another order."""
    assert listed((replace(LIST[0], **change), *LIST[1:])) != listed(LIST)
    assert listed(LIST[::-1]) != listed(LIST)


def test_centimorgans_say_nothing_of_a_sample() -> None:
    assert listed(read_list(BIM.replace(b"0.5", b"0"))) == listed(LIST)


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "variants.none", None),
        (b"1 rs1 0 100 A\n", "variants.line", 1),
        (BIM + b"1 rs4 0 100 A G T\n", "variants.line", 4),
        (b"\n" + BIM, "variants.line", 1),
        (b"1 rs1 0 -100 A G\n", "variants.line", 1),
        (b"1 rs1 0 1e3 A G\n", "variants.line", 1),
        ("1 rs\u00e9 0 100 A G\n".encode(), "variants.line", 1),
        (b"1 rs\x07 0 100 A G\n", "variants.line", 1),
        (b"1 rs1 0 100 A A\n", "variants.twice", 1),
        (BIM + b"1 rs1 0 100 A G\n", "variants.twice", 4),
        (BIM + b"1 rs1 0 100 G A\n", "variants.twice", 4),
    ],
)
def test_what_is_no_list_is_refused_with_its_line(data: bytes, code: str, row: int | None) -> None:
    with pytest.raises(FormatError) as caught:
        read_list(data)
    assert (caught.value.code, caught.value.details.get("row")) == (code, row)
    assert caught.value.fix


def test_no_list_is_longer_than_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocol.variants.MOST", 2)
    with pytest.raises(FormatError, match=r"variants\.many"):
        read_list(BIM)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "3:" + "a" * 63,
        "3:" + "A" * 64,
        "0:" + "a" * 64,
        "03:" + "a" * 64,
        "2000001:" + "a" * 64,
        "3:" + "a" * 64 + "\n",
    ],
)
def test_a_name_has_one_spelling(text: str) -> None:
    name = listed(LIST)
    assert ListName.parse(str(name), "x") == name
    with pytest.raises(FormatError, match=r"variants\.name"):
        ListName.parse(text, "x")


def test_a_person_is_committed_to_with_the_list() -> None:
    """Attack: the same bytes over another list would mean another person; the same person has one digest."""
    name, other = listed(LIST), listed(LIST[::-1])
    cells = [name.cell(b"\x1b"), other.cell(b"\x1b"), name.cell(b"\x1a")]
    assert len(set(cells)) == 3
    assert all(len(a) == len(b) == 64 for a, b in pairwise(cells))
