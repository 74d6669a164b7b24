"""Invitations: who was invited applies under its name whatever strangers do, and a code is good for nothing else."""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from orchestrator.services import enrolling, inviting
from protocol.api import InviteRequest
from protocol.enrolment import Application, Enrolment
from protocol.errors import FormatError, RefusedError, TallyError
from tests.integration.orchestrator.world import Party, World

DAY = 86_400


@pytest.fixture
def closed(world: World) -> Iterator[World]:
    """A coordinator that takes applications by invitation only."""
    kept = world.app.state.context
    world.app.state.context = replace(kept, invited_only=True)
    yield world
    world.app.state.context = kept


def applicant(world: World, name: str = "") -> tuple[str, Application]:
    """Somebody with fresh keys."""
    name = name or f"guest-{secrets.token_hex(6)}"
    world.parties[name] = Party(name, ("result-user",))
    return name, world.signed(world.enrolment(world.parties[name]))


def invited(world: World, name: str, days: int = 1) -> str:
    return world.client("platform").invite(name, world.clock() + days * DAY)


def apply(world: World, name: str, application: Application, code: str | None = None) -> str:
    """What becomes of an application: nothing, or a refusal's code."""
    try:
        world.client(name).enrol(application, code)
    except TallyError as error:
        return error.code
    return ""


def test_an_invited_party_applies_and_the_office_sees_it(closed: World) -> None:
    name, application = applicant(closed)
    assert apply(closed, name, application) == "enrolment.invited_only"
    code = invited(closed, name)
    assert apply(closed, name, application, code) == ""
    assert apply(closed, name, application, code) == "", "an exchange may be repeated"
    assert apply(closed, name, application) == ""
    found = closed.client("hospital").application(name)
    assert (found.application, found.invited) == (application, True)
    corrected = closed.signed(replace(Enrolment.read(application.enrolment), contact="other@example.org"))
    assert apply(closed, name, corrected) == "", "what corrects one's own needs no second one"
    found = closed.client("hospital").application(name)
    assert (found.application, found.invited) == (corrected, True)


def test_an_open_coordinator_tells_the_office_who_was_not_invited(world: World) -> None:
    name, application = applicant(world)
    assert apply(world, name, application) == ""
    assert not world.client("hospital").application(name).invited
    assert apply(world, name, application, invited(world, name)) == ""
    assert world.client("hospital").application(name).invited


def test_attack_a_code_is_used_twice(closed: World) -> None:
    name, application = applicant(closed)
    code = invited(closed, name)
    _, thief = applicant(closed, name)
    assert apply(closed, name, application, code) == ""
    assert apply(closed, name, thief, code) == "invitation.not_good"
    corrected = closed.signed(replace(closed.enrolment(closed.parties[name]), contact="thief@example.org"))
    assert apply(closed, name, corrected, code) == "invitation.not_good"
    assert closed.client("hospital").application(name).application == application


@pytest.mark.parametrize("code", ["", "guess", "é"])
def test_attack_a_guess(closed: World, code: str) -> None:
    name, application = applicant(closed)
    good = invited(closed, name)
    digest = hashlib.sha256(good.encode()).hexdigest()
    for tried in filter(None, (code, good[:-1], good + "A", digest, secrets.token_urlsafe(32))):
        answer = closed.http.post("/v1/parties", json=application.to_json(), headers={b"invitation": tried.encode()})
        assert answer.json()["code"] in ("invitation.not_good", "json.wrong_value"), answer.text
    assert apply(closed, name, application, good) == ""


def test_attack_a_code_for_another_name(closed: World) -> None:
    name, application = applicant(closed)
    other, theirs = applicant(closed)
    code = invited(closed, name)
    assert apply(closed, other, theirs, code) == "invitation.not_good"
    assert apply(closed, name, application, code) == ""


def test_attack_an_expired_code(closed: World) -> None:
    name, application = applicant(closed)
    code = invited(closed, name)
    closed.clock.offset += DAY
    try:
        assert apply(closed, name, application, code) == "invitation.not_good"
    finally:
        closed.clock.offset -= DAY
    assert apply(closed, name, application, code) == ""


def test_attack_a_squatter_holds_the_name_of_somebody_invited(world: World) -> None:
    """Whoever applied first, and however often: the office is shown who has its invitation."""
    name, squatter = applicant(world)
    keys = world.parties[name]
    for count in range(enrolling.MOST_APPLICATIONS):
        again = replace(Enrolment.read(squatter.enrolment), contact=f"{count}@example.net")
        assert apply(world, name, world.signed(again)) == ""
    _, application = applicant(world, name)
    assert apply(world, name, application) == "enrolment.name_taken"
    assert apply(world, name, application, invited(world, name)) == ""
    world.parties[name] = keys
    late = replace(Enrolment.read(squatter.enrolment), contact="late@example.net")
    assert apply(world, name, world.signed(late)) == "enrolment.name_taken"
    assert world.client("hospital").application(name).application == application
    assert world.client("hospital").party_record(name).wallet == Enrolment.read(application.enrolment).wallet


def test_attack_strangers_fill_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "MOST_WAITING", 0)
    name, application = applicant(world)
    answer = world.http.post("/v1/parties", json=application.to_json())
    assert answer.json()["code"] == "enrolment.full"
    assert apply(world, name, application, invited(world, name)) == ""


def test_attack_many_use_one_code_at_once(world: World) -> None:
    name, _ = applicant(world)
    code = invited(world, name)
    applications = [applicant(world, name)[1] for _ in range(6)]
    start = threading.Barrier(len(applications))

    def use(application: Application) -> str:
        start.wait()
        body, headers = application.to_json(), {"invitation": code}
        return world.http.post("/v1/parties", json=body, headers=headers).json().get("code", "")

    with ThreadPoolExecutor(len(applications)) as pool:
        answers = list(pool.map(use, applications))
    assert sorted(answers) == ["", *["invitation.not_good"] * (len(applications) - 1)]


def test_only_the_platform_invites_and_only_a_hash_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    until = world.clock() + DAY
    for party in ("hospital", "stranger", "regulator"):
        with pytest.raises(RefusedError, match=r"invitation\.not_yours"):
            world.client(party).invite("guest", until)
    for wrong in (world.clock() - 1, world.clock() + inviting.LONGEST + DAY):
        with pytest.raises(FormatError, match=r"invitation\.time"):
            world.client("platform").invite("guest", wrong)
    code = invited(world, "guest-of-honour")
    with world.database.transaction() as tx:
        rows = tx.execute("SELECT i::text AS text FROM invitations i WHERE party = 'guest-of-honour'").fetchall()
    assert hashlib.sha256(code.encode()).hexdigest() in rows[0]["text"]
    assert code not in rows[0]["text"]
    monkeypatch.setattr(inviting, "MOST_OPEN", 0)
    with pytest.raises(RefusedError, match=r"invitation\.too_many"):
        inviting_now(world)


def inviting_now(world: World) -> None:
    """Straight at the service: the client would wait and ask again."""
    with world.database.transaction() as tx:
        inviting.invite(tx, "platform", InviteRequest("guest", bytes(32), world.clock() + DAY), world.clock())
