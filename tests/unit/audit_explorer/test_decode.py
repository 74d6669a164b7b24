"""Events as the index keeps them, into records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_explorer.queries import decode
from audit_explorer.records import Party, Reason
from protocol import ids
from protocol.errors import FormatError

HOSPITAL, LABORATORY = ids.on_chain("hospital"), ids.on_chain("laboratory")
NAMES = decode.Names([{"kind": "party", "id": HOSPITAL, "name": "hospital"}])


def text(value: bytes) -> str:
    return "0x" + value.hex()


def row(name: str, **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args, "block_number": 5, "log_index": 1, "block_time": 9, "tx_hash": bytes(32)}


PROPOSED = {
    "protection_level": "4", "compute_parties": [text(HOSPITAL)], "programs": [], "data_sets": [],
    "result_users": [], "auditors": [], "reviewer": text(ids.on_chain("")),
}  # fmt: skip


def test_an_absent_reviewer_is_nobody() -> None:
    """On chain an absent reviewer is the hash of the empty name, not zero; the page once showed it as a party."""
    assert decode.Proposal.read(decode.Args(PROPOSED, "TaskProposed")).reviewer is None
    given_one = {**PROPOSED, "reviewer": text(HOSPITAL)}
    assert decode.Proposal.read(decode.Args(given_one, "TaskProposed")).reviewer == HOSPITAL


def test_parties_without_a_known_name_keep_their_id() -> None:
    found = decode.event(row("TaskAborted", party=text(LABORATORY), statement=text(bytes(32))), NAMES)
    assert (found.party, found.value) == (Party(LABORATORY, None), None)
    committed = decode.event(row("RunCommitted", party=text(HOSPITAL), log_root=text(b"\1" * 32)), NAMES)
    assert (committed.party, committed.value, committed.time) == (Party(HOSPITAL, "hospital"), b"\1" * 32, 9)


def test_reasons_come_from_the_chain_before_the_coordinator() -> None:
    aborted = row("TaskAborted", party=text(HOSPITAL), reason="7")
    assert decode.reason([aborted], "task.rejected", NAMES) == Reason(7, None, (Party(HOSPITAL, "hospital"),))
    expired = row("TaskExpired", missing=[text(LABORATORY)])
    assert decode.reason([expired], None, NAMES) == Reason(None, None, (Party(LABORATORY, None),))
    disputed = row("TaskDisputed", left=[text(HOSPITAL)], right=[text(HOSPITAL)])
    assert decode.reason([disputed], None, NAMES) == Reason(None, None, (Party(HOSPITAL, "hospital"),))
    assert decode.reason([], "task.rejected", NAMES) == Reason(None, "task.rejected", ())
    assert decode.reason([], None, NAMES) is None


@pytest.mark.parametrize("field", sorted(PROPOSED))
@pytest.mark.parametrize("value", [None, "0x12", ["0xzz"], {"a": 1}, True, -1, 1.5])
def test_odd_arguments_are_refused_with_a_code(field: str, value: object) -> None:
    with pytest.raises(FormatError, match=r"explorer\.event"):
        decode.Proposal.read(decode.Args({**PROPOSED, field: value}, "TaskProposed"))


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_every_named_id_is_looked_up_once(found: list[bytes]) -> None:
    rows = [row("TaskExpired", missing=[text(item) for item in found])]
    assert decode.ids_in(rows) == sorted(set(found))
