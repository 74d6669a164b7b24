"""Writes the pages' records: ``python -m tools.web_records [--check]``.

Each record that a browser reads, hashes or has signed is defined once, in ``protocol/`` (ADR 0030). Its TypeScript type and codec
follow from its fields' forms (:mod:`protocol.codec`) into ``audit_explorer/web/src/generated/records.ts``; rules over several fields
(``require``) are the one thing written in both languages, in ``src/protocol/rules.ts``: a rule that is missing there does not compile.
``--check`` writes nothing and exits 1 when the committed file differs from what would be written.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final, cast

from protocol import dsse, messages, offers, sessions, sign_in, statements, typed
from protocol.ancestry import Descent
from protocol.ask import Ask
from protocol.bundle import FORMAT, ReceiptProof, Succession
from protocol.codec import Codec
from protocol.contract import TaskContract
from protocol.enrolment import Application, Enrolment
from protocol.event import Event
from protocol.fields import Document, Field, Fields, fields_of
from protocol.limits import LIMITS
from protocol.registers import Register
from protocol.registrations import SignedRegistration
from protocol.typed import Typed
from tools.protocol_records import records_of
from tools.web_files import GENERATED, written

OUTPUT: Final = GENERATED / "records.ts"
HEAD: Final = """/** Generated from the records of `protocol/` by `python -m tools.web_records`: do not edit. */

import * as codec from "../base/codec";
import type { Hex } from "../base/bytes";
import { field, nested, record, type RecordType } from "../base/record";
import * as rules from "../protocol/rules";
import * as special from "../protocol/special";
"""
_CLASSES: Final = ("\\d", "\\w", "\\s", "\\b", "(?i", "(?P")
"""What means another thing in Python's patterns than in JavaScript's."""


def roots() -> tuple[type[Fields], ...]:
    """What a browser meets: what is agreed, what is signed, what is logged and proven."""
    return (
        TaskContract,
        Ask,
        messages.SignedAuthorization,
        Enrolment,
        Application,
        SignedRegistration,
        messages.LogEvidence,
        ReceiptProof,
        Succession,
        Descent,
        Register,
        sign_in.SignIn,
        *signed(),
        *statements.READ,
        sessions.AnswerReceipt,
        sessions.ReceiptBatch,
        sessions.AnswerProof,
    )


def signed() -> tuple[type[Typed], ...]:
    """Every typed message that is signed (EIP-712), by name."""
    return tuple(sorted(records_of(Typed), key=lambda kind: kind.__name__))


def collected(kinds: Iterable[type[Fields]]) -> dict[str, type[Fields]]:
    """By their names in TypeScript, the records and all that they hold; two of one name are refused."""
    found: dict[str, type[Fields]] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop(0)
        known = found.setdefault(name_of(kind), kind)
        if known is not kind:
            raise TypeError(f"two records are called {name_of(kind)}")
        for item in fields_of(kind):
            waiting += [inner for inner in _held(item.codec) if found.get(name_of(inner)) is not inner]
    return found


def name_of(kind: type[Fields]) -> str:
    """A record's name in TypeScript: Python's, and of statements one that says so (typed data has some of their names)."""
    return f"{kind.__name__}Statement" if issubclass(kind, statements.Statement) else kind.__name__


def _held(codec: Codec[Any]) -> Iterator[type[Fields]]:
    for part in codec.form:
        if isinstance(part, type):
            yield part
        elif isinstance(part, Codec):
            yield from _held(part)
        elif isinstance(part, Mapping):
            for inner in cast("Mapping[str, Codec[Any]]", part).values():
                yield from _held(inner)


def codec_of(codec: Codec[Any], where: str) -> str:
    """The call that makes the same codec in TypeScript."""
    name, *arguments = _form(codec, where)
    if name == "record":
        return f"nested(() => {name_of(cast('type[Fields]', arguments[0]))})"
    home = "special" if name in {"allowed", "terms"} else "codec"
    if name == "sequence" and arguments[2]:
        arguments[2] = typed.camel(str(arguments[2]))
    return f"{home}.{name}({', '.join(_argument(each, where) for each in arguments)})"


def type_of(codec: Codec[Any], where: str) -> str:
    """The type of its values in TypeScript."""
    name, *arguments = _form(codec, where)
    inner = cast("Any", arguments[0] if arguments else None)
    if name in _PLAIN:
        return _PLAIN[name]
    made: dict[str, Callable[[], str]] = {
        "choice": lambda: " | ".join(json.dumps(word, ensure_ascii=False) for word in inner),
        "optional": lambda: f"{type_of(inner, where)} | null",
        "sortedTexts": lambda: f"readonly ({type_of(inner, where)})[]",
        "sequence": lambda: f"readonly ({type_of(inner, where)})[]",
        "entries": lambda: f"codec.Entries<{type_of(cast('Any', arguments[1]), where)}>",
        "record": lambda: name_of(inner),
        "members": lambda: "{ " + "; ".join(f"readonly {each}: {type_of(of, where)}" for each, of in inner.items()) + " }",
        "allowed": lambda: f"{type_of(inner, where)} | readonly string[]",
        "terms": lambda: type_of(inner, where),
    }  # fmt: skip
    if name not in made:
        raise TypeError(f"{where}: the form {name!r} has no type in TypeScript")
    return made[name]()


_PLAIN: Final = {
    "text": "string", "lines": "string", "matching": "string", "prefixed": "string", "key": "string", "orEmpty": "string",
    "integer": "number", "decimal": "bigint", "boolean": "boolean", "address": "Hex",
    "hash": "Hex", "hexadecimal": "Uint8Array", "raw": "Uint8Array", "blob": "Uint8Array", "scalar": "codec.Scalar",
}  # fmt: skip


def _form(codec: Codec[Any], where: str) -> tuple[str, *tuple[object, ...]]:
    if not codec.form:
        raise TypeError(f"{where}: its codec has no form, so only Python can read it")
    return cast("tuple[str, *tuple[object, ...]]", codec.form)


def _argument(value: object, where: str) -> str:
    if isinstance(value, Codec):
        return codec_of(cast("Codec[Any]", value), where)
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Codec[Any]]", value).items()
        return "{ " + ", ".join(f"{json.dumps(name)}: {codec_of(of, where)}" for name, of in given) + " }"
    if isinstance(value, str) and any(mark in value for mark in _CLASSES):
        raise TypeError(f"{where}: the pattern {value!r} does not mean the same in JavaScript")
    return json.dumps(value, ensure_ascii=False)


def module() -> str:
    """The text of the module."""
    kinds = collected(roots())
    return "\n".join([HEAD, *_constants(), *(_record(name, kind) for name, kind in kinds.items()), *_tables()])


def _constants() -> Iterator[str]:
    yield "/** Every size limit of the protocol (`protocol/limits.py`). */"
    yield f"export const LIMITS = {_literal({typed.camel(name): value for name, value in asdict(LIMITS).items()})} as const;\n"
    yield "/** EIP-712 domain of all contracts. */"
    yield f"export const DOMAIN = {_literal({'name': typed.NAME, 'version': typed.VERSION})} as const;\n"
    yield f"export const STATEMENT_TYPE = {json.dumps(statements.STATEMENT_TYPE)};"
    yield f"export const BUNDLE_FORMAT = {json.dumps(FORMAT)};"
    yield f"export const PAYLOAD_TYPE = {json.dumps(dsse.PAYLOAD_TYPE)};"
    yield f"export const RECEIPT_TYPE = {json.dumps(sessions.RECEIPT_TYPE)};"
    yield f"export const RECEIPT_BATCH = {json.dumps(sessions.ReceiptBatch.predicate_type())};"
    yield f"export const BATCH_MOST = {sessions.BATCH_MOST};"
    yield f"export const OFFER_NONCE_DOMAIN = {json.dumps(offers.NONCE_DOMAIN.decode())};"
    yield f"export const SIGN_IN_STATEMENT = {json.dumps(sign_in.STATEMENT)};\n"


def _record(name: str, kind: type[Fields]) -> str:
    about = " ".join((inspect.cleandoc(kind.__doc__ or "")).split())
    items = [(typed.camel(item.attribute), item) for item in fields_of(kind)]
    head = {
        "title": kind.__name__,
        "format": kind.FORMAT,
        "place": kind.WHERE or kind.__name__,
        "limit": kind.LIMIT if issubclass(kind, Document) else 0,
    }
    if kind.OPEN:
        raise TypeError(f"{name} lets unknown fields through: only Python reads it")
    rule = f", rules.{name}" if kind.require is not Fields.require else ""
    return "\n".join(
        [
            f"/** {about.replace('``', '`').replace('*/', '* /')} */",
            f"export interface {name} {{",
            *(
                line
                for attribute, item in items
                for line in (
                    *([f"  /** {item.about} */"] if item.about else []),
                    f"  readonly {attribute}: {_of(item, type_of, name)};",
                )
            ),
            "}",
            f"export const {name}: RecordType<{name}> = /* @__PURE__ */ record<{name}>({_literal(head)}, () => [",
            *(
                f"  field({json.dumps(attribute)}, {json.dumps(item.name)}, {_of(item, codec_of, name)}"
                + (f", {json.dumps(item.codec.solidity)}" if issubclass(kind, (Typed, Event)) else "")
                + "),"
                for attribute, item in items
            ),
            f"]{rule});\n",
        ]
    )


def _of(item: Field, say: Callable[[Codec[Any], str], str], name: str) -> str:
    where = f"{name}.{item.attribute}"
    if item.by is not None:
        raise TypeError(f"{where}: its form depends on another field, which TypeScript has no codec for yet")
    return say(item.codec, where)


def _tables() -> Iterator[str]:
    yield "/** Every message that is signed (EIP-712): its record, and the contract in whose domain it is signed. */"
    yield "export const SIGNED = {"
    for kind in signed():
        yield f"  {kind.__name__}: {{ type: {kind.__name__}, home: {json.dumps(kind.HOME)} }},"
    yield "} as const;\n"
    yield "/** Every statement of a party's log, by its in-toto predicate type. */"
    yield "export const STATEMENTS = {"
    for each in statements.READ:
        known = json.dumps(each.RUN_KNOWN)
        yield (
            f"  {json.dumps(statements.predicate_type(each))}: {{ type: {name_of(each)}, kind: {json.dumps(each.KIND)}, runKnown: {known} }},"
        )
    yield "} as const;\n"


def _literal(value: Mapping[str, object]) -> str:
    return "{ " + ", ".join(f"{_key(name)}: {json.dumps(item)}" for name, item in value.items()) + " }"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[a-zA-Z_]\w*", name) else json.dumps(name)


if __name__ == "__main__":
    sys.exit(written({OUTPUT: module()}, check="--check" in sys.argv[1:]))
