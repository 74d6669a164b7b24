"""The event types are the compiled contracts' events: same names, types, topics, and one encoding each."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from protocol import event_words, events
from protocol.errors import FormatError, TallyError
from protocol.event import Event, Struct
from protocol.events import EVENTS, TaskDisputed, WalletChanged
from protocol.fields import fields_of
from protocol.trust import CONTRACTS
from protocol.typed import camel
from tests.unit.protocol.strategies import value_of

ARTIFACTS = Path(__file__).parents[3] / "chain" / "artifacts"


OUTSIDE = {"PasskeyAccount", "PasskeyAccounts"}
"""Compiled with the others and no part of a deployment: nobody follows their events."""


def abi_events() -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(ARTIFACTS.glob("*.json")):
        artifact = json.loads(path.read_text())
        if artifact["contractName"] in OUTSIDE:
            continue
        for item in artifact["abi"]:
            if item["type"] == "event":
                found[artifact["contractName"], item["name"]] = item
    return found


def canonical(part: dict[str, Any]) -> str:
    """A parameter's type with its structs written out."""
    if not part["type"].startswith("tuple"):
        return part["type"]
    return f"({','.join(map(canonical, part['components']))}){part['type'].removeprefix('tuple')}"


def test_structs_have_the_fields_of_the_compiled_abi() -> None:
    """By name and in order, as well as by type: two hashes that change places would decode alike."""
    seen: set[str] = set()
    for item in abi_events().values():
        event = next(event for event in EVENTS if event.__name__ == item["name"])
        for part, field in zip(item["inputs"], fields_of(event), strict=True):
            if "components" not in part:
                continue
            struct = field.codec.schema["$ref"]
            assert isinstance(struct, type)
            assert issubclass(struct, Struct)
            seen.add(struct.__name__)
            assert part["internalType"] == f"struct {struct.__name__}"
            assert [camel(inner.attribute) for inner in fields_of(struct)] == [c["name"] for c in part["components"]]
    assert seen == {"Authorization", "Proposal"}


def field_names(event: type[Event]) -> list[str]:
    return [field.name for field in fields(cast("Any", event))]


def test_the_types_equal_the_compiled_abi() -> None:
    expected = {
        key: tuple((canonical(part), part["name"], part["indexed"]) for part in item["inputs"])
        for key, item in abi_events().items()
    }
    ours = {
        (contract, event.__name__): tuple((part.kind, part.name, part.indexed) for part in event.parameters())
        for event in EVENTS
        for contract in event.CONTRACTS
    }
    assert {contract for contract, _ in expected} <= set(CONTRACTS)
    assert {path.stem for path in ARTIFACTS.glob("*.json")} == {*CONTRACTS, *OUTSIDE}
    assert ours == expected
    assert not any(item["anonymous"] for item in abi_events().values())


def test_fields_are_the_abi_names_in_snake_case() -> None:
    for event in EVENTS:
        names = [part.name for part in event.parameters()]
        snake = ["".join(f"_{c.lower()}" if c.isupper() else c for c in name) for name in names]
        assert field_names(event) == snake


def test_topics() -> None:
    transfer_of_role = keccak(b"RoleGranted(bytes32,address,address)")
    assert events.RoleGranted.topic() == transfer_of_role
    # published by OpenZeppelin's AccessControl for years
    assert transfer_of_role.hex() == "2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d"
    assert len({event.topic() for event in EVENTS}) == len(EVENTS)


@st.composite
def any_log(draw: st.DrawFn) -> tuple[type[Event], list[Any], list[bytes], bytes]:
    event = draw(st.sampled_from(EVENTS))
    parts = event.parameters()
    values = [draw(value_of(part.kind)) for part in parts]
    topics = [event.topic()]
    topics += [encode([p.kind], [v]) for p, v in zip(parts, values, strict=True) if p.indexed]
    plain = [(p.kind, v) for p, v in zip(parts, values, strict=True) if not p.indexed]
    return event, values, topics, encode([kind for kind, _ in plain], [value for _, value in plain])


@given(any_log())
def test_every_event_decodes(log: tuple[type[Event], list[Any], list[bytes], bytes]) -> None:
    event, values, topics, data = log
    for contract in event.CONTRACTS:
        found = events.decode(contract, topics, data)
        assert type(found) is event
        assert found == event.of(values)


@given(any_log(), st.data())
def test_a_changed_byte_is_refused_or_changes_the_event(
    log: tuple[type[Event], list[Any], list[bytes], bytes], data: st.DataObject
) -> None:
    event, _, topics, body = log
    blob = bytearray(b"".join(topics) + body)
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    changed = [bytes(blob[i : i + 32]) for i in range(0, 32 * len(topics), 32)]
    original = events.decode(event.CONTRACTS[0], topics, body)
    try:
        found = events.decode(event.CONTRACTS[0], changed, bytes(blob[32 * len(topics) :]))
    except TallyError:
        return
    assert found != original


@given(st.sampled_from(EVENTS), st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.binary(max_size=200))
def test_any_bytes_end_in_an_answer(event: type[Event], topics: list[bytes], data: bytes) -> None:
    try:
        found = events.decode(event.CONTRACTS[0], [event.topic(), *topics], data)
    except FormatError:
        return
    assert type(found) is event


def test_unknown_and_foreign_events_are_refused() -> None:
    for topics in ([], [bytes(32)]):
        with pytest.raises(FormatError, match=r"event\.unknown"):
            events.decode("Tasks", topics, b"")
    with pytest.raises(FormatError, match=r"event\.unknown"):
        events.decode("Anchors", [TaskDisputed.topic(), bytes(32)], b"")


def test_other_encodings_of_the_same_values_are_refused() -> None:
    topics = [TaskDisputed.topic(), bytes(32)]
    word = bytes(31)
    good = encode(["bytes32[]", "bytes32[]"], [[], []])
    assert events.decode("Tasks", topics, good) == TaskDisputed(bytes(32), (), ())
    shared = word + b"\x40" + word + b"\x40" + bytes(32)
    for bad in (good + bytes(32), shared, good[:-1], word + b"\xff" + good[32:]):
        with pytest.raises(FormatError, match=r"event\.malformed"):
            events.decode("Tasks", topics, bad)
    dirty = b"\1" + bytes(63)
    with pytest.raises(FormatError, match=r"event\.malformed"):
        events.decode("PartyRegistry", [WalletChanged.topic(), bytes(32)], dirty)


@given(any_log())
def test_what_the_index_keeps_is_read_again(log: tuple[type[Event], list[Any], list[bytes], bytes]) -> None:
    event = log[0].of(log[1])
    assert events.read(type(event).__name__, json.loads(json.dumps(event.to_json()))) == event


def kinds_of(event: type[Event]) -> dict[str, str]:
    """Solidity types by the way to each field, through structs."""
    found: dict[str, str] = {}
    for field in fields_of(event):
        struct = field.codec.schema.get("$ref")
        if isinstance(struct, type) and issubclass(struct, Struct):
            found |= {f"{field.attribute}.{inner.attribute}": inner.codec.solidity for inner in fields_of(struct)}
        else:
            found[field.attribute] = field.codec.solidity
    return found


def test_every_event_of_a_task_has_words_and_names_fields_that_it_has() -> None:
    """Evidence, explorer and client take a task's events from this list: one that is missing would be seen by nobody."""
    about_a_task = {event for event in EVENTS if "Tasks" in event.CONTRACTS and field_names(event)[:1] == ["task"]}
    assert set(event_words.TIMELINE) == about_a_task
    for event, shown in event_words.TIMELINE.items():
        kinds = kinds_of(event)
        assert all(kinds[name] == "bytes32" for name in (shown.party, shown.value) if name)
        assert all(kinds[name] in ("bytes32", "bytes32[]") for name in shown.ends)
        assert re.search("[a-z]", shown.words.english)
        assert re.search("[\u4e00-\u9fff]", shown.words.chinese)


@given(any_log())
def test_every_hash_of_an_event_may_have_a_name(log: tuple[type[Event], list[Any], list[bytes], bytes]) -> None:
    """Those in structs and lists too: the explorer looks them all up."""

    def hashes(value: Any) -> set[bytes]:
        if isinstance(value, tuple | list):
            return set().union(*map(hashes, value))
        return {value} if isinstance(value, bytes) else set()

    assert event_words.ids_in(log[0].of(log[1])) == hashes(log[1])
