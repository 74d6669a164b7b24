"""Where an auditor's facts come from offline: a bundle whose registers are proven below the trust root; and that errors accuse nobody."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol import bundle
from protocol.answers import Missing, answered
from protocol.errors import FormatError, TallyError, UnavailableError
from protocol.log_entries import beside_tasks
from protocol.openings import OpeningRequest, RowsOpened
from protocol.trust import Trust
from protocol.verify_opening import TITLES, from_bundle, verify
from tests.unit.protocol.simulated_task import SimulatedTask

KEY = X25519PrivateKey.from_private_bytes(b"\x31" * 32)


@cache
def told() -> tuple[SimulatedTask, bytes, Trust, OpeningRequest]:
    story = SimulatedTask().complete()
    item = story.contract.inputs[0]
    message = OpeningRequest(
        "regulator", item.owner, item.data_set, item.version, story.roots[item.data_set], 500, (7,), (), ("age",), "a case",
        KEY.public_key().public_bytes_raw(), 1_900_000_000, 1,
    )  # fmt: skip
    return story, bundle.build(story.material()), story.pinned, message


def test_a_bundle_gives_what_is_registered() -> None:
    story, data, trust, message = told()
    found = from_bundle(data, trust, None, message)
    assert (found.input_root, found.schema_hash) == (message.input_root, story.schemas[message.data_set])
    assert found.rows == 500
    assert found.node_keys == (story.public[message.owner],)
    assert f"task_{story.task.hex()}" in found.source.english


def test_what_a_bundle_does_not_prove_is_missing() -> None:
    _, data, trust, message = told()
    with pytest.raises(Missing):
        from_bundle(data, trust, None, replace(message, data_version=2))
    with pytest.raises(Missing):
        from_bundle(data, replace(trust, head=None), None, message)  # nothing makes its head real


def test_a_bundle_of_another_chain_is_none() -> None:
    _, data, trust, message = told()
    head = trust.head
    assert head is not None
    with pytest.raises(TallyError) as refused:
        from_bundle(data, replace(trust, head=(head[0], bytes(32))), None, message)
    assert refused.value.code == "chain.head"
    with pytest.raises(TallyError):
        from_bundle(data[:-1], trust, None, message)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\x00", b'{"format":"tallystick/opening-answer/v1"}'])
def test_what_is_no_answer_fails_at_the_first_step_and_nothing_else_is_judged(data: bytes) -> None:
    _, _, _, message = told()

    def none() -> Any:
        raise AssertionError("the registry is not asked")

    found = verify(message, bytes(32), data, KEY, none)
    assert [step.outcome for step in found.steps] == ["fails", "cannot", "cannot", "cannot", "cannot"]
    assert (found.exit_code, found.rows, len(TITLES)) == (1, (), 5)


SAID = RowsOpened(bytes(32), "regulator", "hospital", b"\1" * 32, 1, b"\2" * 32, 1, 2, b"\3" * 32, 1_800_000_000)


def test_the_statement_has_one_form() -> None:
    data = SAID.serialise()
    assert RowsOpened.read(data) == SAID
    assert beside_tasks(data) == SAID
    for wrong in (
        data.replace(b"03" * 32, b"04" * 32, 1),
        data.replace(b"opening/v1", b"opening/v2", 1),
        data.replace(b'"rows":1', b'"rows":01'),
        data + b" ",
    ):
        with pytest.raises(FormatError):
            RowsOpened.read(wrong)


def test_a_chain_that_is_away_says_nothing_about_an_answer() -> None:
    def away() -> Any:
        raise UnavailableError("chain.unreachable", "The endpoint does not answer.", "Try again.")

    assert answered(away)[0] == "cannot"
