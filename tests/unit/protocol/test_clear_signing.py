"""Descriptors for wallets (ERC-7730) show every member of every type that is signed, and nothing else."""

import re
from typing import Any, get_args

import pytest

from protocol import clear_signing
from protocol.clear_signing import HOMES, INTENT_SIGNS, INTENTS, KINDS, LABEL_SIGNS, LABELS, MOMENTS, descriptor
from protocol.fields import fields_of
from protocol.programs import Language
from protocol.typed import Abort, Domain, Typed
from tools.protocol_records import records_of

DOMAIN = Domain(731_337, "0x" + "5a" * 20, bytes(range(32)))
LANGUAGES: tuple[Language, ...] = get_args(Language)


def formats(home: str, language: Language) -> dict[str, Any]:
    return descriptor(home, DOMAIN, language)["display"]["formats"]


def test_no_type_that_is_signed_is_forgotten() -> None:
    assert set(KINDS) == set(records_of(Typed))
    assert [kind.__name__ for kind in KINDS] == sorted(kind.__name__ for kind in KINDS)
    assert set(INTENTS) == {kind.__name__ for kind in KINDS}
    assert set(LABELS) == {field.name for kind in KINDS for field in fields_of(kind)}
    assert {kind.type_string() for kind in KINDS} == {key for home in HOMES for key in formats(home, "en")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_member_is_shown_once_in_its_order_and_none_is_hidden(kind: type[Typed], language: Language) -> None:
    shown = formats(kind.HOME, language)[kind.type_string()]["fields"]
    assert [field["path"].removesuffix(".[]") for field in shown] == [name for name, _ in kind.members()]
    for (name, solidity), field in zip(kind.members(), shown, strict=True):
        assert field["path"].endswith(".[]") == solidity.endswith("[]"), "each of a list's items is shown"
        assert field["visible"] == "always"
        assert (field["format"] == "date") == (name in MOMENTS)
        assert field["format"] != "date" or solidity == "uint64", "seconds of unix time"
        assert (field["format"] == "addressName") == (solidity == "address")
    labels = [field["label"] for field in shown]
    assert len(set(labels)) == len(labels), "two members that are called the same could pass for each other"


def test_a_descriptor_is_for_one_deployment_alone() -> None:
    for home in HOMES:
        context = descriptor(home, DOMAIN, "en")["context"]["eip712"]
        assert context["domain"] == {**DOMAIN.to_json(), "chainId": DOMAIN.chain_id}
        assert context["deployments"] == [{"chainId": DOMAIN.chain_id, "address": DOMAIN.verifying_contract}]


def test_words_fit_the_smallest_displays_and_tell_the_types_apart() -> None:
    intents = [words.english for words in INTENTS.values()]
    assert len(set(intents)) == len(intents)
    assert [it for it in intents if len(it) > INTENT_SIGNS] == []
    assert [it.english for it in LABELS.values() if len(it.english) > LABEL_SIGNS] == []
    assert all(it.english.isascii() for it in (*INTENTS.values(), *LABELS.values()))
    assert all(re.search(r"[\u4e00-\u9fff]", it.chinese) for it in (*INTENTS.values(), *LABELS.values()))


def test_enumerated_values_are_all_named_and_stay_apart_when_cut_off() -> None:
    enums = clear_signing.shared("Tasks", "en")["metadata"]["enums"]
    fields = {field["path"]: field for field in formats("Tasks", "en")[Abort.type_string()]["fields"]}
    for name, named in enums.items():
        assert fields[name]["params"] == {"$ref": f"$.metadata.enums.{name}"}
        assert len({text[:LABEL_SIGNS] for text in named.values()}) == len(named)
    assert set(enums["kind"]) == {"1", "2", "3"}
