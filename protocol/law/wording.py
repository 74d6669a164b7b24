"""What wallets sign of the law: codes within the words of a contract's purpose and legal basis.

Both fields are texts that every wallet shows, that sentences quote and that the chain holds as salted hashes. A code stands in such a text, at its
end and before the reference, so that whoever reads the words reads the code, and no format of anything signed changes (docs/adr/0104)::

    Assess credit risk: default model of three banks [purpose credit-risk] [ref 5c2d…]
    Applicants' written consent [basis consent] [document 0x9f86…] [until 2027-12-31] [ref 1f0e…]

Texts without a code are read as they always were: nothing is declared by them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from protocol.errors import FormatError
from protocol.law import codes

PURPOSE_TAGS: Final = ("purpose",)
BASIS_TAGS: Final = ("basis", "document", "until")
_NAMES: Final = "purpose|basis|document|until|ref"
_TAIL: Final = re.compile(rf"^(?P<words>.*?)(?P<tags>(?: \[(?:{_NAMES}) [^\[\]]*\])*)$", re.DOTALL)
_TAG: Final = re.compile(r" \[([a-z]+) ([^\[\]]*)\]")
_LOOSE: Final = re.compile(r"[\[［【〔]\s*(?:purpose|basis)\b", re.IGNORECASE)
"""What looks like a code of ours, in the brackets of either script."""
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_CONTINUES: Final = (": ", "：")
"""What may stand between a purpose's words and what says more."""


@dataclass(frozen=True, slots=True)
class StatedBasis:
    """The basis that a task's proposer states: its code, the SHA-256 of its document, and the last day (``YYYY-MM-DD``) that it holds."""

    code: str
    document: str
    until: str


def purpose_code(text: str) -> str:
    """The purpose's code, "" where the text has none; ``law.wording`` for one that is misplaced, twice or unreadable."""
    return _tags(text, PURPOSE_TAGS).get("purpose", "")


def stated_basis(text: str) -> StatedBasis | None:
    """The basis, None where the text has no code; ``law.wording`` for one that is misplaced, twice, unreadable or incomplete."""
    found = _tags(text, BASIS_TAGS)
    if "basis" not in found:
        return None
    if missing := [name for name in BASIS_TAGS if name not in found]:
        listed = ", ".join(f"[{name} …]" for name in missing)
        raise _malformed(f"it lacks {listed}", f"缺少 {listed}")
    if not _HASH.fullmatch(found["document"]):
        raise _malformed("the document is no 0x and 64 hex digits", "文件不是 0x 加 64 位十六进制数字")
    if last_second(found["until"]) is None:
        raise _malformed(f"{found['until']!r} is no day YYYY-MM-DD", f"{found['until']!r} 不是 YYYY-MM-DD 日期")
    return StatedBasis(found["basis"], found["document"], found["until"])


def begins_with_words_of(text: str) -> str:
    """The code of the purpose whose words, in either language, the text begins with; "" for none."""
    for item in codes.PURPOSES:
        for words in (item.words.english, item.words.chinese):
            rest = text.removeprefix(words)
            if rest != text and (not rest or rest.startswith((*_CONTINUES, " ["))):
                return item.code
    return ""


def purpose_text(code: str, more: str = "", language: str = "en") -> str:
    """A purpose as it is to be written: the code's words, what says ``more``, and the code. The reference follows."""
    words = codes.PURPOSE[code].words
    said, joint = (words.english, ": ") if language == "en" else (words.chinese, "：")
    return f"{said}{joint}{more} [purpose {code}]" if more else f"{said} [purpose {code}]"


def basis_text(words: str, basis: StatedBasis) -> str:
    """A legal basis as it is to be written. The reference follows."""
    return f"{words} [basis {basis.code}] [document {basis.document}] [until {basis.until}]"


def last_second(day: str) -> int | None:
    """The last second (unix time) of a day ``YYYY-MM-DD`` in UTC, None for what is none."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return None
    if found.isoformat() != day:
        return None
    begun = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return int(begun.timestamp()) + int(timedelta(days=1).total_seconds()) - 1


def _tags(text: str, allowed: tuple[str, ...]) -> Mapping[str, str]:
    """The tags at a text's end, the reference left out."""
    parts = _TAIL.match(text)
    assert parts is not None, "every text has a tail, be it empty"
    if _LOOSE.search(parts["words"]):
        raise _malformed("a code stands among the words", "代码出现在文字中间")
    found: dict[str, str] = {}
    for name, value in _read(parts["tags"]):
        if name not in allowed:
            if name in ("purpose", "basis"):
                raise _malformed(f"[{name} …] does not belong there", f"[{name} …] 不应出现在此处")
            continue  # the reference, or words that somebody wrote in brackets before codes were known
        if name in found:
            raise _malformed(f"[{name} …] stands there twice", f"[{name} …] 出现两次")
        found[name] = value
    return found


def _read(tags: str) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, value in _TAG.findall(tags))


def _malformed(reason: str, chinese: str) -> FormatError:
    return FormatError(
        "law.wording",
        f"The codes in the text cannot be read: {reason}.",
        "Write them once, at the end and before the reference, as docs/law.md shows.",
        chinese=chinese,
    )
