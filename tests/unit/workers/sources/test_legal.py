"""`[law]` in a declared schema: whole or not at all, documents hashed, and in the description whose hash is on chain."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from protocol.catalogue import DataSetDescriptor, DataSetDescriptorV3, read_description
from protocol.errors import FormatError
from workers.sources.schema import Schema

NAME = "loans-" + "a" * 32
TOML = """
format = "tallystick/declared-schema/v2"
title = { en = "Loans", zh = "贷款" }
data_level = 4
sensitive = ["finance"]

[law]
jurisdiction = "cn"
source = { kind = "direct" }
bases = [{ code = "consent", document = "consents.pdf", from = 2026-01-01, until = "2028-12-31" }]

[law.scope]
template = "template.txt"
purposes = ["credit-risk", "fraud"]
operations = ["align", "evaluate", "train"]
kinds = ["finance"]
separate = ["provision", "sensitive"]
others = ["trustee"]
recipients = [{ party = "bank-b", standing = "joint-processor", jurisdiction = "cn" }]

[[columns]]
name = "person"
kind = "identifier"
level = 3
kinds = ["personal"]

[[columns]]
name = "balance"
kind = "integer"
low = 0
high = 1000000
level = 4
kinds = ["finance"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "consents.pdf").write_bytes(b"consents")
    (tmp_path / "template.txt").write_bytes(b"I agree")
    (tmp_path / "s.toml").write_text(TOML, "utf-8")
    return tmp_path / "s.toml"


def changed(path: Path, old: str, new: str) -> Schema:
    assert old in TOML
    path.write_text(TOML.replace(old, new, 1), "utf-8")
    return Schema.read(path)


def test_a_declaration_is_read_with_its_documents_hashed_and_what_was_left_out_filled_in(path: Path) -> None:
    law = Schema.read(path).law
    assert law is not None
    assert law.bases[0].document == hashlib.sha256(b"consents").digest()
    assert law.scope is not None
    assert law.scope.template == hashlib.sha256(b"I agree").digest()
    assert (law.bases[0].since, law.bases[0].until) == ("2026-01-01", "2028-12-31")
    assert [(it.name, it.level, it.kinds) for it in law.columns] == [
        ("balance", 4, ("finance",)), ("person", 3, ("personal",)),
    ]  # fmt: skip
    assert law.approvals == ()
    assert law.scope.recipients[0].wallet == ""


def test_it_is_kept_as_it_was_hashed_whatever_becomes_of_the_files(path: Path) -> None:
    schema = Schema.read(path)
    (path.parent / "consents.pdf").unlink()
    assert Schema.parse(schema.to_json()) == schema


def test_the_description_on_chain_holds_it_and_one_without_is_as_it_always_was(path: Path) -> None:
    schema = Schema.read(path)
    described = schema.descriptor(NAME, 1, "bank-a", 5)
    assert isinstance(described, DataSetDescriptorV3)
    assert described.law == schema.law
    assert read_description(described.data()) == described
    plain = {**schema.to_json(), "columns": [without(it) for it in schema.to_json()["columns"]]}  # type: ignore[attr-defined]
    old = Schema.parse({name: value for name, value in plain.items() if name != "law"}).descriptor(NAME, 1, "bank-a", 5)
    assert type(old) is DataSetDescriptor
    assert old.digest() != described.digest()


def without(column: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in column.items() if name not in ("level", "kinds")}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("level = 3\n", "", "law.column"),
        ('kinds = ["personal"]\n', "", "law.column"),
        ("data_level = 4", "data_level = 3", "law.disagrees"),
        ('sensitive = ["finance"]\n\n[law]', "sensitive = []\n\n[law]", "law.disagrees"),
        ('document = "consents.pdf"', 'document = "other.pdf"', "law.document"),
        ('document = "consents.pdf"', 'document = "0x12"', "id.not_hex32"),
        ('code = "consent"', 'code = "goodwill"', "law.code"),
        ('kinds = ["personal"]', 'kinds = ["shoes"]', "law.code"),
        ("from = 2026-01-01", "from = 2026-01-01T00:00:00", "law.day"),
        ('until = "2028-12-31"', 'until = "2025-12-31"', "law.basis"),
        ('source = { kind = "direct" }', 'source = { kind = "supplier" }', "law.source_supplier"),
        ('jurisdiction = "cn"\n', "", "json.missing_field"),
        ('jurisdiction = "cn"\n', 'jurisdiction = "cn"\nlawful = true\n', "json.unknown_field"),
        ('jurisdiction = "cn"\n', 'jurisdiction = "cn"\ncolumns = []\n', "json.unknown_field"),
        ("level = 4\nkinds", "level = 2\nkinds", "law.level"),
    ],
)
def test_what_is_wrong_is_refused_with_a_code_and_what_to_do(path: Path, old: str, new: str, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        changed(path, old, new)
    assert caught.value.code == code
    assert caught.value.fix


def test_levels_without_a_declaration_are_refused_rather_than_dropped(path: Path) -> None:
    schema = Schema.read(path).to_json()
    with pytest.raises(FormatError, match=r"law\.incomplete"):
        Schema.parse({name: value for name, value in schema.items() if name != "law"})
