"""The coordinator's API to those who have no business with the task: nothing is told, nothing is taken."""

import base64
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import httpx
import psycopg
import pytest
from eth_account import Account
from eth_typing import Hash32

from mpc.workflow.digest import ENGINE
from protocol import access, bundle, canonical, dsse, ids, statements
from protocol.messages import (
    ANNOUNCEMENT_TYPE,
    Announcement,
    ChainRequest,
    PostedReceipt,
    PostedReceipts,
    Receipt,
    SealedShare,
)
from protocol.typed import Access, ResultAttestation
from tests.e2e.conftest import Run
from tests.patience import scaled, until
from workers.keystore import NodeKeys

PARTS = ("", "/evidence", "/sealed/hospital", "/authorizations")


def _get(run: Run, path: str, authorization: str | None = None) -> httpx.Response:
    headers = {} if authorization is None else {"authorization": authorization}
    return httpx.get(run.system.api_url + path, headers=headers, timeout=scaled(20))


def _post(run: Run, body: object, authorization: str | None = None) -> httpx.Response:
    headers = {"content-type": "application/json"} | ({} if authorization is None else {"authorization": authorization})
    url = f"{run.system.api_url}/v1/receipts"
    return httpx.post(url, content=canonical.dumps(body), headers=headers, timeout=scaled(20))


def _paths(run: Run) -> list[str]:
    return [f"/v1/tasks/{ids.prefixed('task', run.task)}{part}" for part in PARTS]


def _refused(run: Run, answer: httpx.Response, status: int, code: str) -> None:
    """A problem document of this status and code that says nothing of the task's words."""
    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (document["status"], bool(document["detail"]), bool(document["fix"])) == (status, True, True)
    contract = run.status.contract
    for word in (contract.purpose, contract.legal_basis, *(item.data_set for item in contract.inputs)):
        assert word not in answer.text


def _token(run: Run, party: str, account: Any, **changes: object) -> str:
    message = replace(Access(party, "*", int(time.time()) + 600, secrets.randbits(256)), **changes)
    digest = message.digest(run.system.deployment.domain("Tasks"))
    return access.header(message, bytes(account.unsafe_sign_hash(Hash32(digest)).signature))


def test_a_participant_reads_them_all(run: Run) -> None:
    """The control for everything below: these paths do answer, to whom they should."""
    token = _token(run, "hospital", run.accounts["hospital"])
    for path in _paths(run):
        assert _get(run, path, token).status_code == 200, path
    token = _token(run, "regulator", run.accounts["regulator"])
    assert _get(run, _paths(run)[1], token).content[:4] == b"PK\x03\x04"


def test_without_a_token(run: Run) -> None:
    for path in (*_paths(run), "/v1/tasks", "/v1/parties", "/v1/data-sets", "/v1/announcements"):
        answer = _get(run, path)
        _refused(run, answer, 401, "access.missing")
        assert answer.headers["www-authenticate"] == "Tallystick, Bearer"


def test_a_registered_party_that_takes_no_part(run: Run) -> None:
    """The certifier is admitted and its token is good; the task is as if it were not there."""
    token = _token(run, "certifier", run.accounts["certifier"])
    listing = _get(run, "/v1/tasks", token)
    assert (listing.status_code, listing.json()["items"]) == (200, [])
    for path in _paths(run):
        _refused(run, _get(run, path, token), 404, "task.unknown")
    unknown = _get(run, f"/v1/tasks/{ids.prefixed('task', secrets.token_bytes(32))}", token)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "task.unknown")


@pytest.mark.parametrize("party", ["laboratory", "exchange", "regulator", "platform"])
def test_shares_are_for_the_result_user_alone(run: Run, party: str) -> None:
    token = _token(run, party, run.accounts[party])
    for user in ("hospital", party):
        path = f"/v1/tasks/{ids.prefixed('task', run.task)}/sealed/{user}"
        _refused(run, _get(run, path, token), 403, "access.not_yours")


@pytest.mark.parametrize(
    ("party", "signer", "changes", "status", "code"),
    [
        ("hospital", "certifier", {}, 403, "signature.not_party"),
        ("hospital", None, {}, 403, "signature.not_party"),
        ("nobody", None, {}, 409, "party.unknown"),
        ("hospital", "hospital", {"not_after": 1}, 403, "access.expired"),
        ("hospital", "hospital", {"not_after": 2**40}, 403, "access.too_long"),
        ("hospital", "hospital", {"resource": "parties"}, 403, "access.other_resource"),
        ("hospital", "hospital", {"resource": "task_" + "0" * 64}, 403, "access.other_resource"),
    ],
    ids=["forged", "unknown-key", "unknown-party", "expired", "too-long", "other-resource", "other-task"],
)
def test_a_token_that_is_not_good(
    run: Run, party: str, signer: str | None, changes: dict[str, object], status: int, code: str
) -> None:
    account = Account.create() if signer is None else run.accounts[signer]
    header = _token(run, party, account, **changes)
    for path in _paths(run):
        _refused(run, _get(run, path, header), status, code)


def test_a_token_that_has_just_expired(run: Run) -> None:
    good = _token(run, "hospital", run.accounts["hospital"], not_after=int(time.time()) + 4)
    path = _paths(run)[0]
    assert _get(run, path, good).status_code == 200
    until(15, "the token to expire", lambda: _get(run, path, good).status_code != 200, poll=0.2)
    _refused(run, _get(run, path, good), 403, "access.expired")


def _altered(header: str, change: Callable[[dict[str, Any]], object]) -> str:
    scheme, token = header.split(" ")
    document = json.loads(base64.urlsafe_b64decode(token))
    change(document)
    data = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    return f"{scheme} {base64.urlsafe_b64encode(data).decode()}"


def test_an_altered_token(run: Run) -> None:
    """The certifier's own good token, re-labelled and prolonged: the signature is over every field."""
    good = _token(run, "certifier", run.accounts["certifier"])
    assert _get(run, "/v1/tasks", _altered(good, lambda _: None)).status_code == 200
    path = _paths(run)[0]
    renamed = _altered(good, lambda d: d["message"].update(party="hospital"))
    _refused(run, _get(run, path, renamed), 403, "signature.not_party")
    _refused(run, _get(run, path, "Bearer abc"), 401, "access.key_unknown")
    for header in ("Tallystick", "Tallystick !!!", "Tallystick " + "A" * 8000):
        answer = _get(run, path, header)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), header[:20]


def test_a_token_of_another_deployment(run: Run) -> None:
    """The same wallet, the same message, another domain: a token does not travel between deployments."""
    domain = replace(run.system.deployment.domain("Tasks"), salt=secrets.token_bytes(32))
    message = Access("hospital", "*", int(time.time()) + 600, 1)
    signature = bytes(run.accounts["hospital"].unsafe_sign_hash(Hash32(message.digest(domain))).signature)
    _refused(run, _get(run, _paths(run)[0], access.header(message, signature)), 403, "signature.not_party")


def _kept(run: Run) -> dict[str, int]:
    with psycopg.connect(run.system.stack.info.database, autocommit=True) as database:
        counts = {}
        for table in ("receipts", "relay_jobs", "progress", "announcements", "sealed_shares", "log_evidence"):
            row = database.execute(f"SELECT count(*) FROM tally.{table}").fetchone()
            assert row is not None
            counts[table] = row[0]
    return counts


def _delivered(run: Run, sender: str, *receipts: Receipt) -> list[tuple[str, bool]]:
    """(the problem's code or "", whether it is new) of each receipt, handed in with the wallet of ``sender``."""
    body = PostedReceipts(tuple(PostedReceipt.of(receipt) for receipt in receipts)).to_json()
    token = _token(run, sender, run.accounts[sender], resource=access.delivery(sha256(canonical.dumps(body)).digest()))
    answer = _post(run, body, token)
    assert answer.status_code == 202, answer.text
    return [(item["problem"]["code"] if item["problem"] else "", item["new"]) for item in answer.json()["items"]]


def test_attack_receipts_without_a_sender(run: Run) -> None:
    """A true statement of a real node, but nobody says who hands it in; and a body that its token does not name."""
    before = _kept(run)
    (log,) = (log for log in run.material.logs if log.party == "exchange")
    body = PostedReceipts((PostedReceipt.of(log.entries[0].envelope),)).to_json()
    _refused(run, _post(run, body), 401, "access.missing")
    reading = _token(run, "exchange", run.accounts["exchange"])
    _refused(run, _post(run, body, reading), 403, "access.no_delivery")
    other = _token(run, "exchange", run.accounts["exchange"], resource=access.delivery(bytes(32)))
    _refused(run, _post(run, body, other), 401, "access.other_body")
    assert _kept(run) == before


def test_attack_evidence_is_replaced_in_anothers_name(run: Run) -> None:
    """A registered party sends what a node really signed, as it is and poorer: nothing of another's can be touched."""
    before = _kept(run)
    (log,) = (log for log in run.material.logs if log.party == "exchange")
    poorer = replace(log, entries=log.entries[:1], consistency=log.consistency[:1])
    for sender in ("certifier", "hospital"):
        found = _delivered(run, sender, log, poorer, log.entries[0].envelope)
        assert found == [("receipt.other_sender", False)] * 3, sender
    assert _delivered(run, "exchange", poorer) == [("receipt.log_covered", False)]
    assert _kept(run) == before
    with run.client("regulator") as client:
        kept = bundle.read(client.evidence(run.task)).logs
    assert {item.party: item.entries for item in kept} == {item.party: item.entries for item in run.material.logs}


def test_attack_receipts_with_signatures_that_are_not_the_senders(run: Run) -> None:
    """Every kind of receipt, by keys that the registry does not hold for the party it names; none keeps out the next."""
    stranger, account = NodeKeys.draw(), Account.create()
    before = _kept(run)
    attestation = ResultAttestation(run.task, run.material.task, "exchange", secrets.token_bytes(32))
    digest = attestation.digest(run.system.deployment.domain("Tasks"))
    forged = bytes(account.unsafe_sign_hash(Hash32(digest)).signature)
    (log,) = (log for log in run.material.logs if log.party == "exchange")
    stated = dsse.parse(log.entries[0].envelope).payload
    statements.parse(stated)
    moved = Announcement("exchange", "evil.example", 1, 2**40, ENGINE, bytes(32)).data()
    cases: dict[str, Receipt] = {
        "attestation": ChainRequest("attest", attestation, forged, (), ()),
        "statement": dsse.sign(stated, stranger.node_public, stranger.sign),
        "announcement": dsse.sign(moved, stranger.node_public, stranger.sign, ANNOUNCEMENT_TYPE),
        "share": SealedShare(run.task, "exchange", "hospital", bytes(32), b"junk"),
        "log": replace(log, epoch=log.epoch + 1),
    }
    assert dict(zip(cases, _delivered(run, "exchange", *cases.values()), strict=True)) == {
        "attestation": ("signature.not_party", False),
        "statement": ("dsse.other_key", False),
        "announcement": ("dsse.other_key", False),
        "share": ("receipt.no_release", False),
        "log": ("checkpoint.origin", False),
    }
    outsider = SealedShare(run.task, "certifier", "hospital", bytes(32), b"junk")
    assert _delivered(run, "certifier", outsider) == [("receipt.not_engaged", False)]
    assert _kept(run) == before


def test_an_honest_receipt_again_changes_nothing(run: Run) -> None:
    """A replayed statement of a node's own is acknowledged as known."""
    before = _kept(run)
    (log,) = (log for log in run.material.logs if log.party == "exchange")
    assert _delivered(run, "exchange", log.entries[0].envelope) == [("", False)]
    assert _kept(run) == before
