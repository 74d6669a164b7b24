"""Writes the pages' words: ``python -m tools.web_words [--check]``.

States, roles, reasons, refusals and the titles of the verification's steps are said once, in ``protocol/``, in both languages; the
command line, the explorer and the pages take them from there. ``tests/unit/tools/test_web_words.py`` walks ``protocol/`` for words
that are not here.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any, Final, cast

from audit_explorer import desk_words
from audit_explorer.words import TEXTS, Text
from protocol import (
    access_keys,
    clear_signing,
    data_faults,
    event_words,
    reasons,
    refusals,
    support,
    verify,
    verify_receipt,
    vocabulary,
)
from protocol.law import codes
from protocol.programs import Words
from protocol.typed import camel
from tools.web_files import GENERATED, written

OUTPUT: Final = GENERATED / "words.ts"


def _texts(prefix: str) -> dict[str, Words]:
    """The explorer's texts of one page, which its bundle says too."""
    names = [item.name for item in fields(Text) if item.name.startswith(prefix)]
    return {
        camel(name.removeprefix(prefix)): Words(getattr(TEXTS["en"], name), getattr(TEXTS["zh"], name))
        for name in names
    }


VOCABULARIES: Final[Mapping[str, tuple[str, object]]] = {
    "TASK_STATES": ("A task's states, by their names in the API.", vocabulary.TASK_STATES),
    "REVIEWS": ("A review's states, by their names in the API.", vocabulary.REVIEWS),
    "NODE_STATES": ("How far a node says it is.", vocabulary.NODE_STATES),
    "ROLES": ("Roles of a party.", vocabulary.ROLE_WORDS),
    "KEY_SCOPES": ("What an access key can be made for.", access_keys.SCOPES),
    "PARTS": ("What a party is to a task.", vocabulary.PART_WORDS),
    "LOOKS": ("What of a task's evidence somebody was given.", vocabulary.LOOK_WORDS),
    "LINK_NOTES": ("What a node's note about a link means.", vocabulary.LINK_NOTES),
    "SUPPORTS": ("What an output's numbers are about, by the descriptor's word.", support.WORDS),
    "REASONS": ("Why a task ended; numbers are the chain's.", reasons.BY_CODE),
    "EVENTS": (
        "What a task's events are called.",
        {event.__name__: shown for event, shown in event_words.TIMELINE.items()},
    ),
    "REFUSALS": ("Why a contract refused, by the error's name.", refusals.REFUSALS),
    "DATA_FAULTS": ("What an owner's rows are refused for.", data_faults.RULES),
    "PURPOSES": ("Purposes of the law's table, by code: a purpose begins with these words.", codes.PURPOSE_WORDS),
    "STEPS": ("The verification's ten steps, from 1.", verify.TITLES),
    "RECEIPT_STEPS": ("The steps of a receipt's verification, from 1.", verify_receipt.TITLES),
    "WALLET_INTENTS": ("What signing a type means, as wallets with our descriptors say.", clear_signing.INTENTS),
    "WALLET_LABELS": ("What wallets with our descriptors call a member of what is signed.", clear_signing.LABELS),
    "OUTCOMES": ("How a step of the verification can end.", _texts("outcome_")),
    "CHECK_PAGE": ("Texts of the page that checks evidence and contracts.", _texts("check_")),
    "DESK": ("Texts of participants' pages.", desk_words.DESK),
    "PROBLEMS": ("What goes wrong on participants' pages, by code.", desk_words.PROBLEMS),
}
"""By the name in TypeScript: what it is, and where it is said."""
NUMBERS: Final[Mapping[str, tuple[str, type[IntEnum]]]] = {
    "TASK_STATE_NUMBERS": ("States of a task on chain.", vocabulary.TaskState),
    "REVIEW_NUMBERS": ("A review's states on chain.", vocabulary.Review),
}
HEAD: Final = """/** Generated from the words of `protocol/` by `python -m tools.web_words`: do not edit. */

export type Language = "en" | "zh";

/** A text in the two languages people read. */
export type Said = Readonly<Record<Language, string>>;

/** The text in one language. */
export function say(words: Said, language: Language): string {
  return words[language];
}
"""


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Words and what holds them, as JSON; types and fields without words for people stay away."""
    if isinstance(value, Words):
        return {"en": value.english, "zh": value.chinese}
    if isinstance(value, reasons.Reason):
        return {"number": value.number, "words": {"en": value.english, "zh": value.chinese}}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            camel(item.name): plain(found)
            for item in fields(value)
            if isinstance(found := getattr(value, item.name), Words)
        }
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, tuple):
        return [plain(item) for item in cast("tuple[object, ...]", value)]
    raise TypeError(f"{value!r} holds no words")


def module() -> str:
    """The text of the module."""
    parts = [HEAD]
    for name, (about, held) in VOCABULARIES.items():
        parts.append(f"/** {about} */\nexport const {name} = {_text(plain(held))} as const;\n")
    for name, (about, numbers) in NUMBERS.items():
        named = {item.name.lower(): int(item) for item in numbers}
        parts.append(f"/** {about} */\nexport const {name} = {_text(named)} as const;\n")
    parts.append(f"/** Role bits of a party on chain. */\nexport const ROLE_BITS = {_text(dict(vocabulary.ROLE_BITS))} as const;\n")  # fmt: skip
    parts.append(f"/** Reasons that a proposer gives for a withdrawal, and nobody else. */\nexport const WITHDRAWALS = {_text(list(reasons.WITHDRAWALS))} as const;\n")  # fmt: skip
    parts.append(f"/** States from which nothing follows. */\nexport const ENDED: readonly string[] = {_text(sorted(vocabulary.ENDED))};\n")  # fmt: skip
    return "\n".join(parts)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(written({OUTPUT: module()}, check="--check" in sys.argv[1:]))
