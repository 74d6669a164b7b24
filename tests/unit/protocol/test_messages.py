import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical, messages, typed
from protocol.errors import TallyError
from protocol.programs import CostModel, Disclosure, ParameterSpec, Port, ProgramDescriptor, Words
from tests.unit.protocol.samples import DIAGNOSES, authorization, contract
from tests.unit.protocol.strategies import hashes, json_values
from tests.unit.protocol.strategies import messages as typed_messages

signed = messages.SignedAuthorization("hospital", authorization(contract(), DIAGNOSES), b"\x01" * 65, b"{}")
log = messages.LogEvidence(
    b"\x01" * 32,
    "hospital",
    0,
    3,
    b"\x02" * 32,
    "origin\n3\nroot\n",
    (messages.EntryProof(1, b"envelope", (b"\x03" * 32,)),),
    ((2, b"\x04" * 32, (b"\x05" * 32,)),),
)
SAMPLES: list[Any] = [
    signed,
    log,
    messages.RunDispatch(b"\x01" * 32, contract().data(), (signed,), (b"envelope",)),
    messages.TaskNotice(b"\x01" * 32),
    messages.SealedShare(b"\x01" * 32, "hospital", "hospital", b"\x02" * 32, b"blob"),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: type(s).__name__)
def test_round_trip(sample: Any) -> None:
    assert type(sample).parse(sample.to_json()) == sample
    canonical.dumps(sample.to_json())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: type(s).__name__)
@given(st.data())
def test_unknown_missing_and_mistyped_fields_are_refused(sample: Any, data: st.DataObject) -> None:
    value = copy.deepcopy(sample.to_json())
    key = data.draw(st.sampled_from(sorted(value)))
    with pytest.raises(TallyError):
        type(sample).parse({**value, "extra": 1})
    with pytest.raises(TallyError):
        type(sample).parse({k: v for k, v in value.items() if k != key})
    new = data.draw(st.sampled_from([None, 1.5, True, -1, {"a": {}}]))
    with pytest.raises(TallyError):
        type(sample).parse({**value, key: new})


@given(st.sampled_from(["commit", "abort", "attest", "anchor"]), st.data())
def test_chain_requests_round_trip(kind: Any, data: st.DataObject) -> None:
    home: dict[str, type[typed.Typed]] = {
        "commit": typed.RunCommitment,
        "abort": typed.Abort,
        "attest": typed.ResultAttestation,
        "anchor": typed.AnchorUpdate,
    }
    message = data.draw(typed_messages(home[kind]))
    proofs = data.draw(st.lists(hashes, max_size=3)), data.draw(st.lists(st.lists(hashes, max_size=2), max_size=2))
    request = messages.ChainRequest(kind, message, b"\x07" * 65, tuple(proofs[0]), tuple(map(tuple, proofs[1])))
    assert messages.PostedReceipt.parse(messages.PostedReceipt.of(request).to_json()).body == request


@given(json_values)
def test_arbitrary_receipts_are_refused_with_a_code(value: object) -> None:
    with pytest.raises(TallyError):
        messages.PostedReceipt.parse(value)


def test_progress_and_announcement_round_trip() -> None:
    progress = messages.Progress(
        "hospital", b"\x01" * 32, "waiting", "links", 0, 3, 12, 0, "link.timeout", "exchange", 7
    )
    assert messages.Progress.read(progress.data()) == progress
    announcement = messages.Announcement("hospital", "10.0.0.1", 7000, 3, "tallystick.engine@1.0.0", b"\x0a" * 32)
    assert messages.Announcement.read(announcement.data()) == announcement


WORDS = Words("English", "中文")
DESCRIPTOR = ProgramDescriptor(
    "glm.logistic@1.0.0",
    WORDS,
    (Port("table", "table", WORDS),),
    (Port("coefficients", "shares", WORDS),),
    (
        ParameterSpec("c", "decimal", "1", "0.001", "1000", (), WORDS),
        ParameterSpec("steps", "integer", 15, "1", "100", (), WORDS),
        ParameterSpec("sigmoid", "choice", "accurate", "", "", ("accurate", "linear"), WORDS),
        ParameterSpec("intercept", "boolean", True, "", "", (), WORDS),
    ),
    "three",
    3,
    3,
    4,
    1,
    (Disclosure("size", "everyone", WORDS),),
    CostModel("1 + 0.5*rows + 0.25*rows*columns + 2*columns^3*[solver=newton]"),
    b"\x08" * 32,
)


def test_descriptor_round_trip_and_cost() -> None:
    assert ProgramDescriptor.parse(canonical.parse(DESCRIPTOR.data())) == DESCRIPTOR
    assert DESCRIPTOR.seconds.at({"rows": 4, "columns": 2, "solver": "newton"}) == 1 + 0.5 * 4 + 0.25 * 8 + 2 * 8
    assert DESCRIPTOR.seconds.at({"rows": 4, "columns": 2, "solver": "other"}) == 1 + 0.5 * 4 + 0.25 * 8


def test_parameters_get_defaults() -> None:
    assert DESCRIPTOR.check_parameters((("c", "0.1"),)) == {
        "c": "0.1",
        "steps": 15,
        "sigmoid": "accurate",
        "intercept": True,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("c", "0"), ("c", 1), ("c", "nan"), ("c", "inf"), ("c", "x"), ("steps", 0), ("steps", True), ("steps", "15"),
        ("sigmoid", "exact"), ("intercept", "true"), ("intercept", 1), ("unknown", 1),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(name: str, value: Any) -> None:
    with pytest.raises(TallyError) as caught:
        DESCRIPTOR.check_parameters(((name, value),))
    assert caught.value.code in {"program.parameter", "program.unknown_parameter"}
