"""The law's gate at the owner's node: before the wallet signs, and again at the start, with nothing taken from the coordinator's word."""

import hashlib
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from protocol import dsse
from protocol.catalogue import DATA_SET_TYPE, declaration_of, read_description
from protocol.contract import TaskContract, task_id_of
from protocol.errors import FormatError
from protocol.law.policy import DEFAULT
from protocol.law.wording import StatedBasis, basis_text, purpose_text
from protocol.reasons import BY_CODE
from protocol.statements import Refusal
from tests.unit.workers import practice
from tests.unit.workers.world import DOSES, NOW, World
from workers import law
from workers.checks import Refused
from workers.config import NodeConfig
from workers.local_check import check_contract
from workers.node import Node
from workers.sources.schema import Schema
from workers.wallet import WalletSigner

DOCUMENT = "0x" + "51" * 32
LAW: dict[str, Any] = {
    "source": {"kind": "direct"},
    "bases": [{"code": "consent", "document": DOCUMENT, "from": "2026-01-01", "until": "2027-06-30"}],
    "jurisdiction": "cn",
    "scope": {
        "recipients": [
            {"party": "exchange", "standing": "trustee", "jurisdiction": "cn"},
            {"party": "laboratory", "standing": "joint-processor", "jurisdiction": "cn"},
            {"party": "platform", "standing": "trustee", "jurisdiction": "cn"},
        ],
        "purposes": ["diagnosis"],
        "operations": ["align", "train"],
        "kinds": ["health"],
        "separate": ["provision", "sensitive"],
        "template": DOCUMENT,
    },
}
REF = " [ref 5c2d8e01f4a97b36c0d1e2f3a4b5c6d7]"
BASIS = StatedBasis("consent", DOCUMENT, "2027-06-30")


def declared(**changes: Any) -> Schema:
    kinds = {"patient": ["personal"], "age": ["personal"], "dose": ["health"]}
    columns = [{**column, "level": 4, "kinds": kinds[column["name"]]} for column in DOSES["columns"]]
    return Schema.parse(
        {**DOSES, "data_level": 4, "sensitive": ["health"], "columns": columns, "law": {**LAW, **changes}}
    )


def lawful(world: World, **changes: Any) -> TaskContract:
    return world.contract(
        **{
            "purpose": purpose_text("diagnosis", "doses") + REF,
            "legal_basis": basis_text("Patients' consent", BASIS) + REF,
            "impact_assessment": b"\x55" * 32,
            "minimum_group": 10,
            **changes,
        }
    )


@pytest.fixture
def hospital(world: World) -> World:
    """The hospital has declared its data; the laboratory has not."""
    practice.add(world, "hospital", world.folder / "hospital.csv", declared())
    return world


def refusal(world: World, contract: TaskContract, party: str = "hospital") -> Refused:
    message = world.start(contract)
    with pytest.raises(Refused) as caught:
        world.nodes[party].check.run(message)
    return caught.value


def test_a_task_that_lacks_nothing_is_cleared(hospital: World) -> None:
    message = hospital.start(lawful(hospital))
    assert all(hospital.nodes[party].check.run(message) for party in ("exchange", "hospital", "laboratory"))


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("law.purpose_missing", {"purpose": "test [ref 0123]"}),
        ("law.purpose_words", {"purpose": f"Recommend and market: doses [purpose diagnosis]{REF}"}),
        pytest.param("law.basis_missing", {"legal_basis": "consent [ref 4567]"}, marks=pytest.mark.slow),
        pytest.param("law.assessment", {"impact_assessment": bytes(32)}, marks=pytest.mark.slow),
        pytest.param("law.group", {"minimum_group": 9}, marks=pytest.mark.slow),
        ("law.trustee", {"proposer": "exchange"}),
    ],
)
def test_attack_a_coordinator_that_starts_what_preflight_would_refuse(
    hospital: World, code: str, changes: dict[str, Any]
) -> None:
    """The chain knows nothing of the law: a started task with a used authorization is still refused by the owner's node."""
    refused = refusal(hospital, lawful(hospital, **changes))
    assert (refused.question, refused.reason) == ("policy", "check.law")
    assert code in refused.detail
    assert refused.reason in BY_CODE


def test_attack_a_basis_that_expires_between_signing_and_start(hospital: World) -> None:
    """Authorized in January, started in July: the owner's node looks at the time of the start on chain."""
    contract = lawful(hospital, deadline=NOW + 200 * 86_400)
    assert "law.data_basis" in refusal(hospital, contract).detail, "it would outlast the basis, whenever it starts"
    hospital.chain.time = hospital.now = NOW + 180 * 86_400
    assert "law.data_basis" in refusal(hospital, lawful(hospital, deadline=hospital.now + 600)).detail


def test_attack_a_party_that_changed_its_wallet_is_asked_about_at_the_nodes_own_endpoint(world: World) -> None:
    def listed(wallet: str) -> World:
        scope = LAW["scope"]
        recipients = [{**it, "wallet": wallet} if it["party"] == "exchange" else it for it in scope["recipients"]]
        practice.add(
            world, "hospital", world.folder / "hospital.csv", declared(scope={**scope, "recipients": recipients})
        )
        return world

    own = world.chain.parties["exchange"].wallet.lower()
    assert listed(own).nodes["hospital"].check.run(world.start(lawful(world))).inputs
    refused = refusal(listed("0x" + "9" * 40), lawful(world))
    assert "law.scope_key" in refused.detail
    assert own in refused.detail


def test_a_refusal_is_signed_with_the_reason_and_nothing_runs(hospital: World) -> None:
    message = hospital.start(lawful(hospital, purpose="test [ref 0123]"))
    machine = hospital.machines["hospital"]
    machine.dispatch(message.to_json())
    machine.tick()
    (said,) = hospital.nodes["hospital"].evidence.all(message.task, Refusal)
    assert said.statement.reason == "check.law"
    assert hospital.runs["hospital"] == 0


def test_what_nobody_declared_does_not_refuse_unless_the_policy_says_so(world: World) -> None:
    message = world.start()
    check = world.nodes["hospital"].check
    assert check.run(message).inputs
    strict = replace(check, legal=replace(DEFAULT, undeclared="refuse"))
    with pytest.raises(Refused) as caught:
        strict.run(message)
    assert "law.data_undeclared" in caught.value.detail
    exchange = replace(world.nodes["exchange"].check, legal=replace(DEFAULT, undeclared="refuse"))
    assert exchange.run(message).inputs == (), "who has no data judges none"


def test_the_check_before_signing_finds_the_same(hospital: World) -> None:
    desk = hospital.nodes["hospital"]

    def found(contract: TaskContract) -> dict[str, bool]:
        task = task_id_of(contract, hospital.chain.domain("Tasks"))
        report = check_contract(desk, desk.check, task, contract)
        return {
            item.code: item.notice for item in (*report.findings, *report.undeclared) if item.code.startswith("law.")
        }

    assert found(lawful(hospital)) == {}
    assert found(lawful(hospital, minimum_group=9)) == {"law.group": False}
    practice.add(hospital, "hospital", hospital.folder / "hospital.csv", Schema.parse(DOSES))
    undeclared = found(hospital.contract())
    assert undeclared == {"law.purpose_undeclared": True, "law.basis_undeclared": True, "law.data_undeclared": True}


def test_a_node_reads_the_consortiums_policy(tmp_path: Path) -> None:
    own = replace(DEFAULT, name="banks", undeclared="refuse")
    path = tmp_path / "policy.toml"
    path.write_text(own.toml(), "utf-8")
    assert law.policy_at(str(path)) == own
    assert law.policy_at("") == DEFAULT
    with pytest.raises(FormatError, match=r"law\.policy_missing"):
        law.policy_at(str(tmp_path / "none.toml"))


def test_a_node_that_was_set_up_before_there_was_a_policy_still_opens(tmp_path: Path) -> None:
    config = NodeConfig("hospital", "http://c", "http://r", "", "", "/pass", "0x" + "Ab" * 20, "127.0.0.1", 1, "h", 1)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    config.save(state)
    text = (state / "node.toml").read_text()
    assert 'law_policy = ""' in text
    (state / "node.toml").write_text("\n".join(line for line in text.splitlines() if "law_policy" not in line) + "\n")
    assert NodeConfig.load(state) == config


# -- the command -------------------------------------------------------------------------------------------------

SCHEMA = """
format = "tallystick/declared-schema/v2"
title = { en = "Doses", zh = "剂量" }
data_level = 4
sensitive = ["health"]

[law]
jurisdiction = "cn"
source = { kind = "direct" }
bases = [{ code = "consent", document = "consents.pdf", from = 2026-01-01, until = 2027-06-30 }]

[law.scope]
template = "template.txt"
purposes = ["diagnosis"]
operations = ["train"]
kinds = ["health"]
separate = ["sensitive"]
others = ["trustee"]

[[columns]]
name = "patient"
kind = "identifier"
level = 3
kinds = ["personal"]

[[columns]]
name = "dose"
kind = "integer"
low = 0
high = 9
level = 4
kinds = ["health"]
"""


@pytest.fixture
def add(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`tally node dataset add` at the hospital's node, with its wallet."""
    (tmp_path / "doses.csv").write_text("patient,dose\np1,3\np2,4\n")
    (tmp_path / "consents.pdf").write_bytes(b"consents")
    (tmp_path / "template.txt").write_bytes(b"I agree")

    @contextmanager
    def open_desk(_: Path) -> Generator[Node]:
        yield world.nodes["hospital"]

    monkeypatch.setattr("workers.node.open_desk", open_desk)
    account = world.wallets["hospital"]
    monkeypatch.setattr("cli.dataset.wallet_of", lambda *_: WalletSigner(account))

    def run(schema: str = SCHEMA) -> Any:
        (tmp_path / "s.toml").write_text(schema, "utf-8")
        given = ["--schema", str(tmp_path / "s.toml"), "--name", "doses", "--legal-basis", "Consent", "--yes"]
        wallet = ["--wallet", str(tmp_path), "--wallet-passphrase-file", str(tmp_path / "doses.csv")]
        place = ["--state", str(tmp_path)]
        return CliRunner().invoke(app, ["node", "dataset", "add", str(tmp_path / "doses.csv"), *given, *wallet, *place])

    return run


def test_adding_shows_what_is_declared_before_the_wallet_signs_and_the_chain_holds_its_hash(
    world: World, add: Callable[..., Any]
) -> None:
    said = add()
    assert said.exit_code == 0, said.output
    assert said.output.index("Consent of the individuals") < said.output.index("registered, input root")
    assert "取得个人同意" in said.output
    ((reference, version),) = (key for key in world.chain.sets if key[0].startswith("doses-"))
    node = world.nodes["hospital"]
    payload = dsse.open_envelope(world.coordinator.described[-1], node.keys.node_public, DATA_SET_TYPE)
    described = read_description(payload)
    assert described.digest() == world.chain.sets[reference, version].schema_hash
    law = declaration_of(described)
    assert law is not None
    assert law.bases[0].document == hashlib.sha256(b"consents").digest()
    assert law == node.store.find(reference, version).schema.law  # type: ignore[union-attr]


def test_adding_without_a_declaration_says_not_declared(world: World, add: Callable[..., Any]) -> None:
    plain = re.sub(r"\[law\].*?(?=\[\[columns)", "", SCHEMA, flags=re.DOTALL)
    plain = re.sub(r"^(level|kinds) = .*\n", "", plain, flags=re.MULTILINE)
    said = add(plain)
    assert said.exit_code == 0, said.output
    assert "not declared" in said.output
    assert "未声明" in said.output


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("data_level = 4", "data_level = 2", "law.disagrees"), ('"consents.pdf"', '"none.pdf"', "law.document"), ("level = 3\n", "", "law.column")],
)  # fmt: skip
def test_nothing_is_stored_or_signed_of_a_declaration_that_is_wrong(
    world: World, add: Callable[..., Any], old: str, new: str, code: str
) -> None:
    before = len(world.nodes["hospital"].state.data_sets())
    said = add(SCHEMA.replace(old, new, 1))
    assert code in str(said.exception)
    assert len(world.nodes["hospital"].state.data_sets()) == before
    assert not [key for key in world.chain.sets if key[0].startswith("doses-")]
