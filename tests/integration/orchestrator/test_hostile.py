"""What a hostile client, node or stranger may try against the API; nothing of it is kept."""

import base64
import json
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

import httpx
import pytest

from chain import admission
from client import Coordinator
from client.transport import Timing, Transport
from orchestrator.chain_view import GatewayView
from orchestrator.services import enrolling
from protocol import access, canonical, statements
from protocol.api import TaskPage
from protocol.ask import Ask
from protocol.contract import Output, TaskContract, proposal_of
from protocol.enrolment import Application
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement, SealedShare, SignedAuthorization
from protocol.sentences import authorization_sentence
from protocol.typed import Access, key_signed
from protocol.vocabulary import TaskPart
from tests.integration.orchestrator.nodes import attestation, nodes_of, statement_head
from tests.integration.orchestrator.world import Party, World


def post(world: World, path: str, body: object, **headers: str) -> httpx.Response:
    return world.http.post(path, content=json.dumps(body), headers={"content-type": "application/json", **headers})


def proposal_body(world: World, contract: TaskContract, signer: str = "hospital") -> dict[str, Any]:
    signature = world.parties[signer].sign_wallet(world.domains.digest(proposal_of(contract)))
    return {"contract": contract.to_json(), "signature": "0x" + signature.hex()}


def tasks_kept(world: World) -> int:
    with world.database.transaction() as tx:
        row = tx.execute("SELECT count(*) AS n FROM tasks").fetchone()
    assert row is not None
    return row["n"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: c["contract"].update(extra=1), "json.unknown_field"),
        (lambda c: c["contract"]["inputs"][0].update(extra=1), "json.unknown_field"),
        (lambda c: c.update(extra=1), "json.unknown_field"),
        (lambda c: c["contract"].pop("purpose"), "json.missing_field"),
        (lambda c: c["contract"].update(protection_level="4"), "json.wrong_value"),
        (lambda c: c["contract"].update(automated_decision="no"), "json.wrong_value"),
        (lambda c: c["contract"].update(deadline=123), "json.wrong_value"),
        (lambda c: c["contract"].update(committee=["hospital", "exchange", "laboratory"]), "json.wrong_value"),
    ],
)
def test_nothing_unknown_and_nothing_coerced(
    world: World, change: Callable[[dict[str, Any]], object], code: str
) -> None:
    body = proposal_body(world, world.contract())
    change(body)
    before = tasks_kept(world)
    answer = post(world, "/v1/tasks", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert tasks_kept(world) == before


def test_duplicate_keys_floats_and_other_types_are_refused(world: World) -> None:
    for content, code in (
        (b'{"a":1,"a":2}', "json.duplicate_key"),
        (b'{"a":1.5}', "json.float"),
        (b"{", "json.malformed"),
    ):
        answer = world.http.post("/v1/tasks", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    answer = world.http.post("/v1/tasks", content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, "http.content_type")


def test_too_large_bodies_are_refused_before_they_are_parsed(world: World) -> None:
    content = b'{"a":"' + b"x" * (1024 * 1024) + b'"}'
    answer = world.http.post("/v1/tasks", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "http.too_large")


def test_a_proposal_signed_by_somebody_else(world: World) -> None:
    contract = world.contract()
    before = tasks_kept(world)
    for signer in ("laboratory", "stranger"):
        answer = post(world, "/v1/tasks", proposal_body(world, contract, signer))
        assert (answer.status_code, answer.json()["code"]) == (403, "signature.not_wallet")
    assert tasks_kept(world) == before


def test_an_altered_contract_is_another_task_and_needs_another_signature(world: World) -> None:
    contract = world.contract()
    body = proposal_body(world, contract)
    body["contract"] = replace(contract, minimum_group=0).to_json()
    answer = post(world, "/v1/tasks", body)
    assert answer.json()["code"] == "signature.not_wallet"


def test_a_task_id_cannot_be_squatted(world: World) -> None:
    contract = world.contract()
    squatted = replace(contract, proposer="laboratory")
    first = post(world, "/v1/tasks", proposal_body(world, squatted, "laboratory")).json()["id"]
    second = post(world, "/v1/tasks", proposal_body(world, contract)).json()["id"]
    assert first != second
    world.settle()
    assert world.client("hospital").task(bytes.fromhex(second[5:])).state == "proposed"


def test_problems_are_refused_with_all_of_them_named(world: World) -> None:
    contract = world.contract(auditors=("stranger",), purpose="guessable", deadline=world.clock() - 1)
    answer = post(world, "/v1/tasks", proposal_body(world, contract))
    assert (answer.status_code, answer.json()["code"]) == (409, "task.problems")
    named = {line.split(" ")[0] for line in answer.json()["problems"]}
    assert {"contract.no_reference", "deadline.too_near"} <= named


def test_somebody_elses_authorization(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    digest = world.domains.digest(request.message)
    forged = SignedAuthorization(
        "laboratory", request.message, world.parties["hospital"].sign_wallet(digest), request.policy
    )
    with pytest.raises(VerificationError, match=r"signature\.not_wallet"):
        client.authorize(task, forged)
    taken = SignedAuthorization(
        "hospital", request.message, world.parties["hospital"].sign_wallet(digest), request.policy
    )
    with pytest.raises(RefusedError, match=r"authorization\.not_covering"):
        client.authorize(task, taken)


def test_an_authorization_replayed_for_another_task(world: World) -> None:
    first = world.client("hospital").submit(world.contract())
    second = world.client("hospital").submit(world.contract())
    world.settle()
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(first) if r.owner == "laboratory"]
    signed = client.sign(*client.asked(first, request))
    with pytest.raises(RefusedError, match=r"authorization\.not_covering") as refused:
        client.authorize(second, signed)
    assert "task" in refused.value.what


def test_a_widened_or_swapped_policy(world: World) -> None:
    contract = world.contract()
    task = world.client("hospital").submit(contract)
    world.settle()
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    signed = client.sign(*client.asked(task, request))
    wider = replace(Ask.read(request.policy), tasks_per_day=5).data()
    with pytest.raises(RefusedError, match="ask digest"):
        client.authorize(task, replace(signed, policy=wider))


def test_the_client_refuses_an_offer_that_asks_for_more(world: World) -> None:
    """A lying coordinator: the client rebuilds the offer from the contract before it signs."""
    task = world.client("hospital").submit(world.contract())
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    message = replace(request.message, max_uses=100)
    lie = replace(request, typed_data={"message": message.to_json()}, digest=world.domains.digest(message))
    with pytest.raises(RefusedError, match=r"offer\.differs") as refused:
        client.sign(*client.asked(task, lie))
    assert "maxUses" in refused.value.what


def test_attack_numbers_about_single_people_that_no_owner_let_go(world: World) -> None:
    """The proposer adds row-level scores: no owner's wallet signs that unread, and a signature without the word starts nothing."""
    contract = world.contract(outputs=(Output("train.model", ("hospital",)), Output("train.scores", ("hospital",))))
    task = world.client("hospital").submit(contract)
    world.settle()
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    with pytest.raises(RefusedError, match=r"authorization\.per_person") as refused:
        client.asked(task, request)
    assert "train.scores" in refused.value.what
    with pytest.raises(RefusedError, match=r"authorization\.not_covering"):
        client.authorize(task, client.sign(request.message, Ask.read(request.policy)))
    with pytest.raises(FormatError, match=r"ask\.range"):
        client.asked(task, request, per_person=("train.scores", "train.losses"))
    message, ask = client.asked(task, request, per_person=("train.scores",))
    assert "single people" in authorization_sentence(message, ask, "laboratory").english
    client.authorize(task, client.sign(message, ask))
    world.settle()
    (given,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    assert (given.status, Ask.read(given.policy).per_person) == ("on-chain", ("train.scores",))


def test_a_revoked_authorization_is_not_taken_again_and_starts_nothing(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.authorize(task)
    client = world.client("laboratory")
    (request,) = [r for r in client.authorizations(task) if r.owner == "laboratory"]
    client.revoke(request.digest)
    client.revoke(request.digest)
    world.settle()
    status = client.task(task)
    assert status.state == "proposed"
    assert ("authorization.missing", "laboratory") in {(r.code, r.party) for r in status.reasons}
    signed = SignedAuthorization(
        "laboratory", request.message, world.parties["laboratory"].sign_wallet(request.digest), request.policy
    )
    answer = post(world, f"/v1/tasks/task_{task.hex()}/authorizations", {"authorization": signed.to_json()})
    assert (answer.status_code, answer.json()["code"]) == (409, "authorization.revoked")
    with pytest.raises(RefusedError, match=r"authorization\.not_yours"):
        world.client("hospital").revoke(request.digest)
    # A change of mind is a new authorization: the next offer has another nonce.
    world.authorize(task)
    world.settle()
    assert client.task(task).state == "started"


def token(world: World, party: str, signer: str, **changes: object) -> str:
    message = replace(Access(party, "*", world.clock() + 600, secrets.randbits(64)), **changes)  # pyright: ignore[reportArgumentType]
    signature = world.parties[signer].sign_wallet(message.digest(world.domains.domain("Tasks")))
    return access.header(message, signature)


@pytest.mark.parametrize(
    ("party", "signer", "changes", "status", "code"),
    [
        ("hospital", "stranger", {}, 403, "signature.not_party"),
        ("nobody", "stranger", {}, 409, "party.unknown"),
        ("hospital", "hospital", {"not_after": 1}, 403, "access.expired"),
        ("hospital", "hospital", {"not_after": 2**40}, 403, "access.too_long"),
        ("hospital", "hospital", {"resource": "parties"}, 403, "access.other_resource"),
    ],
)
def test_reading_needs_a_good_token(
    world: World, party: str, signer: str, changes: dict[str, object], status: int, code: str
) -> None:
    header = token(world, party, signer, **changes)
    answer = world.http.get("/v1/tasks", headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_reading_without_a_token_or_a_foreign_task(world: World) -> None:
    assert world.http.get("/v1/tasks").status_code == 401
    assert world.http.get("/v1/tasks", headers={"authorization": "Bearer x"}).status_code == 401
    task = world.client("hospital").submit(world.contract())
    with pytest.raises(RefusedError, match=r"task\.unknown"):
        world.client("stranger").task(task)
    with pytest.raises(RefusedError, match=r"access\.not_yours"):
        world.client("laboratory").sealed(task, "hospital")
    assert world.http.get("/v1/health?x=1").json()["code"] == "http.unknown_parameter"


RUNS = ("tallystick.engine@1.0.0", b"\x08" * 32)
"""What the nodes of these tests say that they run."""


def test_receipts_are_checked_against_registered_keys_and_parts(world: World) -> None:
    task = world.started()
    contract = world.client("hospital").task(task).contract.digest()
    node = nodes_of(world)["exchange"]
    good = node.commitment(task, b"\x66" * 32)
    stranger = world.parties["stranger"]
    client = world.client("exchange")
    forged = replace(good, signature=stranger.sign(world.domains.digest(good.message)))
    with pytest.raises(VerificationError, match=r"signature\.not_node"):
        client.receipt(forged)
    theirs = nodes_of(world)["laboratory"]
    theirs.state(task, statement_head(world, task, contract, "laboratory"))
    for another in (
        attestation(world, task, b"\x66" * 32, "laboratory"),
        theirs.evidence(task, len(theirs.tree)),
    ):
        with pytest.raises(RefusedError, match=r"receipt\.other_sender"):
            client.receipt(another)
    with pytest.raises(RefusedError, match=r"receipt\.not_engaged"):
        client.receipt(attestation(world, task, b"\x66" * 32, "exchange"))
    stated = statements.serialise(statement_head(world, task, contract, "exchange"))
    other = world.parties["laboratory"].envelope(stated)
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        client.receipt(other)
    with pytest.raises(RefusedError, match=r"receipt\.no_release"):
        client.receipt(SealedShare(task, "exchange", "hospital", b"\x01" * 32, b"junk"))
    payload = Announcement("exchange", "evil.example", 1, 10_000, *RUNS).data()
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        client.receipt(world.parties["laboratory"].envelope(payload, ANNOUNCEMENT_TYPE))
    assert client.receipt(good) is True
    assert client.receipt(good) is False


def test_an_old_announcement_does_not_replace_a_newer_one(world: World) -> None:
    before = world.client("hospital").announcements()["exchange"]
    exchange = world.parties["exchange"]
    old = exchange.envelope(Announcement("exchange", "old.example", 9, 1, *RUNS).data(), ANNOUNCEMENT_TYPE)
    assert before != old
    newer = exchange.envelope(Announcement("exchange", "127.0.0.1", 9, 50, *RUNS).data(), ANNOUNCEMENT_TYPE)
    world.client("exchange").receipt(newer)
    world.client("exchange").receipt(old)
    assert world.client("hospital").announcements()["exchange"] == newer


def test_the_same_idempotency_key(world: World) -> None:
    body = proposal_body(world, world.contract())
    key = secrets.token_hex(8)
    first = post(world, "/v1/tasks", body, **{"idempotency-key": key})
    again = post(world, "/v1/tasks", body, **{"idempotency-key": key})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = post(world, "/v1/tasks", proposal_body(world, world.contract()), **{"idempotency-key": key})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.mismatch")
    without = post(world, "/v1/tasks", body)
    assert without.json()["id"] == first.json()["id"]


def test_an_enrolment_cannot_be_forged_or_flooded(world: World) -> None:
    party = Party("newcomer", ("result-user",))
    world.parties["newcomer"] = party
    application = world.enrol(party)
    client = world.client("newcomer")
    assert world.client("hospital").party_record("newcomer").status == "pending"
    forged = replace(world.signed(application), wallet_signature=world.parties["stranger"].sign_wallet(b"\x01" * 32))
    with pytest.raises(VerificationError, match=r"signature\.not_wallet"):
        client.enrol(forged)
    for count in range(20):
        changed = replace(application, contact=f"office-{count}@example.org")
        try:
            client.enrol(world.signed(changed))
        except TallyError as error:
            assert error.code == "enrolment.too_many"
            break
    else:
        pytest.fail("applications are not bounded")
    assert world.client("hospital").party_record("hospital").status == "active"


def test_attack_a_later_application_takes_a_name(world: World) -> None:
    """The first one stays; another's is refused, not shown. When the office admits another all the same, that one counts."""
    first, other = Party("late-bank", ("result-user",)), Party("late-bank", ("result-user",))
    world.parties["late-bank"] = first
    mine, reader = world.enrol(first), world.client("hospital")
    world.parties["late-bank"] = other
    with pytest.raises(RefusedError, match=r"enrolment\.name_taken"):
        world.enrol(other)
    theirs = replace(mine, wallet=other.wallet.address.lower(), seal_key=other.seal_key, contact="office@example.net")
    for part in ({"wallet": theirs.wallet}, {"seal_key": theirs.seal_key}):
        with pytest.raises(TallyError, match=r"enrolment\.name_taken|signature\.not_wallet"):
            world.client("late-bank").enrol(world.signed(replace(mine, **part)))
    found = reader.application("late-bank").application
    assert found.verified(world.domains.domain("PartyRegistry"), key_signed) == mine
    assert reader.party_record("late-bank").wallet == mine.wallet
    admission.admit(world.gateway, world.signed(theirs), fingerprint=theirs.fingerprint)
    world.settle()
    world.client("late-bank").enrol(world.signed(theirs))
    assert reader.application("late-bank").application == world.signed(theirs)
    shown = reader.party_record("late-bank")
    assert (shown.wallet, shown.contact, shown.status) == (theirs.wallet, "office@example.net", "active")
    world.parties["late-bank"] = first
    with pytest.raises(RefusedError, match=r"enrolment\.admitted"):
        world.client("late-bank").enrol(world.signed(replace(mine, contact="again")))


@pytest.mark.parametrize("name", ["hospitai", "hosp1tal", "hospital-", "h0spital", "1ab0rat0ry"])
def test_attack_a_name_that_is_taken_for_anothers(world: World, name: str) -> None:
    world.parties[name] = Party(name, ("result-user",))
    with pytest.raises(RefusedError, match=r"enrolment\.name_looks_like"):
        world.enrol(world.parties[name])


def test_attack_many_apply_under_one_name_at_once(world: World) -> None:
    """However they race, one of them has the name afterwards, and everybody else was told so."""
    applications: list[Application] = []
    for _ in range(6):
        world.parties["raced"] = Party("raced", ("result-user",))
        applications.append(world.signed(world.enrolment(world.parties["raced"])))
    start = threading.Barrier(len(applications))

    def apply(application: Application) -> str:
        start.wait()
        try:
            with world.database.transaction() as tx:
                enrolling.enrol(
                    tx,
                    application,
                    enrolling.verified(GatewayView(world.gateway), world.domains, application),
                    now=world.clock(),
                )
        except RefusedError as error:
            return error.code
        return "taken"

    with ThreadPoolExecutor(len(applications)) as pool:
        answers = list(pool.map(apply, applications))
    assert sorted(answers) == ["enrolment.name_taken"] * (len(applications) - 1) + ["taken"]
    assert world.client("hospital").application("raced").application == applications[answers.index("taken")]


def test_descriptions_come_from_the_owner_and_agree_with_the_chain(world: World) -> None:
    listed = {item.data_set for item in world.client("exchange").data_sets().items}
    assert set(world.references.values()) <= listed
    program = world.client("hospital").program("glm.logistic@1.0.0")
    assert program.status == "approved"
    changed = replace(program.descriptor, code_digest=b"\x99" * 32)
    with pytest.raises(RefusedError, match=r"program\.digest_mismatch"):
        world.client("platform").publish_program(changed)
    with pytest.raises(RefusedError, match=r"program\.not_yours"):
        world.client("stranger").publish_program(program.descriptor)


def test_paging_walks_through_everything_once(world: World) -> None:
    client = world.client("hospital")
    for _ in range(3):
        client.submit(world.contract())
    seen: list[bytes] = []
    cursor = None
    while True:
        page = client.tasks(cursor, limit=2)
        seen += [item.task for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 3
    names = [item.name for item in client.parties(limit=200).items]
    assert names == sorted(names)
    with pytest.raises(FormatError, match=r"page\.cursor"):
        client.parties(cursor=base64.urlsafe_b64encode(b"{}x").decode())


def test_listings_are_filtered_by_state_part_and_time(world: World) -> None:
    proposer, auditor = world.client("hospital"), world.client("regulator")
    started = world.started()
    task = proposer.submit(world.contract())
    world.settle()
    everything = {line.task: line for line in proposer.tasks(limit=200).items}
    assert (everything[started].state, everything[task].state) == ("started", "proposed")
    assert {"owner", "proposer"} <= set(everything[task].parts)
    for line in everything.values():
        assert set(line.parts) <= set(get_args(TaskPart))

    def listed(client: Coordinator, **filters: Any) -> set[bytes]:
        """All pages, two at a time: a filter may not lose what another page holds."""
        found: list[bytes] = []
        cursor = None
        while True:
            page = client.tasks(cursor, limit=2, **filters)
            found += [line.task for line in page.items]
            if (cursor := page.next_cursor) is None:
                assert len(found) == len(set(found))
                return set(found)

    for state in {line.state for line in everything.values()}:
        assert listed(proposer, state=state) == {t for t, line in everything.items() if line.state == state}
    for part in get_args(TaskPart):
        assert listed(proposer, part=part) == {t for t, line in everything.items() if part in line.parts}
    assert listed(proposer, state="proposed", part="auditor") == set()
    newest = everything[task].submitted_at
    assert listed(proposer, since=newest) == {t for t, line in everything.items() if line.submitted_at >= newest}
    assert listed(proposer, since=newest + 1000) == set()
    assert {task, started} <= listed(auditor, part="auditor")
    assert not listed(auditor, part="owner")
    for wrong in ("state=soon", "part=stranger", "since=-1"):
        with pytest.raises(FormatError, match=r"json\.wrong_value|http"):
            proposer._get(TaskPage, f"/v1/tasks?{wrong}")


def test_errors_never_show_secrets(world: World) -> None:
    """The database password and the broker's are canaries: no answer of the API holds them."""
    password = world.dsn.split(":", 2)[2].split("@", 1)[0]
    answers = [world.http.get("/v1/health").text, world.http.get("/v1/deployment").text, world.http.get("/x").text]
    assert all(password not in text for text in answers)
    assert list(canonical.parse(answers[0].encode())) == ["status"]
    assert world.client("stranger").health().database == "ok"


def test_a_client_gives_up_in_time() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    transport = Transport(
        "http://nowhere", Timing(total=0.6, attempt=0.2), httpx.Client(transport=httpx.MockTransport(refuse))
    )
    with pytest.raises(TallyError, match=r"coordinator\.unreachable"):
        transport.get("/v1/health", {})
