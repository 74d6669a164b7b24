"""Broker logins follow the registry: issued at admission to the registered key, gone with a suspension, new with new keys."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import redis
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from redis.backoff import NoBackoff
from redis.retry import Retry

from chain import admission
from chain.bindings import party_registry
from orchestrator.dispatch.issuing import Issuer, RedisUsers, load
from orchestrator.engine.issuing import Issuing
from orchestrator.maintenance import reissue
from orchestrator.store import credentials, faults
from protocol import ids
from protocol.credentials import BrokerCredentials, SealedCredentials, key_prefix, unseal, user_of
from protocol.enrolment import Enrolment
from protocol.errors import RefusedError, TallyError, UnavailableError, VerificationError
from protocol.messages import RUN_TASK, queue_of
from tests.integration.orchestrator.queues import take_all
from tests.integration.orchestrator.world import Party, World


@pytest.fixture(scope="module")
def issuer(world: World, tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """As the engine has it: from the administrator's file."""
    path = tmp_path_factory.mktemp("issuer") / "admin"
    path.touch(0o600)
    path.write_text(json.dumps(world.stack.broker.administration))
    return load(path)


@pytest.fixture
def issuing(world: World, issuer: Issuer) -> Iterator[Issuing]:
    """Those who are there already keep the users that other tests log in with."""

    class Nobody:
        def give(self, party: str, password: str) -> None: ...

        def take(self, party: str) -> None: ...

    identity = world.domains.deployment_id
    Issuing(world.database, Issuer(Nobody(), issuer.nodes), identity, world.clock).step()
    made = Issuing(world.database, issuer, identity, world.clock)
    yield made
    world.settle()
    made.step()


class Member:
    """Somebody with fresh keys, of which the seal key opens."""

    def __init__(self, world: World, name: str = "") -> None:
        self.world, self.name = world, name or f"member-{secrets.token_hex(6)}"
        self.seal = X25519PrivateKey.generate()
        keys = Party(self.name, ("compute-provider",))
        world.parties[self.name] = replace(keys, seal_key=self.seal.public_key().public_bytes_raw())
        self.application = world.signed(world.enrolment(world.parties[self.name]))

    def apply(self) -> None:
        self.world.client(self.name).enrol(self.application)

    def admitted(self) -> "Member":
        self.apply()
        admission.admit(self.world.gateway, self.application)
        self.world.settle()
        return self

    def fetched(self) -> SealedCredentials:
        return self.world.client(self.name, node=True).credentials()

    def opened(self) -> BrokerCredentials:
        deployment = self.world.domains.deployment_id
        return unseal(self.fetched(), self.seal, self.name, deployment, after=0, now=self.world.clock())

    def code(self) -> str:
        try:
            self.fetched()
        except TallyError as error:
            return error.code
        return ""


def login(found: BrokerCredentials) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=found.at.place, username=user_of(found.party), password=found.password, socket_timeout=5,
        retry=Retry(NoBackoff(), 0),
    )  # fmt: skip


def works(found: BrokerCredentials) -> bool:
    try:
        with login(found) as client:
            return bool(client.ping())
    except (redis.AuthenticationError, redis.ConnectionError):
        return False


def test_an_admitted_party_is_issued_a_login_that_reads_its_own_queue(world: World, issuing: Issuing) -> None:
    member = Member(world)
    member.apply()
    assert not issuing.step(), "an application alone is owed nothing"
    assert member.code() == "party.unknown"
    member.admitted()
    assert member.code() == "credentials.none"
    assert issuing.step()
    assert not issuing.step(), "issued once"
    found = member.opened()
    world.broker.publish(member.name, RUN_TASK, {"format": "x"}, "m-1")
    user = SimpleNamespace(url=found.url, key_prefix=found.prefix)
    assert [item["message"] for item in take_all(user, member.name)] == [{"format": "x"}]  # type: ignore[arg-type]
    with login(found) as client, pytest.raises(redis.ResponseError, match=r"NOPERM|permission"):
        client.get(f"{key_prefix('hospital')}{queue_of('hospital')}")


def test_the_login_survives_a_restart_of_the_broker(world: World, issuing: Issuing) -> None:
    member = Member(world).admitted()
    issuing.step()
    found = member.opened()
    world.stack.broker.stop()
    world.stack.broker.start()
    assert works(found)


def test_a_suspension_removes_the_login_and_a_reinstatement_issues_another(world: World, issuing: Issuing) -> None:
    member = Member(world).admitted()
    issuing.step()
    before, envelope = member.opened(), member.fetched()
    with login(before) as client:
        assert client.ping()
        admission.suspend(world.gateway, member.name, "a test")
        world.settle()
        assert member.code() != "", "nothing is given even before the engine has looked"
        assert issuing.step()
        with pytest.raises(redis.ConnectionError):  # what was open is cut off
            client.ping()
    assert not works(before)
    admission.reinstate(world.gateway, member.name)
    world.settle()
    assert issuing.step()
    after = member.opened()
    assert works(after)
    assert not works(before)
    assert after.issued > before.issued
    assert member.fetched() != envelope


def test_an_operator_has_a_new_login_issued(world: World, issuing: Issuing) -> None:
    member = Member(world).admitted()
    issuing.step()
    before = member.opened()
    reissue(world.dsn, member.name)
    assert member.code() == "credentials.none"
    assert issuing.step()
    assert works(member.opened())
    assert not works(before)
    with pytest.raises(RefusedError, match=r"credentials\.none"):
        reissue(world.dsn, "nobody")


def test_new_keys_get_a_new_login(world: World, issuing: Issuing) -> None:
    """The chain names another seal key: what was sealed to the old one is worth nothing to the new, and ends."""
    member = Member(world).admitted()
    issuing.step()
    before = member.opened()
    with (
        world.database.transaction() as tx
    ):  # as if the party had rotated: the row is for another key than the registry's
        tx.execute("UPDATE broker_credentials SET seal_key = %s WHERE party = %s", (bytes(31) + b"\1", member.name))
    assert issuing.step()
    after = member.opened()
    assert (works(after), works(before), after.issued > before.issued) == (True, False, True)


def test_attack_others_fetch_a_partys_credentials(world: World, issuing: Issuing) -> None:
    """Whoever asks is given its own; the path names nobody, and a stranger without a party is given nothing."""
    member, thief = Member(world).admitted(), Member(world).admitted()
    issuing.step()
    assert thief.fetched().party == thief.name
    stranger = Member(world)
    assert stranger.code() == "party.unknown"
    assert world.http.get("/v1/credentials").json()["code"] == "access.missing"
    stranger_as_member = world.client(member.name)
    stranger_as_member._signer = world.client(thief.name)._signer
    with pytest.raises(TallyError, match=r"signature\.not_party"):
        stranger_as_member.credentials()
    with pytest.raises(VerificationError, match=r"credentials\.not_opened"):  # even with the envelope in hand
        unseal(member.fetched(), thief.seal, member.name, world.domains.deployment_id, after=0, now=world.clock())


def test_attack_an_application_replaces_anothers_keys_after_its_admission(world: World, issuing: Issuing) -> None:
    """Credentials go to the key that the chain holds, whatever is applied with later."""
    member = Member(world).admitted()
    thief = Member(world, member.name)
    with pytest.raises(RefusedError, match=r"enrolment\.admitted"):
        thief.apply()
    issuing.step()
    world.parties[member.name] = replace(
        world.parties[member.name], seal_key=member.seal.public_key().public_bytes_raw()
    )
    with pytest.raises(TallyError, match=r"signature\.not_party"):
        thief.fetched()
    with world.database.transaction() as tx:
        kept = credentials.of_party(tx, member.name)
    assert kept is not None
    unseal(kept, member.seal, member.name, world.domains.deployment_id, after=0, now=world.clock())
    with pytest.raises(VerificationError):
        unseal(kept, thief.seal, member.name, world.domains.deployment_id, after=0, now=world.clock())


def test_attack_the_database_is_read(world: World, issuing: Issuing, caplog: pytest.LogCaptureFixture) -> None:
    """Neither rows nor logs nor the broker's own files have a password that somebody could log in with."""
    member = Member(world).admitted()
    issuing.step()
    password = member.opened().password.encode()
    with world.database.transaction() as tx:
        rows = tx.execute("SELECT c::text AS text FROM broker_credentials c").fetchall()
    folder = Path(world.stack.broker.socket).parents[1]
    texts = [row["text"].encode() for row in rows] + [caplog.text.encode()]
    texts += [path.read_bytes() for path in world.stack.state_dir.rglob("users.acl")]
    assert folder.exists()
    assert any(hashlib.sha256(password).hexdigest().encode() in text for text in texts), "the broker has its hash"
    assert not any(password in text or password.hex().encode() in text for text in texts)


def test_one_partys_trouble_keeps_no_other_from_its_login(
    world: World, issuing: Issuing, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = Member(world, f"a-{secrets.token_hex(6)}"), Member(world, f"z-{secrets.token_hex(6)}")
    bad.admitted()
    good.admitted()
    give = RedisUsers.give

    def giving(users: RedisUsers, party: str, password: str) -> None:
        if party == bad.name:
            raise RuntimeError("a defect")
        give(users, party, password)

    monkeypatch.setattr(RedisUsers, "give", giving)
    issuing.step()
    assert (good.code(), bad.code()) == ("", "credentials.none")
    monkeypatch.undo()
    with world.database.transaction() as tx:
        tx.execute("UPDATE faults SET next_at = now() WHERE loop = %s", (credentials.LOOP,))
        assert faults.dead(tx) == []
    issuing.step()
    assert bad.code() == ""


def test_a_broker_that_is_away_is_asked_again(world: World, issuer: Issuer, issuing: Issuing) -> None:
    member = Member(world).admitted()
    away = Issuer(RedisUsers("unix:///nowhere/redis.sock"), issuer.nodes)
    with pytest.raises(UnavailableError, match=r"issuing\.unavailable"):
        Issuing(world.database, away, world.domains.deployment_id, world.clock).step()
    assert member.code() == "credentials.none"
    assert issuing.step()
    assert works(member.opened())


def test_applications_are_listed_to_offices_alone_with_what_became_of_each(world: World) -> None:
    """Pages hold every application once, newest first; a filter shows those that stand so and no others."""
    waiting, admitted, suspended = Member(world), Member(world).admitted(), Member(world).admitted()
    admission.suspend(world.gateway, suspended.name, "a test")
    waiting.apply()
    world.settle()
    for party in ("platform", "certifier", "regulator"):
        client = world.client(party)
        lines = client.applications(limit=200).items
        found = {line.party: line for line in lines}
        assert [found[it.name].standing for it in (waiting, admitted, suspended)] == ["pending", "active", "suspended"]
        for member in (waiting, admitted, suspended):
            enrolment, line = Enrolment.read(member.application.enrolment), found[member.name]
            assert (line.fingerprint, line.roles, line.node) == (enrolment.profile_hash, enrolment.roles, True)
            assert abs(line.received_at - time.time()) < 600
        paged, cursor = [], None
        while True:
            page = client.applications(cursor, limit=2)
            paged += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        assert paged == list(lines)
        assert [line.received_at for line in lines] == sorted((line.received_at for line in lines), reverse=True)
        only = client.applications(standing="pending", limit=200).items
        assert only == tuple(line for line in lines if line.standing == "pending")
    for party in ("hospital", "stranger", admitted.name):
        with pytest.raises(RefusedError, match=r"applications\.not_yours"):
            world.client(party).applications()
    assert world.http.get("/v1/applications").json()["code"] == "access.missing"


def test_an_application_that_lost_its_name_is_superseded(world: World) -> None:
    first = Member(world)
    first.apply()
    second = Member(world, first.name)  # brought to the office as a file
    admission.admit(world.gateway, second.application)
    world.settle()
    assert world.gateway.read(party_registry.key_period(ids.on_chain(first.name)), block=world.gateway.head())
    lines = world.client("platform").applications(limit=200).items
    assert [line.standing for line in lines if line.party == first.name] == ["superseded"]
