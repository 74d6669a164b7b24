"""Writes what a browser needs of the chain's side of a bundle: ``python -m tools.web_evidence [--check]``.

The contracts' events, the places of what they hold in storage, the form of a trust root and the released protocol stacks are
defined once, in ``protocol/``. The pages' verification reads them from ``audit_explorer/web/src/generated/evidence.ts``.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from protocol import ancestry, backends, commitments, events, registers, statements, trust
from protocol.bundle import MAX_SUCCESSIONS
from protocol.event import Event, Struct
from protocol.fields import fields_of
from protocol.programs import COMMITTEES
from protocol.typed import KIND_ABORT, KIND_REFUSAL, KIND_WITHDRAWAL, camel
from protocol.vocabulary import ReleaseKind
from tools.web_files import GENERATED, written

OUTPUT: Final = GENERATED / "evidence.ts"
HEAD: Final = """/** Generated from `protocol/` by `python -m tools.web_evidence`: do not edit. */

import type { Hex } from "../base/bytes";
"""
_PLAIN: Final = {"bytes32": "Hex", "address": "Hex", "bool": "boolean"}


def module() -> str:
    """The text of the module."""
    return "\n".join([HEAD, *_constants(), *_event_types(), *_event_table()])


def _constants() -> Iterator[str]:
    values: tuple[tuple[str, str, object], ...] = (
        ("TRUST_FORMAT", "Format of a trust root (`protocol/trust.py`).", trust.FORMAT),
        ("TRUST_LIMIT", "Bytes of a trust root at most.", trust.LIMIT),
        ("PATH_FORMAT", "Format of the path from a trusted block to a bundle's head (`protocol/ancestry.py`).", ancestry.PATH_FORMAT),
        ("CONTRACTS", "The contracts that a trust root names.", trust.CONTRACTS),
        ("MAX_SUCCESSIONS", "Steps from one release to another at most.", MAX_SUCCESSIONS),
        ("COMMITTEES", "Who commits, by its number on chain.", COMMITTEES),
        ("RELEASE_KINDS", "Kinds of releases on chain.", {kind.name.lower(): int(kind) for kind in ReleaseKind}),
        ("ABORT_KINDS", "Kinds of a signed end.", {"refusal": KIND_REFUSAL, "abort": KIND_ABORT, "withdrawal": KIND_WITHDRAWAL}),
        ("CHECKS", "The party check's questions.", statements.CHECKS),
        ("BACKENDS", "The released protocol stacks (`protocol/backends.py`).", tuple(_backend(facts) for facts in backends.RELEASED)),
        ("MALICIOUS", "The security model of parties that deviate, and the protection level that asks for it.", _malicious()),
        ("DOMAINS", "Domains of the hashes that verification makes, each before a zero byte (`protocol/commitments.py`).", _domains()),
        ("TRANSCRIPTS", "Version of the links' transcripts in run statements, by predicate type.", {statements.predicate_type(kind): version for version, kind in statements.RUNS.items()}),
        ("PLACES", "Contract and slot of each mapping that is read (`protocol/registers.py`).", {name: (contract, slot) for contract, name, slot in registers.PLACES}),
        ("FIELDS", "Slot, byte offset from the low end and size of each field, by struct.", registers.FIELDS),
        ("PERIOD_SLOTS", "Slots of a key period in its array.", registers.PERIOD_SLOTS),
    )  # fmt: skip
    for name, about, value in values:
        yield f"/** {about} */\nexport const {name} = {json.dumps(value)} as const;\n"


def _backend(facts: backends.BackendFacts) -> Mapping[str, object]:
    found = {camel(name): value for name, value in asdict(facts).items()}
    return {**found, "field": str(facts.field)}  # beyond what a number of JavaScript holds


def _malicious() -> Mapping[str, int]:
    models = [backends.demanded_model(level, ()) for level in range(1, 6)]
    return {"model": backends.MALICIOUS, "fromLevel": models.index(backends.MALICIOUS) + 1}


def _domains() -> Mapping[str, object]:
    return {
        "outputName": commitments.OUTPUT_NAME.decode().rstrip("\0"),
        "outputShares": commitments.OUTPUT_SHARES.decode().rstrip("\0"),
        "inputs": commitments.INPUTS.decode().rstrip("\0"),
        "linkSignature": commitments.LINK_SIGNATURE.decode().rstrip("\0"),
        "link": {version: domain.decode().rstrip("\0") for version, domain in commitments.LINK.items()},
    }


def _event_types() -> Iterator[str]:
    yield "/** Every event of the contracts, decoded (`protocol/events.py`): names as in the ABI. */"
    yield "export interface Events {"
    for kind in events.EVENTS:
        members = " ".join(
            f"readonly {name}: {_type(solidity, struct)};" for name, solidity, _, struct in _parameters(kind)
        )
        yield f"  readonly {kind.__name__}: {{ {members} }};" if members else f"  readonly {kind.__name__}: object;"
    yield "}\n"


def _type(solidity: str, struct: type[Struct] | None) -> str:
    if struct is not None:
        members = (
            f"readonly {camel(item.attribute)}: {_type(item.codec.solidity, None)}" for item in fields_of(struct)
        )
        return "{ " + "; ".join(members) + " }"
    if solidity.endswith("[]"):
        return f"readonly {_type(solidity[:-2], None)}[]"
    return _PLAIN.get(solidity, "bigint")


def _event_table() -> Iterator[str]:
    yield "/** A parameter: its name, its Solidity type, whether it is a topic, and of a struct its members' names. */"
    yield "export type Parameter = readonly [name: string, kind: string, indexed: boolean, members?: readonly string[]];\n"
    yield "/** Who emits each event, and its parameters in order. */"
    yield "export const EVENTS: Readonly<"
    yield "  Record<keyof Events, { readonly contracts: readonly string[]; readonly parameters: readonly Parameter[] }>"
    yield "> = {"
    for kind in events.EVENTS:
        parameters = [
            [name, solidity, indexed, *([[camel(item.attribute) for item in fields_of(struct)]] if struct else [])]
            for name, solidity, indexed, struct in _parameters(kind)
        ]
        yield f"  {kind.__name__}: {{ contracts: {json.dumps(kind.CONTRACTS)}, parameters: {json.dumps(parameters)} }},"
    yield "};\n"


def _parameters(kind: type[Event]) -> Iterator[tuple[str, str, bool, type[Struct] | None]]:
    for parameter, item in zip(kind.parameters(), fields_of(kind), strict=True):
        held = item.codec.schema.get("$ref")
        struct = held if isinstance(held, type) and issubclass(held, Struct) else None
        yield parameter.name, parameter.kind, parameter.indexed, struct


if __name__ == "__main__":
    sys.exit(written({OUTPUT: module()}, check="--check" in sys.argv[1:]))
