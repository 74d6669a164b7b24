"""Both languages say everything, and the pages use everything they say."""

import dataclasses
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from audit_explorer import rooms, words
from protocol.programs import Words

FIELDS = [field.name for field in dataclasses.fields(words.Text)]
EXPLORER = Path(words.__file__).parent
SAME = {"sign_in_tally", "verify_tally", "note_about"}
"""A command is typed alike in every language; a note is all placeholders."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", FIELDS)
def test_no_text_lacks_either_language(name: str) -> None:
    english, chinese = getattr(words.ENGLISH, name), getattr(words.CHINESE, name)
    assert english.strip() == english != ""
    assert chinese.strip() == chinese != ""
    assert placeholders(english) == placeholders(chinese)
    if name == "other_language":
        english, chinese = chinese, english
    if name not in {*SAME, "html_lang"}:
        assert not re.search(r"[\u3000-\u9fff]", english), "English text with Chinese in it"
        assert re.search(r"[\u4e00-\u9fff]", chinese), "no Chinese in the Chinese text"


def test_every_text_is_used_and_every_use_exists() -> None:
    source = "\n".join(
        path.read_text()
        for path in [
            *(EXPLORER / "templates").iterdir(),
            EXPLORER / "rooms" / "tasks.py",
            EXPLORER / "pages.py",
            EXPLORER / "app.py",
        ]
    )
    used = set(re.findall(r"\b(?:t|text)\.([a-z_]+)", source)) | set(re.findall(r'"(event_[a-z_]+)"', source))
    bundled = "\n".join(path.read_text() for path in (EXPLORER / "web" / "src" / "pages").glob("*.tsx"))
    said = [*re.findall(r'\bwords\("(\w+)"\)', bundled), *re.findall(r"\bCHECK_PAGE\.(\w+)", bundled)]
    used |= {f"check_{re.sub('([A-Z])', lambda found: f'_{found[1].lower()}', name)}" for name in said}
    used |= {f"outcome_{outcome}" for outcome in ("holds", "nothing", "fails", "cannot")}
    assert used == set(FIELDS)


def said_by(value: object) -> Iterator[Words]:
    """The words in a module's value."""
    if isinstance(value, Words):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from said_by(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from said_by(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from said_by(getattr(value, field.name))


@pytest.mark.parametrize("room", [module.name for module in pkgutil.iter_modules(rooms.__path__)])
def test_every_rooms_words_are_said_in_both_languages(room: str) -> None:
    module = importlib.import_module(f"audit_explorer.rooms.{room}")
    for name, value in vars(module).items():
        for words_ in said_by(value):
            if words_.english.isdigit() or words_ == Words("", ""):
                continue
            assert placeholders(words_.english) == placeholders(words_.chinese), name
            assert not re.search(r"[\u3000-\u9fff]", words_.english), name
            assert re.search(r"[\u4e00-\u9fff]", words_.chinese), name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("fr", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,zh;q=0.9", "en"),
        ("en;q=0.3, zh;q=0.4", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense", "en"),
        ("z" * 10_000, "en"),
    ],
)
def test_negotiation_follows_the_weights(header: str, expected: str) -> None:
    assert words.negotiate(header) == expected


def test_urls_name_two_languages_only() -> None:
    assert [words.language(name) for name in ("en", "zh", "EN", "", "fr", "../zh")] == ["en", "zh", *[None] * 4]
