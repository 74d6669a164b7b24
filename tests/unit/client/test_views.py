"""Other parties' progress as the client reads it, and the words that `tally task watch` makes of it."""

import base64
import json
from typing import Any

import pytest

from protocol.api import TaskStatus
from protocol.errors import FormatError
from protocol.ids import prefixed
from tallystick.progress import follow
from tests.unit.orchestrator import sample


def answer(progress: dict[str, Any] | None, **changes: Any) -> bytes:
    party = {"parts": ["committee"], "committed": False, "released_to": [], "logged": False, "attested": False}
    contract = sample.contract()
    task: dict[str, Any] = {
        "id": prefixed("task", b"\x01" * 32),
        "state": "started",
        "review": "none",
        "contract": base64.b64encode(contract.data()).decode(),
        "contract_digest": "0x" + contract.digest().hex(),
        "proposer": contract.proposer,
        "deadline": str(contract.deadline),
        "review_by": None,
        "submitted_at": "1",
        "started_at": "2",
        "run": None,
        "reasons": [],
        "events": [],
        "parties": [{"party": "hospital", **party, "progress": progress}],
        "percent": 43,
        "eta": 8,
        "evidence": False,
    }
    return json.dumps(task | changes).encode()


FIT = {"state": "computing", "phase": "fit", "step": 12, "total": 90, "percent": 43, "eta": 8, "note": "", "peer": ""}


def test_a_running_task_in_words() -> None:
    status = TaskStatus.read(answer(FIT))
    assert follow(status, "en") == [
        ("", "task running, 43 %, about 8 s left"),
        ("hospital", "hospital: computing, fit 12/90, 43 %, about 8 s left"),
    ]
    assert follow(status, "zh") == [
        ("", "任务运行中，43%，约剩 8 秒"),
        ("hospital", "hospital: 计算中，fit 第 12 步，共 90 步，43%，约剩 8 秒"),
    ]


@pytest.mark.parametrize(("review", "english", "chinese"), [
    ("none", "not reviewed", "未复核"), ("approved", "approved", "已批准"),
    ("rejected", "rejected", "已否决"), ("expired", "review expired", "复核逾期"),
])  # fmt: skip
def test_a_completed_task_says_what_became_of_its_review(review: str, english: str, chinese: str) -> None:
    contract = sample.contract(auditors=(), reviewer="regulator", review_within=60)
    reviewed = {
        "state": "completed",
        "review": review,
        "review_by": str(contract.deadline + 60),
        "contract": base64.b64encode(contract.data()).decode(),
        "percent": None,
    }
    status = TaskStatus.read(answer(None, **reviewed))
    assert status.review_by == contract.deadline + 60
    assert follow(status, "en") == [("", f"task completed, {english}")]
    assert follow(status, "zh") == [("", f"任务已完成，{chinese}")]


def test_unknown_is_said_to_be_unknown() -> None:
    status = TaskStatus.read(answer(FIT | {"eta": None}, eta=None))
    assert [line for _, line in follow(status, "en")] == [
        "task running, 43 %, time left unknown",
        "hospital: computing, fit 12/90, 43 %, time left unknown",
    ]
    waiting = {"state": "waiting", "phase": "connect", "step": 0, "total": 0, "percent": 0, "note": "link.timeout"}
    status = TaskStatus.read(answer(FIT | waiting | {"peer": "exchange", "eta": None}, percent=None, eta=None))
    assert [line for _, line in follow(status, "en")] == [
        "task running",
        "hospital: waiting, connect, no answer on the link [link.timeout] (exchange)",
    ]
    assert follow(TaskStatus.read(answer(None)), "en")[1:] == []


def test_what_another_party_says_cannot_drive_the_terminal() -> None:
    for said in ({"phase": "fit\x9b2J"}, {"note": "a\nb"}, {"note": "\u202elink"}):
        with pytest.raises(FormatError):
            TaskStatus.read(answer(FIT | said))


@pytest.mark.parametrize(
    "change",
    [
        {"percent": 101},
        {"step": -1},
        {"eta": -5},
        {"phase": "x" * 64},
        {"phase": "\x1b[2J"},
        {"phase": "fit\x9b2J"},
        {"note": "a\nb"},
    ],
)
def test_progress_out_of_bounds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        TaskStatus.read(answer(FIT | change))
