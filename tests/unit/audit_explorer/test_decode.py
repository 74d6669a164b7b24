"""Events as the index keeps them, into records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_explorer.queries import decode
from audit_explorer.records import Party, Reason
from protocol import event_words, events, ids
from protocol.errors import FormatError
from protocol.event import Event
from protocol.fields import Fields, fields_of
from protocol.programs import Words

HOSPITAL, LABORATORY = ids.on_chain("hospital"), ids.on_chain("laboratory")
NAMES = decode.Names([{"kind": "party", "id": HOSPITAL, "name": "hospital"}])


def text(value: bytes) -> str:
    return "0x" + value.hex()


def row(name: str, **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args, "block_number": 5, "log_index": 1, "block_time": 9, "tx_hash": bytes(32)}


def made(kind: type[Event], /, **values: Any) -> Event:
    """An event whose other fields are zero."""
    return kind(**{**blank(kind), **values})


def blank(kind: type[Fields]) -> dict[str, Any]:
    """Zero values of a type's fields, of those of its structs too."""
    found: dict[str, Any] = {}
    for field in fields_of(kind):
        struct = field.codec.schema.get("$ref")
        if isinstance(struct, type):
            found[field.attribute] = struct(**blank(struct))
        else:
            found[field.attribute] = field.codec.read(_ZERO[field.codec.solidity], field.name)
    return found


_ZERO: dict[str, object] = {
    "bytes32": text(bytes(32)), "address": "0x" + "00" * 20, "bool": False, "bytes32[]": [],
    **{f"uint{bits}[]": [] for bits in (16, 32, 64)}, **{f"uint{bits}": "0" for bits in (8, 16, 32, 64, 256)},
}  # fmt: skip


def shown(event: Event) -> Any:
    kept = row(type(event).__name__, **event.to_json())
    assert decode.read(kept) == event
    return decode.record(kept, event, NAMES)


def test_an_absent_reviewer_is_nobody() -> None:
    """On chain an absent reviewer is the hash of the empty name, not zero; the page once showed it as a party."""
    assert made(events.OutputReviewed).to_json()["reviewer"] == text(bytes(32))
    assert {bytes(32), ids.on_chain("")} == event_words.ABSENT


def test_parties_without_a_known_name_keep_their_id() -> None:
    found = shown(made(events.TaskAborted, party=LABORATORY))
    assert (found.party, found.value) == (Party(LABORATORY, None), None)
    proposal = events.Proposal(**{**blank(events.Proposal), "contract_digest": b"\2" * 32})
    assert shown(made(events.TaskProposed, proposal=proposal)).value == b"\2" * 32, "a field of its struct"
    committed = shown(made(events.RunCommitted, party=HOSPITAL, log_root=b"\1" * 32))
    assert (committed.party, committed.value, committed.time) == (Party(HOSPITAL, "hospital"), b"\1" * 32, 9)


def about(event: Event) -> Words:
    return event_words.TIMELINE[type(event)].about


def test_every_end_says_what_the_chain_knows_of_whom_it_names() -> None:
    ends = [words for words in event_words.TIMELINE.values() if words.bad]
    assert ends
    assert all("{party}" in text for words in ends for text in (words.about.english, words.about.chinese))


def test_reasons_come_from_the_chain_before_the_coordinator() -> None:
    aborted: Any = made(events.TaskAborted, party=HOSPITAL, reason=7)
    assert decode.reason([aborted], "task.rejected", NAMES) == Reason(
        7, None, (Party(HOSPITAL, "hospital"),), about(aborted)
    )
    withdrawn: Any = made(events.TaskAborted, party=HOSPITAL, kind=3, reason=12)
    assert decode.reason([withdrawn], None, NAMES) == Reason(12, None, (Party(HOSPITAL, "hospital"),), about(withdrawn))
    expired = made(events.TaskExpired, missing=(LABORATORY,))
    assert decode.reason([expired], None, NAMES) == Reason(None, None, (Party(LABORATORY, None),), about(expired))
    disputed = made(events.TaskDisputed, left=(HOSPITAL,), right=(HOSPITAL,))
    assert decode.reason([disputed], None, NAMES) == Reason(None, None, (Party(HOSPITAL, "hospital"),), about(disputed))
    assert decode.reason([], "task.rejected", NAMES) == Reason(None, "task.rejected", ())
    assert decode.reason([], None, NAMES) is None


@pytest.mark.parametrize(("kind", "reason"), [(1, 12), (2, 13), (3, 9), (3, 200)])
def test_attack_a_reason_that_its_author_cannot_give_is_none(kind: int, reason: int) -> None:
    """A node that ends a task and says that its proposer took it back, and the other way round."""
    ended: Any = made(events.TaskAborted, party=HOSPITAL, kind=kind, reason=reason)
    assert decode.reason([ended], None, NAMES) == Reason(None, None, (Party(HOSPITAL, "hospital"),), about(ended))


@pytest.mark.parametrize("kind", events.EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("value", [None, "0x12", ["0xzz"], {"a": 1}, 2, -1, 1.5])
def test_odd_arguments_of_any_event_are_refused_with_a_code(kind: type[Event], value: object) -> None:
    good = made(kind).to_json()
    for field in good:
        with pytest.raises(FormatError, match=r"explorer\.event"):
            decode.read(row(kind.__name__, **{**good, field: value}))
        with pytest.raises(FormatError, match=r"explorer\.event"):
            decode.read(row(kind.__name__, **{name: kept for name, kept in good.items() if name != field}))
    with pytest.raises(FormatError, match=r"explorer\.event"):
        decode.read(row(kind.__name__, **good, more=1))


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_every_id_is_looked_up(found: list[bytes]) -> None:
    event = made(events.TaskExpired, missing=tuple(found))
    assert event_words.ids_in(event) == {bytes(32), *found}


def test_names_are_looked_up_by_their_kind() -> None:
    """A hash fits one name, whatever it stands for; a kind says what it was told to be."""
    names = decode.Names([{"kind": kind, "id": HOSPITAL, "name": kind} for kind in ("party", "program", "engine")])
    found = [names.party(HOSPITAL), names.program(HOSPITAL), names.engine(HOSPITAL), names.engine(LABORATORY)]
    assert [item.name for item in found] == ["party", "program", "engine", None]
