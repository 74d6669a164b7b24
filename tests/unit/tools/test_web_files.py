"""What TypeScript takes from Python is committed as its sources give it, and nothing of it can be forgotten."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest

import protocol
from protocol import events, registers, statements, typed
from protocol.codec import Codec
from protocol.contract import RowFilter
from protocol.fields import Fields, Many, fields_of
from protocol.programs import Words
from protocol.reasons import Reason
from tools import web_evidence, web_passkeys, web_records, web_templates, web_vectors, web_words
from tools.protocol_records import records_of
from tools.web_answers import TYPES
from tools.web_files import ROOT, WEB, written


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (web_records.OUTPUT, web_records.module),
        (web_words.OUTPUT, web_words.module),
        (web_evidence.OUTPUT, web_evidence.module),
        (web_passkeys.OUTPUT, web_passkeys.text),
        (web_templates.OUTPUT, web_templates.module),
        (web_vectors.OUTPUT, web_vectors.render),
    ],
    ids=["records", "words", "evidence", "passkeys", "templates", "vectors"],
)
def test_the_committed_file_is_what_its_sources_give(path: Path, text: Callable[[], str]) -> None:
    assert path.read_text("utf-8") == text(), "run `make web`"


def test_what_differs_is_said_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.web_files.ROOT", tmp_path)
    path = tmp_path / "a" / "b.ts"
    assert written({path: "1"}, check=True) == 1
    assert not path.exists()
    assert written({path: "1"}, check=False) == 0
    assert written({path: "1"}, check=True) == 0
    assert written({path: "2"}, check=True) == 1
    assert path.read_text() == "1"


def test_everything_that_is_signed_or_stated_is_there() -> None:
    assert {kind for kind in TYPES.values() if issubclass(kind, typed.Typed)} == set(records_of(typed.Typed))
    assert {kind for kind in TYPES.values() if issubclass(kind, statements.Statement)} == set(statements.READ)


def test_every_event_and_every_place_that_is_read_is_there() -> None:
    text = web_evidence.module()
    for kind in events.EVENTS:
        assert f"  readonly {kind.__name__}: " in text
        assert f"  {kind.__name__}: {{ contracts: " in text
        assert all(f'["{parameter.name}", "{parameter.kind}"' in text for parameter in kind.parameters())
    for _, name, slot in registers.PLACES:
        assert f'"{name}": ["' in text
        assert f", {slot}]" in text


def test_a_rule_over_several_fields_is_named_for_typescript() -> None:
    ruled = {name for name, kind in TYPES.items() if kind.require is not Fields.require}
    text = web_records.module()
    rules = (WEB / "src" / "protocol" / "rules.ts").read_text("utf-8")
    for name in ruled:
        assert f"rules.{name});" in text
        assert f"export function {name}(" in rules
    assert ruled >= {"TaskContract", "Ask", "Span", "Enrolment"}


@dataclass(frozen=True, slots=True)
class Unformed(Fields):
    """A field that only Python reads."""

    value: Annotated[str, Codec(lambda value, _: str(value), str)]


@dataclass(frozen=True, slots=True)
class Foreign(Fields):
    """A pattern that means another thing in JavaScript."""

    value: Annotated[str, Codec(lambda value, _: str(value), str, form=("matching", r"\d+", "x"))]


@dataclass(frozen=True, slots=True)
class Unknown(Fields):
    """A form that TypeScript does not have."""

    value: Annotated[tuple[RowFilter, ...], Many(3), Codec(lambda value, _: str(value), str, form=("heap", 3))]


@pytest.mark.parametrize("kind", [Unformed, Foreign, Unknown])
def test_a_field_that_typescript_cannot_read_is_refused(kind: type[Fields], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_records, "roots", lambda: (kind,))
    with pytest.raises(TypeError, match=kind.__name__):
        web_records.module()


def test_two_records_of_one_name_are_refused() -> None:
    again = dataclass(frozen=True, slots=True)(type("RowFilter", (Fields,), {"__annotations__": {"a": bool}}))
    with pytest.raises(TypeError, match="RowFilter"):
        web_records.collected((RowFilter, again))


def test_fields_of_a_record_are_all_there() -> None:
    text = web_records.module()
    for kind in TYPES.values():
        for field in fields_of(kind):
            assert f'"{field.name}"' in text


HELD_ELSEWHERE = {
    "axes.KINDS": "results, which are opened by commands and programs",
    "clear_signing._KINDS": "descriptors for wallets; the pages say what an end is called",
    "columns._KIND_WORDS": "inside sentences about columns, which the coordinator says",
    "event_words._BY_NAME": "the timeline's, by name",
    "reasons._TABLE": "the reasons, which are there by code",
    "reasons.BY_NUMBER": "the reasons, which are there by code and hold their number",
    "sessions.ENDS": "how sessions ended, which commands show",
    "verify_opening.TITLES": "opened rows, which are checked by a command",
    "webhooks.DELIVERY_STANDINGS": "webhooks, which are managed by commands and programs",
    "webhooks.HOOK_STANDINGS": "webhooks, which are managed by commands and programs",
}
"""Tables of words that the pages have in another form, or not."""


def tables() -> Iterator[tuple[str, object]]:
    """Every table of words in ``protocol/``, where it is defined first."""
    seen: set[int] = set()
    for item in sorted(pkgutil.iter_modules(protocol.__path__), key=lambda item: (item.name != "reasons", item.name)):
        module = importlib.import_module(f"protocol.{item.name}")
        for name, value in vars(module).items():
            if id(value) not in seen and not name.startswith("__") and _holds_words(value):
                seen.add(id(value))
                yield f"{item.name}.{name}", value


def _holds_words(value: Any) -> bool:
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ()
    first = next(iter(items), None)
    held = [first, *(getattr(first, name, None) for name in getattr(type(first), "__dataclass_fields__", {}))]
    return isinstance(first, Reason) or any(isinstance(part, Words) for part in held)


def test_no_table_of_words_is_forgotten() -> None:
    shared = {id(value) for _, value in web_words.VOCABULARIES.values()}
    derived = {"event_words.TIMELINE"}  # by the events' names
    missing = {name for name, value in tables() if id(value) not in shared} - derived
    assert missing == set(HELD_ELSEWHERE)


def test_every_text_is_there_in_both_languages() -> None:
    def walk(value: Any) -> Iterator[Mapping[str, str]]:
        if isinstance(value, Mapping) and set(value) == {"en", "zh"}:
            yield value
        elif isinstance(value, Mapping | list):
            for item in value.values() if isinstance(value, Mapping) else value:
                yield from walk(item)

    for name, (_, held) in web_words.VOCABULARIES.items():
        found = list(walk(web_words.plain(held)))
        assert len(found) >= len(held), name  # type: ignore[arg-type]
        assert all(words["en"] and words["zh"] for words in found if name != "EVENTS"), name


def test_the_pages_are_no_part_of_the_image_and_their_bundles_are() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "audit_explorer/web" in ignored
    assert not any(line.startswith("audit_explorer/static") for line in ignored)
