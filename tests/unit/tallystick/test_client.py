"""The client's own word between catalogue and coordinator: names, waiting, consent, and what is never signed unseen."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tallystick
from chain.deployment import CONTRACTS, Deployment
from protocol import ids, offers
from protocol.api import AuthorizationRequest, TaskStatus
from protocol.ask import Ask
from protocol.contract import TaskContract, task_id_of
from protocol.data_faults import Finding, Report
from protocol.errors import FormatError, RefusedError, TallyError, UnavailableError
from protocol.messages import SignedAuthorization
from protocol.programs import Words
from protocol.typed import KIND_WITHDRAWAL, Abort
from protocol.vocabulary import TaskStateName
from tallystick import Client, consents
from tests.unit.client.test_views import FIT, answer
from tests.unit.tallystick.catalogue import PROGRAMS, data_set, draft

ADDRESS = "0x" + "11" * 20
DEPLOYMENT = Deployment(
    1, "0x" + "22" * 32, "0x" + "33" * 32, dict.fromkeys(CONTRACTS, ADDRESS), dict.fromkeys(CONTRACTS, "0x" + "44" * 32), 0, 1
)  # fmt: skip
LOANS = data_set("loans-" + "0" * 32, "bank-north", "age", "default", "income")
MORE = data_set("loans-" + "1" * 32, "bank-east", "age", "default", "income")


class Signer:
    address = ADDRESS

    def __init__(self) -> None:
        self.signed: list[bytes] = []

    def sign_digest(self, digest: bytes) -> bytes:
        self.signed.append(digest)
        return b"\1" * 65


def page(*items: object) -> Any:
    return type("Page", (), {"items": items, "next_cursor": None})


def contract() -> TaskContract:
    made = draft()
    rows = made.step("stack", "table.stack", tables=sorted([made.use(LOANS), made.use(MORE)], key=str))["stacked"]
    fit = made.step("fit", "glm.logistic", features=rows, label=rows["default"])
    made.give(fit["coefficients"], to="bank-north")
    return made.contract()


class Fake:
    """A coordinator that has one task, asks for its data, and notes what it is handed."""

    party = "bank-north"

    def __init__(self, states: Iterator[TaskStateName] | None = None) -> None:
        self.contract = contract()
        self.task_id = task_id_of(self.contract, DEPLOYMENT.domain("Tasks"))
        self.handed: list[SignedAuthorization] = []
        self.ended: list[Abort] = []
        self.sets = [LOANS, MORE]
        self.approved = list(PROGRAMS.values())
        self.states = states
        self.lag = 0

    def programs(self, _: object = None) -> Any:
        return page(
            *(type("View", (), {"program": it.program, "descriptor": it, "status": "approved"}) for it in self.approved)
        )

    def program(self, name: str) -> Any:
        return type("View", (), {"descriptor": PROGRAMS[name.partition("@")[0]]})

    def data_sets(self, _: object = None) -> Any:
        return page(*self.sets)

    def parties(self, _: object = None) -> Any:
        names = [("platform", ("scheduler",)), ("bank-north", ("data-provider",))]
        return page(*(type("P", (), {"name": name, "roles": roles, "status": "active"}) for name, roles in names))

    def withdraw(self, message: Abort) -> None:
        self.ended.append(message)

    def newest_engine(self) -> str:
        return "tallystick.engine@1.0.0"

    def task(self, task: bytes) -> Any:
        if self.states is None:
            return type("Status", (), {"contract": self.contract})
        state = next(self.states)
        reasons = [{"code": "owner.declined", "what": "bank-east said no.", "fix": "Ask them.", "party": "bank-east"}]
        return TaskStatus.read(answer(FIT, state=state, reasons=reasons if state == "refused" else []))

    def authorizations(self, task: bytes) -> tuple[AuthorizationRequest, ...]:
        if self.lag:
            self.lag -= 1
            raise RefusedError("task.unknown", "Not yet.", "Wait.", status=404)
        return tuple(
            type("Request", (), {"owner": owner, "status": status, "data_set": it.data_set})  # type: ignore[misc]
            for it, owner, status in ((LOANS, "bank-north", "asked"), (MORE, "bank-east", "asked"))
        )

    def asked(self, task: bytes, request: Any, *, per_person: Any = ()) -> tuple[Any, Ask]:
        return offers.offer(
            self.contract, self.task_id, request.data_set, input_root=b"\1" * 32, programs=b"\2" * 32, not_before=1
        )

    def submit(self, contract: TaskContract, signature: bytes | None) -> bytes:
        raise AssertionError("what is no contract is submitted to nobody")

    def sign(self, message: Any, ask: Ask) -> SignedAuthorization:
        return SignedAuthorization(self.party, message, b"\3" * 65, ask.data())

    def authorize(self, task: bytes, signed: SignedAuthorization) -> Any:
        assert task == self.task_id
        self.handed.append(signed)
        return type("Taken", (), {"id": "auth_" + "9" * 64})


def made(fake: Fake, **changes: Any) -> Client:
    client = Client("http://test", party="bank-north", signer=Signer(), deployment=DEPLOYMENT, **changes)
    client._coordinator = fake  # type: ignore[assignment]
    return client


def test_programs_and_data_sets_are_found_by_their_short_names_where_that_says_which() -> None:
    fake = Fake()
    fake.sets = [LOANS, replace(LOANS, version=2), data_set("visits-" + "0" * 32, "clinic", "cost")]
    older = PROGRAMS["glm.logistic"]
    fake.approved = [replace(older, program="glm.logistic@1.10.0"), older, replace(older, program="glm.logistic@1.9.0")]
    client = made(fake)
    assert client.program("glm.logistic").program == "glm.logistic@1.10.0"
    assert client.program("glm.logistic@1.0.0") == older
    assert client.data_set("loans").version == 2
    with pytest.raises(RefusedError, match=r"draft\.no_program.*glm\.logistic@1\.9\.0"):
        client.program("glm")
    fake.sets.append(MORE)
    with pytest.raises(RefusedError, match=r"draft\.data_set: 2 data sets") as both:
        client.data_set("loans")
    assert LOANS.data_set in both.value.fix
    with pytest.raises(RefusedError, match=r"draft\.data_set: 0 data sets"):
        client.data_set("loan")
    fake.approved.append(replace(older, program="glm.new@1.0.0"))
    assert client.program("glm.new").program == "glm.new@1.0.0", "approved since the list was read"


def test_a_task_begins_with_what_the_consortium_has(tmp_path: Path) -> None:
    (tmp_path / "dpia.md").write_bytes(b"assessment")
    begun = made(Fake()).task("Why", "Law", ["c", "a", "b"], impact_assessment=tmp_path / "dpia.md", protection_level=2)
    assert begun.terms["scheduler"] == "platform"
    assert begun.terms["committee"] == ["a", "b", "c"]
    assert begun.terms["impact_assessment"] == "0x" + hashlib.sha256(b"assessment").hexdigest()
    assert str(begun.terms["purpose"]).startswith("Why [ref ")
    fake = Fake()
    fake.parties = lambda _=None: page()  # type: ignore[method-assign]
    with pytest.raises(RefusedError, match=r"draft\.scheduler: 0"):
        made(fake).task("Why", "Law", ["a", "b", "c"])


def test_a_consent_says_what_is_signed_and_only_what_it_says_is_handed_in() -> None:
    fake = Fake()
    fake.lag = 2
    client, task = made(fake), ids.prefixed("task", fake.task_id)
    found = client.consent(task)
    assert [each.message.data_set for each in found.asked] == [LOANS.data_set], "what others are asked is theirs"
    for words in found.sentences:
        assert words.english in str(found)
        assert words.chinese in str(found)
    assert "no node's state folder" in str(found)
    assert fake.handed == []
    assert client.sign(found) == ("auth_" + "9" * 64,)
    (handed,) = fake.handed
    assert (handed.message, handed.signature) == (found.asked[0].message, b"\3" * 65)
    assert any("default" in line.said.english for line in found.asked[0].table)


def test_another_softwares_signature_goes_over_the_same_typed_data() -> None:
    fake = Fake()
    client = made(fake)
    found = client.consent(ids.prefixed("task", fake.task_id))
    (typed,) = found.typed_data
    assert typed["message"] == found.asked[0].message.typed_data(DEPLOYMENT.domain("Consents"))["message"]
    client.sign(found, signatures=[b"\7" * 70])
    assert fake.handed[0].signature == b"\7" * 70
    for wrong in ([], [b"\7" * 65] * 2):
        with pytest.raises(FormatError, match=r"consent\.signatures"):
            client.sign(found, signatures=wrong)
    assert len(fake.handed) == 1


def test_attack_rows_that_would_stop_the_task_are_not_signed_for_by_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(
        (Finding("frame.label", "fit", LOANS.data_set, ("default",), 3, False, False, Words("No.", "否。")),), ()
    )
    monkeypatch.setattr(consents, "tried", lambda *_: report)
    fake = Fake()
    client = made(fake)
    found = client.consent(ids.prefixed("task", fake.task_id))
    assert "frame.label" in str(found)
    for signatures in (None, [b"\7" * 65]):
        with pytest.raises(RefusedError, match=r"authorization\.rows_cannot"):
            client.sign(found, signatures=signatures)
    assert fake.handed == []
    client.sign(found, anyway=True)
    assert len(fake.handed) == 1


def test_watching_ends_with_the_task_and_says_why_there_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    states: list[TaskStateName] = ["proposed", "started", "started", "completed"]
    fake, seen = Fake(iter(states)), []
    task = ids.prefixed("task", fake.task_id)
    done = made(fake).watch(task, within=60, show=lambda status: seen.append(status.state))
    assert (done.state, seen) == ("completed", states[1:])
    made(Fake(iter(["started", "started", "completed"]))).watch(task, within=60, language="zh")
    assert "任务" in capsys.readouterr().out
    with pytest.raises(RefusedError, match=r"task\.not_completed.*bank-east said no") as refused:
        made(Fake(iter(["started", "refused"]))).watch(task, within=60, bar=False)
    assert refused.value.fix == "Ask them."
    with pytest.raises(UnavailableError, match=r"task\.still_running"):
        made(Fake(iter(["started"] * 9))).watch(task, within=0, bar=False)


def test_a_proposal_is_taken_back_for_a_proposers_reason() -> None:
    fake = Fake()
    task = ids.prefixed("task", fake.task_id)
    made(fake).withdraw(task)
    made(fake).withdraw(task, "proposer.corrected")
    zero = bytes(32)
    assert fake.ended == [Abort(fake.task_id, fake.party, KIND_WITHDRAWAL, number, zero) for number in (12, 13)]
    with pytest.raises(FormatError, match=r"withdrawal\.reason"):
        made(fake).withdraw(task, "owner.declined")


def test_what_a_call_needs_and_was_not_given_is_named() -> None:
    client = made(Fake())
    for call, name in (
        (lambda: client.result("task_" + "0" * 64), "TALLY_NODE_STATE"),
        (lambda: client.add("a.csv", "a.toml", name="a", legal_basis="b"), "TALLY_NODE_STATE"),
        (lambda: client.verify(b""), "TALLY_RPC_URL"),
    ):
        with pytest.raises(FormatError, match=rf"settings\.missing: {name}"):
            call()
    for call in (lambda: client.status("task_1"), lambda: client.submit({"format": "tallystick/task-contract/v3"})):
        with pytest.raises(TallyError, match=r"id\.malformed|json\."):
            call()


def test_a_package_that_is_not_installed_is_named_with_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tallystick.frames", None)
    monkeypatch.delattr(tallystick, "frames", raising=False)  # where another test has imported it
    with pytest.raises(UnavailableError, match=r"client\.not_installed.*tallystick\[node,pandas\]"):
        made(Fake(), node=tmp_path).result("task_" + "0" * 64)
