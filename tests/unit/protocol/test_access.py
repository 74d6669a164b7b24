"""Read tokens: one spelling, one resource, one hour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import access
from protocol.errors import FormatError, RefusedError
from protocol.typed import Access

NOW = 1_780_000_000


def token(**changes: object) -> Access:
    return Access(**{"party": "hospital", "resource": "*", "not_after": NOW + 600, "nonce": 1, **changes})  # pyright: ignore[reportArgumentType]


@given(st.binary(max_size=200), st.integers(0, 2**256 - 1))
def test_a_header_reads_back(signature: bytes, nonce: int) -> None:
    made = token(nonce=nonce)
    assert access.parse(access.header(made, signature)) == (made, signature)


@pytest.mark.parametrize(
    "value",
    ["", "Tallystick", "Tallystick !", "Bearer e30=", "Tallystick e30=", "Tallystick " + "A" * 9000, "Tallystick é"],
)
def test_other_headers_are_refused(value: str) -> None:
    with pytest.raises(FormatError):
        access.parse(value)


def test_a_padded_or_altered_token_is_refused() -> None:
    good = access.header(token(), b"\1" * 65)
    with pytest.raises(FormatError):
        access.parse(good[:-4] + "AAAA")


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/v1/tasks", "tasks"),
        ("/v1/tasks/preflight", "tasks/preflight"),
        ("/v1/tasks/task_ab", "task_ab"),
        ("/v1/tasks/task_ab/evidence", "task_ab/evidence"),
        ("/v1/tasks/task_ab/sealed/hospital", "task_ab/sealed/hospital"),
        ("/v1/parties/party_hospital", "party_hospital"),
    ],
)
def test_resources_of_paths(path: str, resource: str) -> None:
    assert access.resource_of(path) == resource


@pytest.mark.parametrize(
    ("held", "asked", "allowed"),
    [
        ("*", "task_ab/evidence", True),
        ("evidence", "task_ab/evidence", True),
        ("evidence", "task_ab/evidence/path", True),
        ("evidence", "evidence/reader", True),
        ("evidence", "task_ab", False),
        ("evidence", "tasks", False),
        ("evidence", "task_ab/sealed/evidence", False),
        ("evidence", "*", False),
        ("task_ab", "task_ab/evidence", True),
        ("task_ab/evidence", "task_ab/evidence", True),
        ("task_ab/evidence", "task_ab", False),
        ("task_a", "task_ab", False),
        ("tasks", "task_ab", False),
        ("", "task_ab", False),
    ],
)
def test_what_a_token_opens(held: str, asked: str, allowed: bool) -> None:
    if allowed:
        access.check(token(resource=held), asked, NOW)
    else:
        with pytest.raises(RefusedError, match=r"access\.other_resource"):
            access.check(token(resource=held), asked, NOW)


@pytest.mark.parametrize(
    ("not_after", "code"), [(NOW, "access.expired"), (NOW - 1, "access.expired"), (NOW + 3601, "access.too_long")]
)
def test_its_hour(not_after: int, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        access.check(token(not_after=not_after), "tasks", NOW)
    access.check(token(not_after=NOW + 1), "tasks", NOW)
    access.check(token(not_after=NOW + 3600), "tasks", NOW)
