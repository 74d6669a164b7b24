"""Every answer of a step has its mark in both languages."""

from typing import get_args

from cli import verify
from protocol.verify import Outcome


def test_every_outcome_is_printed_in_both_languages() -> None:
    assert set(verify._MARKS) == set(verify._MARKS_ZH) == set(get_args(Outcome))
