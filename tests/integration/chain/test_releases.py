"""Releases on a real chain: published once, approved, succeeded and retired, by functions and by commands."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from chain import admission, conditions
from chain.bindings import party_registry, programs
from chain.errors import ChainError
from chain.gateway import Gateway
from chain.releases import published
from cli.main import app
from mpc.programs import catalogue
from mpc.workflow.digest import ENGINE
from protocol import ids
from protocol.enrolment import role_bits
from protocol.errors import RefusedError, TallyError
from protocol.registrations import Admission
from protocol.vocabulary import ReleaseKind
from tests.integration.chain.conftest import World
from tests.unit.protocol.test_messages import DESCRIPTOR
from workers import wallet as wallets
from workers.chain_gateway import GatewayView

NEWER = replace(DESCRIPTOR, program="glm.logistic@1.1.0", code_digest=b"\x0b" * 32)
OLD, NEW, LAST = "tallystick.engine@1.0.0", "tallystick.engine@1.1.0", "tallystick.engine@1.2.0"
DIGEST = b"\x0a" * 32
PASSPHRASE = b"a passphrase for the tests"


def admitted(world: World, name: str, roles: tuple[str, ...], account: LocalAccount | None = None) -> Gateway:
    """A party without a node, and the chain as its wallet reaches it."""
    account = account or Account.create()
    nobody = "0x" + "00" * 20
    message = Admission(
        name, account.address, nobody, bytes(32), bytes(32), f"operator-{name}", role_bits(roles), bytes(32)
    )
    domain = world.deployment.domain("PartyRegistry")
    signature = bytes(account.unsafe_sign_hash(message.digest(domain)).signature)
    world.gateway.send(party_registry.admit(party_registry.Admission(*message.chain_args()), signature, b""))
    return Gateway(world.anvil.url, world.deployment, account)


def approved(world: World, *names: str) -> Gateway:
    certifier = admitted(world, "certifier", ("certifier",))
    for name in names:
        assert admission.approve(certifier, name, "certifier") is True
    return certifier


def succeeds(world: World, older: str, newer: str) -> bool:
    view = GatewayView(world.anvil.url, world.deployment, bytes(Account.create().key), Path("/nonexistent"))
    return view.is_successor(older, newer, view.head())


def test_a_program_and_an_engine_are_published_once_each_with_their_own_facts(world: World) -> None:
    assert admission.publish(world.gateway, DESCRIPTOR) is True
    assert admission.publish(world.gateway, DESCRIPTOR) is False
    assert admission.publish_engine(world.gateway, OLD, DIGEST) is True
    assert admission.publish_engine(world.gateway, OLD, DIGEST) is False
    found = world.gateway.read(programs.get(ids.on_chain(DESCRIPTOR.program)))
    assert (found.kind, found.committee, found.protection_level) == (
        ReleaseKind.PROGRAM,
        0,
        DESCRIPTOR.protection_level,
    )
    engine = world.gateway.read(programs.get(ids.on_chain(OLD)))
    assert (engine.kind, engine.code_digest, engine.serial) == (ReleaseKind.ENGINE, DIGEST, 2)


@pytest.mark.parametrize("committee", ["three", "owners", "none"])
def test_a_programs_committee_is_published(world: World, committee: str) -> None:
    admission.publish(world.gateway, replace(DESCRIPTOR, committee=committee))  # type: ignore[arg-type]
    found = world.gateway.read(programs.get(ids.on_chain(DESCRIPTOR.program)))
    assert found.committee == ("three", "owners", "none").index(committee)


def test_attack_changed_code_under_a_published_name(world: World) -> None:
    admission.publish(world.gateway, DESCRIPTOR)
    admission.publish_engine(world.gateway, OLD, DIGEST)
    for act in (
        lambda: admission.publish(world.gateway, replace(DESCRIPTOR, code_digest=b"\x09" * 32)),
        lambda: admission.publish_engine(world.gateway, OLD, b"\x09" * 32),
    ):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.code == "release.other_code"
        assert "new version" in caught.value.fix
        assert (b"\x09" * 32).hex() in caught.value.what


def test_a_release_is_approved_once_by_each_operator_and_retired(world: World) -> None:
    admission.publish_engine(world.gateway, OLD, DIGEST)
    certifier = approved(world, OLD)
    assert world.gateway.read(programs.is_approved(ids.on_chain(OLD)))
    assert admission.approve(certifier, OLD, "certifier") is False
    assert admission.retire(world.gateway, OLD) is True
    assert admission.retire(world.gateway, OLD) is False
    for act in (
        lambda: admission.approve(certifier, NEW, "certifier"),
        lambda: admission.retire(world.gateway, NEW),
        lambda: admission.declare_successor(world.gateway, OLD, NEW),
    ):
        with pytest.raises(RefusedError, match=r"release\.unknown"):
            act()


def test_attack_a_successor_that_is_declared_but_not_approved_stands_for_nothing(world: World) -> None:
    for engine in (OLD, NEW):
        admission.publish_engine(world.gateway, engine, ids.on_chain(engine))
    certifier = approved(world, OLD, NEW)
    assert admission.declare_successor(world.gateway, OLD, NEW) is True
    assert admission.declare_successor(world.gateway, OLD, NEW) is False
    assert not succeeds(world, OLD, NEW)
    assert admission.approve_successor(certifier, OLD, NEW, "certifier") is True
    assert admission.approve_successor(certifier, OLD, NEW, "certifier") is False
    assert succeeds(world, OLD, NEW)
    assert not succeeds(world, NEW, OLD)
    assert not succeeds(world, OLD, OLD)


def test_attack_an_approval_of_another_succession_brings_nothing(world: World) -> None:
    for engine in (OLD, NEW, LAST):
        admission.publish_engine(world.gateway, engine, ids.on_chain(engine))
    certifier = approved(world, OLD, NEW, LAST)
    admission.declare_successor(world.gateway, OLD, NEW)
    with pytest.raises(RefusedError, match=r"release\.not_declared"):
        admission.approve_successor(certifier, OLD, LAST, "certifier")
    admission.declare_successor(world.gateway, OLD, LAST)  # replaces what nobody approved
    with pytest.raises(RefusedError, match=r"release\.not_declared"):
        admission.approve_successor(certifier, OLD, NEW, "certifier")
    admission.declare_successor(world.gateway, NEW, LAST)
    admission.approve_successor(certifier, NEW, LAST, "certifier")
    assert succeeds(world, NEW, LAST)
    assert not succeeds(world, OLD, LAST)
    assert not succeeds(world, OLD, NEW)


def test_retiring_a_release_ends_the_way_through_it_for_nodes_too(world: World) -> None:
    for engine in (OLD, NEW, LAST):
        admission.publish_engine(world.gateway, engine, ids.on_chain(engine))
    certifier = approved(world, OLD, NEW, LAST)
    for older, newer in ((OLD, NEW), (NEW, LAST)):
        admission.declare_successor(world.gateway, older, newer)
        admission.approve_successor(certifier, older, newer, "certifier")
    assert succeeds(world, OLD, LAST)
    admission.retire(world.gateway, OLD)  # the first one is retired because it has a successor
    assert succeeds(world, OLD, LAST)
    admission.retire(world.gateway, NEW)
    assert not succeeds(world, OLD, LAST)
    assert succeeds(world, NEW, LAST)


def test_a_program_succeeds_no_engine(world: World) -> None:
    admission.publish_engine(world.gateway, OLD, DIGEST)
    admission.publish(world.gateway, DESCRIPTOR)
    with pytest.raises(ChainError) as caught:
        admission.declare_successor(world.gateway, OLD, DESCRIPTOR.program)
    assert caught.value.name == "NoSuccessor"


def test_a_node_sees_what_a_release_is(world: World) -> None:
    view = GatewayView(world.anvil.url, world.deployment, bytes(Account.create().key), Path("/nonexistent"))
    assert view.release(OLD, view.head()) is None
    for engine in (OLD, NEW):
        admission.publish_engine(world.gateway, engine, ids.on_chain(engine))
    found = view.release(OLD, view.head())
    assert found is not None
    assert (found.kind, found.code_digest, found.approved, found.successor) == (
        ReleaseKind.ENGINE, ids.on_chain(OLD), False, "",
    )  # fmt: skip
    certifier = approved(world, OLD, NEW)
    admission.declare_successor(world.gateway, OLD, NEW)
    found = view.release(OLD, view.head())
    assert found is not None
    assert found.approved
    assert not found.successor
    admission.approve_successor(certifier, OLD, NEW, "certifier")
    found = view.release(OLD, view.head())
    assert found is not None
    assert found.successor == f"0x{ids.on_chain(NEW).hex()}"
    admission.retire(world.gateway, NEW)
    for name, active in ((OLD, True), (NEW, False)):
        found = view.release(name, view.head())
        assert found is not None
        assert (found.active, found.successor) == (active, "")


# the commands


@dataclass(frozen=True)
class Desk:
    """The admin's and a certifier's wallets on disk."""

    folder: Path
    world: World

    def __call__(self, *words: str, wallet: str = "admin", answer: str = "", status: int = 0) -> str:
        acting = (
            "--wallet", str(self.folder / wallet), "--passphrase-file", str(self.folder / "passphrase"),
            "--deployment", str(self.folder / "deployment.json"),
        )  # fmt: skip
        done = CliRunner().invoke(app, ["admission", *acting, *words, "--rpc", self.world.anvil.url], input=answer)
        if isinstance(done.exception, TallyError):
            raise done.exception
        assert done.exit_code == status, done.output
        return done.output


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    passphrase = tmp_path / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_bytes(PASSPHRASE)
    world.deployment.save(tmp_path / "deployment.json")
    for name in ("admin", "certifier"):
        wallets.create(tmp_path / name, PASSPHRASE, work=2**14)
    admin, certifier = (wallets.load(tmp_path / name, PASSPHRASE) for name in ("admin", "certifier"))
    admitted(world, "certifier", ("certifier",), certifier)
    world.gateway.send(programs.grant_role(world.gateway.read(programs.publisher_role()), admin.address))
    role = world.gateway.read(party_registry.admission_role())
    world.gateway.send(party_registry.grant_role(role, admin.address))
    return Desk(tmp_path, world)


def test_programs_and_engine_are_published_together_and_listed(desk: Desk) -> None:
    assert f"{ENGINE}: installed here, not published" in desk("releases")
    said = desk("publish")
    assert f"{ENGINE} 0x{catalogue.engine_digest().hex()} published" in said
    assert all(f"{name} 0x{catalogue.code_digest(name).hex()} published" in said for name in catalogue.CATALOGUE)
    assert " published" not in desk("publish")
    assert f"{ENGINE} approved by certifier" in desk("approve", ENGINE, "--certifier", "certifier", wallet="certifier")
    again = desk("approve", ENGINE, "--certifier", "certifier", wallet="certifier")
    assert f"{ENGINE} is approved already by certifier" in again
    lines = {line.split(":")[0]: line for line in desk("releases").splitlines()}
    assert lines.keys() == {ENGINE, *catalogue.CATALOGUE}
    assert "engine 0x" in lines[ENGINE]
    assert "approved (1), installed here" in lines[ENGINE]
    assert "not approved (0), installed here" in lines["psi.align@1.0.0"]
    assert desk("retire", "psi.align@1.0.0", "--yes").endswith("psi.align@1.0.0 retired\n")
    assert "program" in desk("releases")
    assert "retired, installed here" in next(line for line in desk("releases").splitlines() if "psi.align" in line)


def test_a_succession_is_declared_and_approved_by_commands(desk: Desk) -> None:
    newer = "tallystick.engine@7.0.0"
    desk("publish")
    admission.publish_engine(desk.world.gateway, newer, DIGEST)
    assert f"{newer} declared as the successor of {ENGINE}" in desk("declare-successor", ENGINE, newer)
    assert "is declared already" in desk("declare-successor", ENGINE, newer)
    identity = f"0x{ids.on_chain(newer).hex()}"
    assert f"{identity} declared to succeed it (0)" in desk("releases")
    approving = ("approve-successor", ENGINE, newer, "--certifier", "certifier")
    assert "什么也没有做" in desk(*approving, wallet="certifier", answer="n\n", status=1)
    assert not succeeds(desk.world, ENGINE, newer)
    assert "approved as the successor" in desk(*approving, wallet="certifier", answer="y\n")
    assert "is approved already" in desk(*approving, "--yes", wallet="certifier")
    assert succeeds(desk.world, ENGINE, newer)
    listed = {line.split(":")[0]: line for line in desk("releases").splitlines()}
    assert f"succeeded by {identity}" in listed[ENGINE]
    assert "installed" not in listed[identity]


def test_code_that_differs_from_what_was_published_is_shown(desk: Desk) -> None:
    admission.publish_engine(desk.world.gateway, ENGINE, DIGEST)
    assert "installed here with OTHER CODE" in desk("releases")
    with pytest.raises(RefusedError, match=r"release\.other_code"):
        desk("publish")
    found = {item.name: item for item in published(desk.world.gateway, [ENGINE])}
    assert found.keys() == {ENGINE}
    assert found[ENGINE].code_digest == DIGEST


def test_a_start_condition_is_scheduled_and_removed_ahead_of_time(desk: Desk) -> None:
    condition = desk.world.deployment.contracts["Anchors"]  # any contract may be scheduled
    before = conditions.listed(desk.world.gateway)
    assert all(item.condition != condition for item in before)
    assert "什么也没有做" in desk("condition", "schedule", condition, answer="n\n", status=1)
    assert f"{condition} asked from" in desk("condition", "schedule", condition, "--yes")
    assert "it was there" in desk("condition", "schedule", condition, "--yes")
    (made,) = set(conditions.listed(desk.world.gateway)) - set(before)
    assert (made.condition, made.removed_from) == (condition, 0)
    assert "not for tasks proposed from" in desk("condition", "remove", condition, "--yes")
    assert "was scheduled already" in desk("condition", "remove", condition, "--yes")
    assert desk("condition", "list").count("asked from") == len(before) + 1
    with pytest.raises(RefusedError, match=r"condition\.being_removed"):
        desk("condition", "schedule", condition, "--yes")
    stranger = Account.create().address
    with pytest.raises(RefusedError, match=r"condition\.no_contract"):
        desk("condition", "schedule", stranger, "--yes")
    with pytest.raises(RefusedError, match=r"condition\.unknown"):
        desk("condition", "remove", stranger, "--yes")
    with pytest.raises(ChainError, match="NotAllowed"):
        desk("condition", "schedule", desk.world.deployment.contracts["Programs"], "--yes", wallet="certifier")
