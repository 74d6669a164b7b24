import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical
from protocol.contract import Output, Step, TaskContract, proposal_of, task_id_of
from protocol.errors import TallyError
from tests.unit.protocol.samples import DIAGNOSES, DOMAIN, MEASUREMENTS, contract


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in paths(item, (*at, key))] + [at]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in paths(item, (*at, index))] + [at]
    return [at]


def test_bytes_round_trip_and_are_canonical() -> None:
    task = contract()
    assert TaskContract.read(task.data()) == task
    assert json.loads(task.data()) == task.to_json()
    assert len(task.digest()) == 32


@given(st.data())
def test_any_changed_field_changes_digest_and_task_id_or_is_refused(data: st.DataObject) -> None:
    task = contract()
    value = copy.deepcopy(task.to_json())
    path = data.draw(st.sampled_from([p for p in paths(value) if p]))
    new = data.draw(st.sampled_from(["zz", 0, 1, 2, 4, True, None, [], {}, "0x" + "11" * 32, "12345", ["x"]]))
    at: Any = value
    for key in path[:-1]:
        at = at[key]
    if at[path[-1]] == new and type(at[path[-1]]) is type(new):
        return
    at[path[-1]] = new
    try:
        changed = TaskContract.parse(value)
    except TallyError:
        return
    assert changed.digest() != task.digest()
    assert task_id_of(changed, DOMAIN) != task_id_of(task, DOMAIN)


@given(st.sampled_from(sorted(contract().to_json())))
def test_missing_and_unknown_fields_are_refused(field: str) -> None:
    value = contract().to_json()
    del value[field]
    with pytest.raises(TallyError):
        TaskContract.parse(value)
    with pytest.raises(TallyError) as caught:
        TaskContract.parse({**contract().to_json(), "extra": 1})
    assert caught.value.code == "json.unknown_field"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"committee": ("hospital", "laboratory")}, "contract.committee_too_small"),
        ({"auditors": ("exchange",)}, "contract.auditor_computes"),
        ({"outputs": ()}, "contract.empty"),
        ({"outputs": (Output("nothing.here", ("hospital",)),)}, "contract.output_unknown"),
        ({"steps": (Step("a", "psi.align@1.0.0", (), (("tables", ("later.table",)),)),)}, "contract.source_unknown"),
        (
            {"steps": (Step("a", "psi.align@1.0.0", (), ()), Step("a", "psi.align@1.0.0", (), ()))},
            "contract.step_twice",
        ),
        ({"nonce": "short"}, "contract.nonce"),
    ],
)
def test_rules_are_refused_with_their_codes(changes: dict[str, object], code: str) -> None:
    with pytest.raises(TallyError) as caught:
        TaskContract.read(contract(**changes).data())
    assert caught.value.code == code


def test_unsorted_lists_are_refused() -> None:
    for changes in ({"committee": ("laboratory", "hospital", "exchange")}, {"inputs": contract().inputs[::-1]}):
        with pytest.raises(TallyError):
            TaskContract.read(contract(**changes).data())


def test_the_proposal_carries_the_contract_digest_and_words() -> None:
    task = contract()
    proposal = proposal_of(task)
    assert proposal.contract_digest == canonical.sha256(task.data())
    assert proposal.data_sets == (DIAGNOSES, MEASUREMENTS)
    assert proposal.data_versions == (1, 2)
    assert proposal.nonce == int(task.nonce, 16)


@pytest.mark.parametrize("text", ["\u202eevil", "a\u200bb", "a\nb", "\x00", "\ud800", "\ue000", "\u2028"])
def test_attack_a_parameter_that_looks_like_another(text: str) -> None:
    """The consent sentence shows parameters: one that hides a character or turns the line round is refused unread."""
    value = contract().to_json()
    value["steps"][0]["parameters"] = {"solver": text}  # type: ignore[index]
    with pytest.raises(TallyError) as caught:
        TaskContract.parse(value)
    assert caught.value.code == "contract.parameter"
    value["steps"][0]["parameters"] = {"solver": "é 评估"}  # type: ignore[index]
    TaskContract.parse(value)
