"""Applications and descriptions: strict both ways, and what their hashes bind."""

from dataclasses import replace

import pytest
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical, enrolment
from protocol.catalogue import Column, DataSetDescriptor
from protocol.enrolment import NO_ADDRESS, NO_KEY, Enrolment
from protocol.errors import FormatError
from protocol.programs import Words
from protocol.vocabulary import ROLE_BITS

WORDS = Words("Hospital", "医院")


def application(**changes: object) -> Enrolment:
    made = Enrolment(
        "hospital", WORDS, "office@example.org", "0x" + "11" * 20, "0x" + "22" * 20, b"\1" * 32, b"\2" * 32, "city-health",
        ("compute-provider", "data-provider"), b"\3" * 32,
    )  # fmt: skip
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def test_an_application_reads_back() -> None:
    assert Enrolment.read(application().data()) == application()


@pytest.mark.parametrize(
    "changes",
    [
        {"party": "Hospital"}, {"wallet": "0x" + "AA" * 20}, {"roles": ("boss",)}, {"roles": ("regulator", "certifier")},
        {"node_key": NO_KEY}, {"node_signer": NO_ADDRESS}, {"operator": ""}, {"seal_key": b"\1"},
    ],
)  # fmt: skip
def test_what_an_application_cannot_say(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        Enrolment.read(application(**changes).data())


def test_a_party_without_a_node_has_neither_key() -> None:
    made = application(node_key=NO_KEY, node_signer=NO_ADDRESS)
    assert Enrolment.read(made.data()) == made


def test_unknown_fields_are_refused() -> None:
    document = canonical.parse(application().data())
    with pytest.raises(FormatError, match=r"json\.unknown_field"):
        Enrolment.read(canonical.dumps({**document, "admin": True}))


@given(st.sets(st.sampled_from(sorted(ROLE_BITS)), min_size=1))
def test_role_bits_and_names(names: set[str]) -> None:
    assert enrolment.role_names(enrolment.role_bits(tuple(names))) == tuple(sorted(names))


def test_the_wallet_signs_an_eip_191_text() -> None:
    """The digest is what eth_account, and so every wallet's personal_sign, makes of the same text."""
    from eth_account.messages import _hash_eip191_message  # pyright: ignore[reportPrivateUsage]

    text = enrolment.wallet_text(application())
    assert enrolment.wallet_digest(application()) == _hash_eip191_message(encode_defunct(text=text))
    assert application().profile_hash.hex() in text


def test_every_field_changes_the_profile_hash() -> None:
    hashes = {
        application(**change).profile_hash
        for change in ({}, {"contact": "x"}, {"operator": "y"}, {"seal_key": b"\4" * 32})
    }
    assert len(hashes) == 4


def description(**changes: object) -> DataSetDescriptor:
    columns = (Column("age", "integer", WORDS), Column("zip", "text", WORDS))
    made = DataSetDescriptor("panels-" + "0" * 32, 1, "hospital", WORDS, columns, 10, 3, ("genes",))
    return replace(made, **changes)  # pyright: ignore[reportArgumentType]


def test_a_description_reads_back() -> None:
    assert DataSetDescriptor.read(description().data()) == description()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": ()},
        {"columns": (Column("b", "text", WORDS), Column("a", "text", WORDS))},
        {"columns": (Column("a", "text", WORDS), Column("a", "text", WORDS))},
        {"columns": (Column("a", "picture", WORDS),)},
        {"data_set": "panels"},
        {"version": 0},
        {"data_level": 6},
        {"rows": -1},
        {"sensitive": ("b", "a")},
    ],
)
def test_what_a_description_cannot_say(changes: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        DataSetDescriptor.read(description(**changes).data())
