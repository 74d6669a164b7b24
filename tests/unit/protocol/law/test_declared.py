"""Declarations: what contradicts itself or lacks what its kind asks for cannot be registered; what is declared is shown whole."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from protocol import catalogue
from protocol.catalogue import Column, DataSetDescriptor, DataSetDescriptorV3, declaration_of, read_description
from protocol.errors import FormatError
from protocol.law import codes
from protocol.law.declared import Approval, DataBasis, Declaration, Sensitivity, Source
from protocol.law.policy import DEFAULT, Demand, Policy
from protocol.law.shown import declaration_lines
from protocol.programs import Words
from tests.unit.protocol.law.declarations import BASIS, DOCUMENT, diagnoses, measurements
from tests.unit.protocol.samples import DIAGNOSES

Json = dict[str, Any]


def read(**changes: Any) -> Declaration:
    return Declaration.parse({**diagnoses().to_json(), **changes})


BAD: dict[str, Callable[[], object]] = {
    "law.source_supplier": lambda: read(source=Source("supplier", "Assay house").to_json()),
    "law.source_public_place": lambda: read(source=Source("public-place", necessity="safety").to_json()),
    "law.basis": lambda: read(bases=[replace(BASIS, since="2028-01-01").to_json()]),
    "law.scope": lambda: diagnoses(template=bytes(32)).parse(diagnoses(template=bytes(32)).to_json()),
    "law.approval": lambda: read(approvals=[Approval("sg", "certification", bytes(32), "2027-01-01").to_json()]),
    "law.kinds": lambda: read(columns=[Sensitivity("a", 3, ("health", "none")).to_json()]),
    "law.level": lambda: read(columns=[Sensitivity("a", 2, ("health",)).to_json()]),
    "law.incomplete": lambda: read(bases=[]),
    "law.not_personal": lambda: read(bases=[DataBasis("not-personal", DOCUMENT, "2025-01-01", "2027-01-01").to_json()]),
    "law.no_scope": lambda: read(scope=None),
    "law.code": lambda: read(jurisdiction="atlantis"),
    "law.day": lambda: read(bases=[{**BASIS.to_json(), "until": "2027-02-29"}]),
}


@pytest.mark.parametrize("code", BAD)
def test_what_contradicts_itself_or_lacks_something_is_refused(code: str) -> None:
    with pytest.raises(FormatError) as caught:
        BAD[code]()
    assert caught.value.code == code
    assert caught.value.fix


def description(law: Declaration, **changes: Any) -> DataSetDescriptorV3:
    words = Words("D", "病")
    columns = tuple(Column(it.name, "text", words, nullable=False) for it in law.columns)
    given: Json = {"data_level": 5, "sensitive": ("genes", "health", "minors")}
    given |= changes
    return DataSetDescriptorV3(
        DIAGNOSES, 1, "hospital", words, columns, 5, given["data_level"], given["sensitive"], law
    )


def test_a_description_holds_the_declaration_in_what_the_chain_has_the_hash_of() -> None:
    whole = description(diagnoses())
    again = read_description(whole.data())
    assert again == whole
    assert declaration_of(again) == diagnoses()
    assert description(diagnoses(jurisdiction="sg")).digest() != whole.digest()


def test_older_descriptions_read_as_they_were_and_declare_nothing() -> None:
    whole = description(diagnoses())
    old = DataSetDescriptor(*(getattr(whole, name) for name in (field.name for field in fields(DataSetDescriptor))))
    assert read_description(old.data()) == old
    assert type(read_description(old.data())) is DataSetDescriptor
    assert declaration_of(read_description(old.data())) is None
    assert declaration_of(None) is None


def test_attack_a_description_cannot_be_taken_for_a_version_that_declares_nothing() -> None:
    """Renaming the format does not make a declaration go away: unknown fields are refused, and a missing one, too."""
    whole = description(diagnoses()).to_json()
    with pytest.raises(FormatError, match=r"json\.unknown_field"):
        DataSetDescriptor.parse({**whole, "format": DataSetDescriptor.FORMAT})
    with pytest.raises(FormatError, match=r"json\.missing_field"):
        DataSetDescriptorV3.parse({name: value for name, value in whole.items() if name != "law"})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data_level": 4}, "law.disagrees"),
        ({"sensitive": ("health",)}, "law.disagrees"),
        ({"law": measurements()}, "law.columns"),
    ],
)
def test_attack_an_outside_that_looks_more_harmless_than_the_columns(changes: Json, code: str) -> None:
    """Lists and the chain show the data set's level and kinds: they are those of its most sensitive column."""
    whole = replace(description(diagnoses()), **changes)
    with pytest.raises(FormatError) as caught:
        catalogue.read_description(whole.data())
    assert caught.value.code == code


def test_all_of_a_declaration_is_shown_in_both_languages() -> None:
    for whole in (diagnoses(), measurements()):
        english = "\n".join(f"{line.about.english} {line.said.english}" for line in declaration_lines(whole))
        chinese = "\n".join(f"{line.about.chinese} {line.said.chinese}" for line in declaration_lines(whole))
        assert not re.search(r"[一-鿿]", english)
        texts = [text for text in leaves(whole.to_json()) if isinstance(text, str) and text.strip("0x")]
        for said in (english, chinese):
            assert not [text for text in texts if text not in KNOWN and text not in said]
        words = [KNOWN[text] for text in texts if text in KNOWN]
        assert not [it for it in words if it.english not in english or it.chinese not in chinese]


KNOWN = {code.code: code.words for table in codes.TABLES for code in table.codes if table.name != "levels"}


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        return [leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in leaves(item)]
    return [value]


def test_nothing_declared_is_said_to_be_so() -> None:
    (line,) = declaration_lines(None)
    assert (line.said.english, line.said.chinese) == ("not declared", "未声明")


def test_a_policy_is_a_file_that_reads_back_and_has_a_digest() -> None:
    own = replace(DEFAULT, name='Banks "of" 北京', undeclared="refuse", demands=(Demand("finance", 2, 4, 50, True),))
    assert Policy.from_toml(own.toml().encode()) == own
    assert Policy.from_toml(DEFAULT.toml().encode()) == DEFAULT
    assert own.digest() != DEFAULT.digest()


@pytest.mark.parametrize("data", [b"\xff", b"format = ", b'format = "other"', b"x" * (Policy.LIMIT + 1)])
def test_what_is_no_policy_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Policy.from_toml(data)


def test_the_strictest_of_all_demands_counts() -> None:
    assert DEFAULT.demand(2, {"personal"}) == Demand("*", 2, 1, 0, False)
    assert DEFAULT.demand(4, {"health"}) == Demand("*", 4, 3, 10, False)
    assert DEFAULT.demand(3, {"health", "genes"}) == Demand("*", 3, 4, 20, True)
    own = Policy(
        "own",
        "show",
        (Demand("*", 1, 3, 5, False), Demand("health", 2, 2, 90, False), Demand("health", 5, 5, 99, True)),
    )
    assert own.demand(3, {"health"}) == Demand("*", 3, 3, 90, False)
