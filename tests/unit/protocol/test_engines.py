"""What is said of an installed engine: one thing, in both languages, and nothing when all is well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.engines import Registered, standing

ENGINE, CODE, OTHER = "tallystick.engine@1.0.0", b"\x0a" * 32, b"\x0b" * 32
GOOD = Registered(CODE, approved=True, retired=False, successor="")


def test_nothing_is_said_of_an_engine_that_is_published_and_approved() -> None:
    assert standing(ENGINE, CODE, GOOD) is None


@pytest.mark.parametrize(
    ("registered", "code", "usable"),
    [
        (None, "engine.unpublished", False),
        (Registered(OTHER, approved=True, retired=False, successor=""), "engine.other_code", False),
        (Registered(CODE, approved=False, retired=True, successor="0xab"), "engine.retired", False),
        (Registered(CODE, approved=False, retired=False, successor=""), "engine.not_approved", False),
        (Registered(CODE, approved=True, retired=False, successor="0xab"), "engine.succeeded", True),
    ],
)
def test_the_first_thing_that_is_wrong_is_said_with_what_to_do(
    registered: Registered | None, code: str, usable: bool
) -> None:
    found = standing(ENGINE, CODE, registered)
    assert found is not None
    assert (found.code, found.usable) == (code, usable)
    for words in (found.what, found.fix):
        assert words.english
        assert any("\u4e00" <= letter <= "\u9fff" for letter in words.chinese)
    assert ENGINE in found.what.english
    assert ENGINE in found.what.chinese


@given(st.booleans(), st.booleans(), st.sampled_from(["", "0xab"]), st.sampled_from([CODE, OTHER]))
def test_an_engine_is_usable_exactly_when_a_task_may_start_with_it_and_its_code_is_here(
    approved: bool, retired: bool, successor: str, digest: bytes
) -> None:
    found = standing(
        ENGINE, CODE, Registered(digest, approved=approved and not retired, retired=retired, successor=successor)
    )
    assert (found is None or found.usable) == (approved and not retired and digest == CODE)
