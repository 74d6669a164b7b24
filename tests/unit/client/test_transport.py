"""Retries, deadlines, bounded answers, problems as errors."""

import json

import httpx
import pytest

from client import Coordinator
from client.transport import Timing, Transport, problem
from protocol import ids
from protocol.api import DeploymentFile
from protocol.contract import proposal_of
from protocol.errors import FormatError, RangeError, RefusedError, TallyError, UnavailableError, VerificationError
from protocol.typed import Domain
from tests.unit.orchestrator.sample import contract

FAST = Timing(total=3.0, attempt=1.0)


def transport(*answers: httpx.Response | Exception) -> tuple[Transport, list[httpx.Request]]:
    seen: list[httpx.Request] = []
    waiting = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(found, Exception):
            raise found
        return found

    return Transport("http://test", FAST, httpx.Client(transport=httpx.MockTransport(answer))), seen


def refusal(status: int, category: str) -> bytes:
    return json.dumps(
        {"code": "area.reason", "detail": "What.", "fix": "Fix.", "category": category, "status": status, "party": "x"}
    ).encode()


def test_a_busy_coordinator_is_asked_again() -> None:
    made, seen = transport(httpx.Response(503), httpx.ConnectError("no"), httpx.Response(200, content=b"{}"))
    assert made.get("/v1/health", {}) == b"{}"
    assert len(seen) == 3


def test_a_refusal_is_not_asked_again() -> None:
    made, seen = transport(httpx.Response(409, content=refusal(409, "refused")))
    with pytest.raises(RefusedError, match=r"area\.reason") as refused:
        made.post("/v1/tasks", {}, {})
    assert len(seen) == 1
    assert refused.value.details["party"] == "x"


def test_what_is_still_being_answered_is_asked_again() -> None:
    """An exchange that was given up too early goes on at the coordinator: its answer is waited for, not taken for a refusal."""
    busy = json.loads(refusal(409, "refused")) | {"code": "idempotency.in_flight"}
    first = httpx.Response(409, content=json.dumps(busy).encode(), headers={"retry-after": "0"})
    made, seen = transport(first, httpx.Response(202, content=b"{}"))
    assert made.post("/v1/tasks", {}, {"idempotency-key": "k"}) == b"{}"
    assert len(seen) == 2


def test_it_gives_up_at_its_deadline() -> None:
    made, _ = transport(httpx.ConnectError("no"))
    made.timing = Timing(total=0.5, attempt=0.1)
    with pytest.raises(UnavailableError, match=r"coordinator\.unreachable"):
        made.get("/v1/health", {})


def test_an_endless_answer_is_cut() -> None:
    made, _ = transport(httpx.Response(200, content=b"x" * 1000))
    with pytest.raises(FormatError, match=r"coordinator\.answer_too_large"):
        made.get("/v1/health", {}, limit=999)


@pytest.mark.parametrize(
    ("category", "kind"),
    [("format", FormatError), ("range", RangeError), ("verification", VerificationError), ("refused", RefusedError),
     ("unavailable", UnavailableError), ("internal", UnavailableError)],
)  # fmt: skip
def test_categories_become_error_types(category: str, kind: type[TallyError]) -> None:
    found = problem(400, refusal(400, category))
    assert type(found) is kind
    assert (found.code, found.what, found.fix) == ("area.reason", "What.", "Fix.")


@pytest.mark.parametrize("data", [b"<html>", b"[]", b'{"code":1}', b""])
def test_answers_that_are_no_problem_documents(data: bytes) -> None:
    assert type(problem(502, data)) is UnavailableError
    assert type(problem(404, data)) is RefusedError


class Signer:
    address = "0x" + "11" * 20

    def __init__(self) -> None:
        self.signed: list[bytes] = []

    def sign_digest(self, digest: bytes) -> bytes:
        self.signed.append(digest)
        return b"\1" * 65


def client(*answers: httpx.Response, signer: Signer | None = None) -> Coordinator:
    made, _ = transport(*answers)
    domains = {name: Domain(1, "0x" + "12" * 20, bytes(32)) for name in ("Tasks", "Consents")}
    return Coordinator("http://test", party="hospital", signer=signer or Signer(), domains=domains, transport=made)


def test_a_coordinator_that_names_another_task_is_noticed() -> None:
    lie = {"id": "task_" + "00" * 32, "state": "submitted"}
    with pytest.raises(VerificationError, match=r"task\.other_id"):
        client(httpx.Response(202, json=lie)).submit(contract(), bytes(65))


def test_a_task_that_preflight_refuses_is_not_signed() -> None:
    proposal = proposal_of(contract())
    task = proposal.digest(Domain(1, "0x" + "12" * 20, bytes(32)))
    problem = {
        "code": "estimate.memory",
        "what": "Too large.",
        "fix": "Use fewer rows.",
        "where": "steps",
        "chinese": "",
    }
    answer = {
        "task": ids.prefixed("task", task), "problems": [problem], "level": 4, "collusion_threshold": 2,
        "estimate": {
            "seconds": 1, "bytes": 1, "memory": 1, "rounds": 1, "failure": "0", "beyond": [], "unplanned": ""
        }, "disclosures": [], "supports": [], "typed_data": {},
        "notices": [], "law_policy": "0x" + "00" * 32,
    }  # fmt: skip
    signer = Signer()
    with pytest.raises(RefusedError, match=r"task\.problems") as caught:
        client(httpx.Response(200, json=answer), signer=signer).submit(contract())
    assert caught.value.fix == "Use fewer rows."
    assert "estimate.memory" in str(caught.value.details["problems"])
    assert task not in signer.signed

    signer = Signer()
    taken = httpx.Response(202, json={"id": ids.prefixed("task", task), "state": "submitted"})
    client(httpx.Response(200, json={**answer, "problems": []}), taken, signer=signer).submit(contract())
    assert task in signer.signed


def test_without_a_signer_only_public_endpoints_answer() -> None:
    deployment = DeploymentFile(1, bytes(32), bytes(32), (("Tasks", "0x" + "ab" * 20),), (("Tasks", bytes(32)),), 0, 1)
    made, _ = transport(httpx.Response(200, json=deployment.to_json()))
    anonymous = Coordinator("http://test", party="x", signer=None, domains={}, transport=made)
    assert anonymous.deployment() == deployment
    with pytest.raises(VerificationError, match=r"client\.no_signer"):
        anonymous.tasks()
