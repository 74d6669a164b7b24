"""Positions, days and filters of lists: what a URL may say, and what an export's cells may hold."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_explorer.rooms import listing, tasks
from audit_explorer.rooms.listing import Position
from protocol import ids
from protocol.errors import FormatError

KEYS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=100)


@given(KEYS, st.binary(min_size=32, max_size=32))
def test_positions_round_trip(key: str, found: bytes) -> None:
    assert listing.read_position(listing.write_position(Position(key, found))) == Position(key, found)


@given(st.text(max_size=300))
def test_any_other_position_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"explorer\.cursor"):
        listing.read_position(text)


@pytest.mark.parametrize("key", ["", "-1", "1.5", "a", "٣", str(2**63)])
def test_attack_a_position_that_is_no_number_is_refused(key: str) -> None:
    with pytest.raises(FormatError, match=r"explorer\.cursor"):
        listing.whole(Position(key, bytes(32)), 0)


def test_days_are_whole_and_in_utc() -> None:
    wanted = listing.read(tasks.LIST, [("from", "2026-05-28"), ("to", "2026-05-28")])
    assert (wanted.since, wanted.until) == (1_779_926_400, 1_779_926_400 + 86_400)


@pytest.mark.parametrize("text", ["2026-02-30", "28.5.2026", "2026-05-28T00:00", "now", "-", "0000-01-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=r"explorer\.filter"):
        listing.read(tasks.LIST, [("from", text)])


def test_a_subject_is_read_by_name_and_by_id() -> None:
    by_name = listing.read(tasks.LIST, [("party", "hospital")]).filters
    by_id = listing.read(tasks.LIST, [("party", "0x" + ids.on_chain("hospital").hex().upper())]).filters
    assert by_name == by_id == {"party": ids.on_chain("hospital")}


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_attack_no_cell_of_an_export_is_a_formula(value: str) -> None:
    line = listing.Line(Position("1", bytes(32)), (), (value, *[None] * (len(tasks.LIST.columns) - 1)))
    (row,) = csv.DictReader(io.StringIO("".join(listing.as_csv(tasks.LIST, iter([line])))))
    assert row["task"] == f"'{value}"
