"""A node's broker login: which it takes, which it keeps, and that its disk has none in clear."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol.credentials import BrokerCredentials, BrokerPlace, seal
from protocol.enrolment import Profile
from protocol.errors import TallyError, UnavailableError
from protocol.programs import Words
from tests.unit.workers.world import World
from workers import broker, enrol, joining
from workers.node import Node
from workers.wallet import WalletSigner

PLACE = BrokerPlace("amqp", "broker:5672")


@pytest.fixture
def node(world: World) -> Node:
    found = world.nodes["hospital"]
    found.config = replace(found.config, broker_url_file="", broker_prefix="")
    return found


def issue(world: World, issued: int, password: str = "p" * 43, party: str = "") -> BrokerCredentials:
    node = world.nodes["hospital"]
    made = BrokerCredentials(party or node.party, issued, PLACE, password)
    world.coordinator.sealed_credentials = seal(made, node.keys.seal_public, node.chain.deployment_id)
    return made


def test_it_takes_what_was_issued_and_keeps_it_sealed(world: World, node: Node) -> None:
    made = issue(world, node.clock())
    assert broker.login(node) == (made.url, "")
    kept = node.folder / broker.FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert made.password.encode() not in kept.read_bytes()
    world.coordinator.sealed_credentials = None
    assert broker.login(node) == (made.url, ""), "a coordinator that has lost them takes nothing away"


def test_newer_ones_take_the_place_of_older_ones(world: World, node: Node) -> None:
    issue(world, node.clock() - 9)
    broker.login(node)
    newer = issue(world, node.clock(), "q" * 43)
    assert broker.login(node)[0] == newer.url
    assert not broker.fetch(node), "the same again"


def test_attack_an_older_envelope_is_given_again(world: World, node: Node) -> None:
    issue(world, node.clock() - 9)
    broker.login(node)
    old = world.coordinator.sealed_credentials
    newer = issue(world, node.clock(), "q" * 43)
    broker.login(node)
    world.coordinator.sealed_credentials = old
    with pytest.raises(TallyError, match=r"credentials\.replayed"):
        broker.fetch(node)
    assert broker.login(node)[0] == newer.url


def test_attack_credentials_of_another_party(world: World, node: Node) -> None:
    own = issue(world, node.clock() - 9)
    broker.login(node)
    issue(world, node.clock(), "q" * 43, party="exchange")
    with pytest.raises(TallyError, match=r"credentials\.other_party"):
        broker.fetch(node)
    assert broker.login(node)[0] == own.url


def test_attack_a_copied_folder_opens_no_login(world: World, node: Node) -> None:
    issue(world, node.clock())
    broker.login(node)
    stranger = X25519PrivateKey.generate().private_bytes_raw()
    node.keys = replace(node.keys, seal_key=stranger)
    assert broker.own(node) is None


def test_after_new_keys_it_waits_for_new_credentials(world: World, node: Node) -> None:
    """What was sealed to the key of before opens no more; the next issue does, whatever is on disk."""
    issue(world, node.clock() - 9)
    broker.login(node)
    node.keys = replace(node.keys, seal_key=X25519PrivateKey.generate().private_bytes_raw())
    with pytest.raises(UnavailableError, match=r"credentials\.not_opened"):
        broker.login(node)
    newer = issue(world, node.clock(), "q" * 43)
    assert broker.login(node)[0] == newer.url


def test_a_party_that_is_not_admitted_is_told_at_once_and_one_that_is_waits(world: World, node: Node) -> None:
    with pytest.raises(TallyError, match=r"credentials\.none"):
        broker.login(node, patience=0.01)
    world.chain.parties.pop(node.party)
    with pytest.raises(TallyError, match=r"node\.not_admitted"):
        broker.login(node)


def test_an_operators_own_file_goes_before_all(world: World, node: Node, tmp_path: Path) -> None:
    issue(world, node.clock())
    file = tmp_path / "broker-url"
    file.write_text("redis://own\n")
    file.chmod(0o600)
    node.config = replace(node.config, broker_url_file=str(file), broker_prefix="x:")
    assert broker.login(node) == ("redis://own", "x:")
    assert not (node.folder / broker.FILE).exists()


def test_what_an_applicant_is_told_at_each_stage(world: World, node: Node) -> None:
    facts = world.chain.parties.pop(node.party)
    assert (joining.look(node).stage, joining.look(node).ready) == ("none", False)
    profile = Profile(Words("A", "甲"), "a@example.org", "a-operator", ("compute-provider",))
    registry = world.chain.domain("PartyRegistry")
    enrolment = enrol.enrolment_of(node.config, node.keys, profile, registry.salt)
    enrol.keep_application(
        node.folder, enrol.application_of(enrolment, registry, WalletSigner(world.wallets[node.party]), node.keys)
    )
    assert joining.look(node).stage == "waiting"
    world.chain.parties[node.party] = facts
    assert (joining.look(node).stage, joining.look(node).login) == ("admitted", "none")
    issue(world, node.clock())
    found = joining.look(node)
    assert (found.stage, found.login, found.ready) == ("admitted", "held", True)
    assert all(words.english and words.chinese for words in found.words())
    world.chain.parties[node.party] = replace(facts, active=False)
    assert (joining.look(node).stage, joining.look(node).ready) == ("suspended", False)
    world.chain.parties[node.party] = replace(facts, node_key=b"\x09" * 32)
    assert joining.look(node).stage == "other"
