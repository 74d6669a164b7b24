"""Every act that the contracts let somebody do has a command, the coordinator's relay, or a stated reason; each new
command is tried on a real chain.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer.main
from eth_account import Account
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from chain import offices
from chain.abi import Write
from chain.bindings import anchors, data_sets, party_registry, programs, tasks
from chain.deploy import deploy
from chain.deployment import CONTRACTS, Deployment
from chain.errors import ChainError
from chain.events import decode_logs
from chain.gateway import Gateway
from chain.jsonrpc import RpcClient
from cli.main import app
from client import Coordinator
from protocol import canonical, events, ids, registrations
from protocol.enrolment import NO_ADDRESS, Application, Enrolment, Profile
from protocol.errors import TallyError
from protocol.programs import Words
from protocol.registrations import (
    Admission,
    DataSetAttestation,
    DataSetRegistration,
    DataSetRetirement,
    KeyRotation,
    WalletChange,
)
from protocol.typed import Domain, Typed
from tests.docs.test_commands import commands_of
from tests.imports import ROOT, reached, source
from tests.integration.chain.conftest import started
from tests.patience import scaled
from tests.unit.workers.world import SCHEMA
from workers import enrol, keystore
from workers import wallet as wallets
from workers.config import NodeConfig
from workers.keystore import NodeKeys
from workers.node import KEYS, load_settings, open_desk, open_node
from workers.sources.schema import Schema


@dataclass(frozen=True)
class Command:
    """The command that sends it."""

    words: str


@dataclass(frozen=True)
class Relay:
    """The coordinator sends what participants signed; nodes send it themselves where the coordinator does not."""


@dataclass(frozen=True)
class Nobody:
    """No person does this, and why."""

    reason: str


OFFICE = {
    "grantRole": Command("admission grant"),
    "revokeRole": Command("admission withdraw"),
    "renounceRole": Command("admission renounce"),
}
LATER = Nobody("models, licences and budgets have no commands yet: no program keeps a model that is owned on chain")
WAYS: dict[str, dict[str, Command | Relay | Nobody]] = {
    "PartyRegistry": {
        "admit": Command("admission admit"),
        "suspend": Command("admission suspend"),
        "reinstate": Command("admission reinstate"),
        "rotateKeys": Command("node rotate-keys"),
        "changeWallet": Command("wallet change"),
        "acceptWallet": Command("wallet accept"),
        **OFFICE,
    },
    "DataSets": {
        "register": Command("node dataset register"),
        "retire": Command("node dataset retire"),
        "attest": Command("node dataset attest"),
    },
    "Programs": {
        "publish": Command("admission publish"),
        "publishEngine": Command("admission publish"),
        "approve": Command("admission approve"),
        "retire": Command("admission retire"),
        "declareSuccessor": Command("admission declare-successor"),
        "approveSuccessor": Command("admission approve-successor"),
        **OFFICE,
    },
    "ProposalRules": {},
    "Consents": {
        "submit": Relay(),
        "revoke": Relay(),
        "revokeAll": Relay(),
        "returnUse": Command("authorization return"),
        "consume": Nobody("only Tasks may call it, when a task starts"),
    },
    "Anchors": {
        "anchor": Relay(),
        "openEpoch": Command("node new-epoch"),
        "note": Nobody("only Tasks may call it, when a run is committed"),
    },
    "Models": {
        "consume": Nobody("only Tasks may call it, when a task starts"),
        **dict.fromkeys(("register", "retire", "grant", "retireLicence", "giveUpLicence"), LATER),
    },
    "Budgets": {"consume": Nobody("only Tasks may call it, when a task starts"), "set": LATER},
    "Tasks": {
        "propose": Relay(),
        "start": Relay(),
        "commit": Relay(),
        "abort": Relay(),
        "attest": Relay(),
        "expire": Relay(),
        "expireReview": Relay(),
        "review": Command("task review"),
        "scheduleCondition": Command("admission condition schedule"),
        "scheduleConditionRemoval": Command("admission condition remove"),
        "pause": Command("admission pause"),
        "unpause": Command("admission unpause"),
        "reserve": Nobody("sessions are not tasks on chain yet, and only they take further blocks of uses"),
        **OFFICE,
    },
}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def functions(contract: str) -> set[str]:
    abi = json.loads((ROOT / "chain" / "artifacts" / f"{contract}.json").read_text("utf-8"))["abi"]
    return {
        item["name"] for item in abi if item["type"] == "function" and item["stateMutability"] not in {"view", "pure"}
    }


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_state_changing_function_has_a_way(contract: str) -> None:
    assert set(WAYS[contract]) == functions(contract)


def calls(module: str, contract: str, function: str) -> bool:
    path = source(module)
    assert path is not None
    return re.search(rf"\b(?:{snake(contract)}|it)\.{snake(function)}\b", path.read_text("utf-8")) is not None


ACTS = [(contract, function, way) for contract, ways in WAYS.items() for function, way in ways.items()]


@pytest.mark.parametrize(
    ("contract", "function", "way"), ACTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_its_way_leads_to_it(contract: str, function: str, way: Command | Relay | Nobody) -> None:
    if isinstance(way, Command):
        at: Any = typer.main.get_command(app)
        for word in way.words.split():
            at = commands_of(at)[word]
        assert any(calls(module, contract, function) for module in reached([at.callback.__module__])[0])
        named = f"tally {way.words}"
        for page in ("user-guide.md", "user-guide.zh-CN.md"):
            assert named in (ROOT / "docs" / page).read_text("utf-8"), f"{page} does not name `{named}`"
    elif isinstance(way, Relay):
        assert calls("orchestrator.services.sending", contract, function)
    else:
        assert len(way.reason) > 20


PASSPHRASE = b"a passphrase for the tests"


class Consortium:
    """A deployment whose admin, hospital and certifier have wallets on disk, and the hospital's node."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.passphrase = folder / "secrets" / "passphrase"
        self.passphrase.parent.mkdir(mode=0o700)
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_bytes(PASSPHRASE)
        self.address = {
            name: self.new_wallet(name) for name in ("admin", "hospital", "laboratory", "certifier", "other")
        }
        self.file = folder / "deployment.json"
        self.deployment: Deployment = deploy(url, Account.create(), admin=self.address["admin"], path=self.file)
        self.reader = Gateway(url, self.deployment)
        self.nodes = {name: self.new_node(name) for name in ("hospital", "laboratory")}
        for name, node in self.nodes.items():
            config, keys = load_settings(node)
            profile = Profile(Words(name, name), "x@example.org", f"operator-{name}", ("compute-provider", "data-provider", "result-user"))  # fmt: skip
            enrolment = enrol.enrolment_of(config, keys, profile, self.registry.salt)
            self.admit(name, enrol.application_of(enrolment, self.registry, self.signer(name), keys))
        certifier = Profile(Words("Certifier", "认证"), "x@example.org", "operator-certifier", ("certifier",))
        it = certifier.enrolment("certifier", self.address["certifier"], self.registry.salt)
        self.admit("certifier", Application.of(it, self.registry, self.signer("certifier").sign_digest))

    @property
    def registry(self) -> Domain:
        return self.deployment.domain("PartyRegistry")

    def signer(self, name: str) -> wallets.WalletSigner:
        return wallets.WalletSigner(wallets.load(self.folder / f"wallet-{name}", PASSPHRASE))

    def sending(self, account: LocalAccount) -> Gateway:
        return Gateway(self.url, self.deployment, account)

    def new_wallet(self, name: str) -> str:
        return wallets.create(self.folder / f"wallet-{name}", PASSPHRASE, work=2**14)

    def new_node(self, name: str) -> Path:
        config = NodeConfig(
            name, "http://127.0.0.1:9", self.url, "/none", "", str(self.passphrase), self.address[name],
            "127.0.0.1", 4001, "127.0.0.1", 4001,
        )  # fmt: skip
        enrol.init(self.folder / f"node-{name}", config, self.file, work=2**14)
        return self.folder / f"node-{name}"

    def admit(self, name: str, application: Application) -> None:
        path = self.folder / f"{name}.json"
        path.write_bytes(application.data())
        seen = Enrolment.read(application.enrolment).fingerprint
        assert self.admission("admit", str(path), "--fingerprint", seen).endswith(f"{name} admitted 已准入\n")

    def run(self, *words: str, answer: str = "", status: int = 0) -> str:
        done = CliRunner().invoke(app, list(words), input=answer)
        if isinstance(done.exception, TallyError):
            raise done.exception
        assert done.exit_code == status, done.output
        return done.output

    def admission(self, *words: str, wallet: str = "admin", **options: Any) -> str:
        return self.run("admission", *self.acting(wallet), "--deployment", str(self.file), *words, "--rpc", self.url, **options)  # fmt: skip

    def acting(self, wallet: str) -> tuple[str, ...]:
        return "--wallet", str(self.folder / f"wallet-{wallet}"), "--passphrase-file", str(self.passphrase)

    def node(self, name: str, *words: str, wallet: str | None = None, **options: Any) -> str:
        acting = () if wallet is None else (
            "--wallet", str(self.folder / f"wallet-{wallet}"), "--wallet-passphrase-file", str(self.passphrase)
        )  # fmt: skip
        return self.run("node", *words, "--state", str(self.nodes[name]), *acting, **options)

    def party(self, name: str) -> party_registry.PartyRecord:
        return self.reader.read(party_registry.get(ids.on_chain(name)))

    def events(self) -> list[events.Event]:
        contracts = self.deployment.contracts
        logs = self.reader.endpoint.logs(list(contracts.values()), self.deployment.deployed_block, self.reader.head())
        return [logged.event for logged in decode_logs(contracts, logs)]

    def data_set(self, owner: str) -> str:
        path = self.folder / "visits.csv"
        path.write_text("patient,age\np1,30\np2,40\n")
        with open_desk(self.nodes[owner]) as desk:
            desk.coordinator = Silent()  # type: ignore[assignment]
            stored = enrol.add_data_set(desk, path, Schema.parse(SCHEMA), "visits", "consent")
            enrol.register(desk, stored, self.signer(owner))
        return stored.data_set


class Silent:
    """A coordinator that takes a description and says nothing."""

    def register_data_set(self, envelope: bytes, audience: object = None) -> dict[str, Any]:
        return {}


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Consortium, RpcClient, Path]]:
    """The consortium as it was founded: a second of deploying and admitting, once for all tests."""
    folder, copy = tmp_path_factory.mktemp("consortium"), tmp_path_factory.mktemp("copy") / "founded"
    with started(tmp_path_factory.mktemp("chain")) as node:
        made = Consortium(folder, node.url)
        shutil.copytree(folder, copy)
        yield made, RpcClient(int(node.url.rpartition(":")[2]), timeout=scaled(30)), copy


@pytest.fixture
def consortium(founded: tuple[Consortium, RpcClient, Path]) -> Iterator[Consortium]:
    """Each test finds it newly founded: its folder is put back afterwards, and its chain."""
    made, chain, copy = founded
    before = chain.call_text("evm_snapshot")
    yield made
    assert chain.call("evm_revert", before) is True
    shutil.rmtree(made.folder)
    shutil.copytree(copy, made.folder)


def test_a_party_is_suspended_with_a_reason_and_taken_back(consortium: Consortium) -> None:
    said = consortium.admission("suspend", "hospital", "--reason", "its key was stolen", answer="y\n")
    digest = canonical.sha256(b"its key was stolen")
    assert f"0x{digest.hex()}" in said
    assert "恢复" in said
    assert consortium.party("hospital").status == 2
    seen = consortium.events()
    assert events.PartySuspended(ids.on_chain("hospital"), digest) in seen
    assert "already" in consortium.admission("suspend", "hospital", "--reason", "again", "--yes")
    assert "reinstated" in consortium.admission("reinstate", "hospital", "--yes")
    assert consortium.party("hospital").status == 1
    assert "is not suspended" in consortium.admission("reinstate", "hospital", "--yes")
    with pytest.raises(ChainError, match="AccessControlUnauthorizedAccount"):
        consortium.admission("suspend", "hospital", "--reason", "x", "--yes", wallet="other")


def test_whoever_says_no_has_done_nothing(consortium: Consortium) -> None:
    for words in (
        ("suspend", "hospital", "--reason", "x"),
        ("pause",),
        ("grant", "guardian", consortium.address["other"]),
        ("renounce", "admin"),
    ):
        assert "什么也没有做" in consortium.admission(*words, answer="n\n", status=1)
    assert consortium.party("hospital").status == 1
    assert not consortium.reader.read(tasks.paused())
    assert offices.holds(consortium.reader, "admin", consortium.address["admin"])
    before = load_settings(consortium.nodes["hospital"])
    consortium.node("hospital", "rotate-keys", wallet="hospital", answer="n\n", status=1)
    assert load_settings(consortium.nodes["hospital"]) == before


def test_a_pause_begins_and_ends(consortium: Consortium) -> None:
    assert consortium.admission("pause", "--yes").endswith("paused\n")
    assert consortium.reader.read(tasks.paused())
    assert "already" in consortium.admission("pause", "--yes")
    assert "has ended" in consortium.admission("unpause", "--yes")
    assert not consortium.reader.read(tasks.paused())
    assert "there is no pause" in consortium.admission("unpause", "--yes")


@pytest.mark.parametrize("office", ["admission", "publisher", "guardian", "admin"])
def test_an_office_is_given_taken_back_and_laid_down(consortium: Consortium, office: Any) -> None:
    other = consortium.address["other"]
    assert "given" in consortium.admission("grant", office, other, "--yes")
    assert offices.holds(consortium.reader, office, other)
    assert "already" in consortium.admission("grant", office, other, "--yes")
    assert "withdrawn" in consortium.admission("withdraw", office, other, "--yes")
    assert not offices.holds(consortium.reader, office, other)
    assert "is not held" in consortium.admission("withdraw", office, other, "--yes")
    consortium.admission("grant", office, other, "--yes")
    assert "laid down" in consortium.admission("renounce", office, "--yes", wallet="other")
    assert not offices.holds(consortium.reader, office, other)
    assert "is not held" in consortium.admission("renounce", office, "--yes", wallet="other")
    with pytest.raises(TallyError, match=r"wallet\.not_checksummed"):
        consortium.admission("grant", office, other.lower(), "--yes")


def test_a_program_is_published_approved_and_retired(consortium: Consortium) -> None:
    assert "psi.align@1.0.0" in consortium.admission("publish")
    consortium.admission("approve", "psi.align@1.0.0", "--certifier", "certifier", wallet="certifier")
    program = ids.on_chain("psi.align@1.0.0")
    assert consortium.reader.read(programs.is_approved(program))
    with pytest.raises(ChainError, match="NotAllowed"):
        consortium.admission("retire", "psi.align@1.0.0", "--yes", wallet="other")
    assert consortium.admission("retire", "psi.align@1.0.0", "--yes").endswith("retired\n")
    assert not consortium.reader.read(programs.is_approved(program))
    assert "already" in consortium.admission("retire", "psi.align@1.0.0", "--yes")
    with pytest.raises(TallyError, match=r"release\.unknown"):
        consortium.admission("retire", "psi.nothing@1.0.0", "--yes")


def hand_over(consortium: Consortium, act: str, wallet: str, *words: str, answer: str = "", status: int = 0) -> str:
    yes = () if answer else ("--yes",)
    return consortium.run(
        "wallet", act, "--folder", str(consortium.folder / f"wallet-{wallet}"), "--passphrase-file",
        str(consortium.passphrase), "--party", "hospital", *words, "--rpc", consortium.url, "--deployment",
        str(consortium.file), *yes, answer=answer, status=status,
    )  # fmt: skip


def test_a_wallet_hands_its_party_over_when_the_named_one_accepts(consortium: Consortium) -> None:
    act = partial(hand_over, consortium)
    present, other = consortium.address["hospital"], consortium.address["other"]
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        act("change", "other", "--to", other)
    with pytest.raises(ChainError, match="WalletTaken"):
        act("change", "hospital", "--to", consortium.address["laboratory"])
    with pytest.raises(TallyError, match=r"wallet\.not_checksummed"):
        act("change", "hospital", "--to", other[:-1] + ("0" if other[-1] != "0" else "1"))
    with pytest.raises(TallyError, match=r"wallet\.not_named.*it named none"):
        act("accept", "other")
    assert f"names the wallet {other}" in act("change", "hospital", "--to", other)
    assert "already" in act("change", "hospital", "--to", other)
    assert consortium.party("hospital").wallet == present
    assert "什么也没有做" in act("accept", "other", answer="n\n", status=1)
    assert f"has the wallet {other}" in act("accept", "other")
    assert consortium.party("hospital").wallet == other
    assert "has already" in act("accept", "other")
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        act("change", "hospital", "--to", present)


def test_a_naming_is_cancelled(consortium: Consortium) -> None:
    act = partial(hand_over, consortium)
    assert act("cancel", "hospital").endswith("hospital names no wallet\n")
    act("change", "hospital", "--to", consortium.address["other"])
    assert act("cancel", "hospital").endswith("names no wallet any more\n")
    with pytest.raises(TallyError, match=r"wallet\.not_named"):
        act("accept", "other")
    named, change = consortium.reader.read(party_registry.pending_wallet(ids.on_chain("hospital")))
    assert (named, change) == (NO_ADDRESS, 2)


def test_attack_a_wallet_that_is_named_has_no_power(consortium: Consortium) -> None:
    """Neither rotates, registers, retires, names nor cancels it before it has accepted; nor does the node accept for it."""
    act, folder = partial(hand_over, consortium), consortium.nodes["hospital"]
    reference = consortium.data_set("hospital")
    act("change", "hospital", "--to", consortium.address["other"])
    for name, words in (
        ("rotate-keys", ()), ("dataset", ("retire", reference, "--version", "1"))
    ):  # fmt: skip
        with pytest.raises(TallyError, match=r"wallet\.other_party"):
            consortium.node("hospital", name, *words, "--yes", wallet="other")
    for name in ("change", "cancel"):
        with pytest.raises(TallyError, match=r"wallet\.other_party"):
            act(name, "other", *(("--to", consortium.address["admin"]) if name == "change" else ()))
    hospital, other = ids.on_chain("hospital"), consortium.sending(consortium.signer("other").account)
    node = consortium.sending(Account.from_key(load_settings(folder)[1].node_signer))
    for sender, call in (
        (other, party_registry.change_wallet(hospital, consortium.address["admin"], 2, b"")),
        (other, data_sets.retire(ids.on_chain(reference), 1, b"")),
        (node, party_registry.accept_wallet(hospital, b"")),
        (consortium.sending(consortium.signer("hospital").account), party_registry.accept_wallet(hospital, b"")),
    ):
        with pytest.raises(ChainError, match="BadSignature"):
            sender.send(call)
    assert consortium.party("hospital").wallet == consortium.address["hospital"]


def test_attack_a_naming_is_replayed(consortium: Consortium) -> None:
    """What the wallet once signed to name a wallet counts once: not after it was used, nor after it was cancelled."""
    act, anyone, other = (
        partial(hand_over, consortium),
        consortium.sending(Account.create()),
        consortium.address["other"],
    )
    hospital = ids.on_chain("hospital")
    message = WalletChange("hospital", other.lower(), 1)
    signature = consortium.signer("hospital").sign_typed(message, consortium.registry)
    naming = party_registry.change_wallet(hospital, other, 1, signature)
    anyone.send(naming)
    with pytest.raises(ChainError, match="WrongOrdinal"):
        anyone.send(naming)
    act("cancel", "hospital")
    with pytest.raises(ChainError, match="WrongOrdinal"):
        anyone.send(naming)
    with pytest.raises(ChainError, match="BadSignature"):
        anyone.send(party_registry.change_wallet(hospital, other, 3, signature))
    accepted = consortium.signer("other").sign_typed(message, consortium.registry)
    with pytest.raises(ChainError, match="NoWalletChange"):
        anyone.send(party_registry.accept_wallet(hospital, accepted))
    act("change", "hospital", "--to", other)
    with pytest.raises(ChainError, match="BadSignature"):
        anyone.send(party_registry.accept_wallet(hospital, accepted))  # it accepted the first naming, not this one
    third = consortium.signer("other").sign_typed(WalletChange("hospital", other.lower(), 3), consortium.registry)
    anyone.send(party_registry.accept_wallet(hospital, third))
    assert consortium.party("hospital").wallet == other


def test_a_data_set_is_attested_by_another_and_retired_by_its_owner(consortium: Consortium) -> None:
    reference = consortium.data_set("hospital")
    document = consortium.folder / "statement.txt"
    document.write_text("seen at the source")
    arguments = (reference, "--version", "1", "--statement", str(document), "--yes")
    node = consortium.node
    assert node("laboratory", "dataset", "attest", *arguments, wallet="laboratory").endswith("attested\n")
    digest = canonical.sha256(document.read_bytes())
    expected = events.DataSetAttested(ids.on_chain(reference), 1, ids.on_chain("laboratory"), digest)
    assert expected in consortium.events()
    for party, words, code in (
        ("hospital", ("attest", *arguments), r"data_set\.yours"),
        ("laboratory", ("retire", reference, "--version", "1", "--yes"), r"data_set\.not_yours"),
        ("hospital", ("retire", reference, "--version", "2", "--yes"), r"data_set\.unknown"),
    ):
        with pytest.raises(TallyError, match=code):
            node(party, "dataset", *words, wallet=party)
    retire = ("dataset", "retire", reference, "--version", "1", "--yes")
    assert node("hospital", *retire, wallet="hospital").endswith("retired\n")
    assert consortium.reader.read(data_sets.get(ids.on_chain(reference), 1)).status == 2
    assert "already" in node("hospital", *retire, wallet="hospital")


def test_a_data_set_is_added_then_registered_by_the_wallet(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the wallet it is stored only; the wallet is shown what it signs, in both languages, and may say no."""
    monkeypatch.setattr(Coordinator, "register_data_set", lambda *_: {})
    table, schema = consortium.folder / "visits.csv", consortium.folder / "visits.json"
    table.write_text("patient,age\np1,30\np2,40\n")
    schema.write_text(json.dumps(SCHEMA))
    arguments = (str(table), "--schema", str(schema), "--name", "visits", "--legal-basis", "consent")
    added = consortium.node("hospital", "dataset", "add", *arguments)
    assert "not registered" in added
    reference = added.split()[0]
    register = ("dataset", "register", reference)
    refused = consortium.node("hospital", *register, wallet="hospital", answer="n\n", status=1)
    for part in (reference, "2 rows", "2 行", "“consent", consortium.address["hospital"], "什么也没有做"):
        assert part in refused
    assert consortium.reader.read(data_sets.latest(ids.on_chain(reference))) == 0
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        consortium.node("hospital", *register, "--yes", wallet="other")
    root = re.search(
        r"input root 0x([0-9a-f]{64})", consortium.node("hospital", *register, wallet="hospital", answer="y\n")
    )
    assert root is not None
    found = consortium.reader.read(data_sets.get(ids.on_chain(reference), 1))
    assert (found.owner, found.input_root.hex(), found.rows) == (ids.on_chain("hospital"), root[1], 2)
    consortium.node("hospital", *register, wallet="hospital")  # repeating it asks nothing and changes nothing
    second = consortium.node(
        "hospital", "dataset", "add", *arguments, "--reference", reference, "--yes", wallet="hospital"
    )
    assert f"{reference} version 2" in second
    assert consortium.reader.read(data_sets.latest(ids.on_chain(reference))) == 2


def test_attack_a_stolen_node_signer(consortium: Consortium) -> None:
    """It pays, and it may relay; it decides nothing that wallets decide, by call or by its own signature."""
    reference, keys = consortium.data_set("hospital"), load_settings(consortium.nodes["hospital"])[1]
    others = consortium.data_set("laboratory")
    thief, domain = consortium.sending(Account.from_key(keys.node_signer)), consortium.deployment.domain
    stolen = wallets.WalletSigner(Account.from_key(keys.node_signer))
    hospital, fresh = "hospital", NodeKeys.draw()
    registration = DataSetRegistration(reference, hospital, 2, b"\1" * 32, b"\2" * 32, 9, 3, "consent")
    retirement = DataSetRetirement(reference, 1)
    attestation = DataSetAttestation(others, 1, hospital, b"\3" * 32)
    naming = WalletChange(hospital, consortium.address["other"].lower(), 1)
    rotation = KeyRotation(hospital, fresh.signer_address.lower(), fresh.node_public, fresh.seal_public, 2)
    by_fresh = fresh.sign_typed(rotation, domain("PartyRegistry"))
    calls: dict[Typed, Callable[[bytes], Write]] = {
        registration: partial(data_sets.register, data_sets.DataSetRegistration(*registration.chain_args())),
        retirement: partial(data_sets.retire, ids.on_chain(reference), 1),
        attestation: partial(data_sets.attest, data_sets.DataSetAttestation(*attestation.chain_args())),
        naming: partial(party_registry.change_wallet, ids.on_chain(hospital), consortium.address["other"], 1),
        rotation: partial(party_registry.rotate_keys, party_registry.KeyRotation(*rotation.chain_args()), by_fresh),
    }
    decisions = {it for it in vars(registrations).values() if isinstance(it, type) and issubclass(it, Typed)}
    of_parties = {it for it in decisions - {Typed} if it.HOME in ("PartyRegistry", "DataSets")}
    assert {type(message) for message in calls} == of_parties - {Admission}, "a decision that nobody tried to steal"
    before = on_chain_keys(consortium)
    for message, call in calls.items():
        for signature in (b"", stolen.sign_typed(message, domain(message.HOME))):
            with pytest.raises(ChainError, match="BadSignature"):
                thief.send(call(signature))
    assert on_chain_keys(consortium) == before
    assert consortium.reader.read(data_sets.latest(ids.on_chain(reference))) == 1
    assert consortium.reader.read(data_sets.get(ids.on_chain(reference), 1)).status == 1
    wallet = consortium.signer("hospital")
    for message, call in calls.items():  # the same calls with the wallet's word pass, whoever sends them
        thief.send(call(wallet.sign_typed(message, domain(message.HOME))))
    assert on_chain_keys(consortium) == (fresh.signer_address, fresh.node_public, fresh.seal_public)


def test_attack_a_rotation_is_replayed_or_its_key_is_nobodys(consortium: Consortium) -> None:
    """A rotation names the period that it begins: shown again it is refused, so nobody brings old keys back."""
    anyone, wallet, hospital = consortium.sending(Account.create()), consortium.signer("hospital"), "hospital"
    registry, first = consortium.registry, NodeKeys.draw()

    def rotation(keys: NodeKeys, period: int, signer: NodeKeys | None = None) -> Write:
        message = KeyRotation(hospital, keys.signer_address.lower(), keys.node_public, keys.seal_public, period)
        return party_registry.rotate_keys(
            party_registry.KeyRotation(*message.chain_args()),
            (signer or keys).sign_typed(message, registry),
            wallet.sign_typed(message, registry),
        )

    with pytest.raises(ChainError, match="BadSignature"):
        anyone.send(rotation(first, 2, signer=NodeKeys.draw()))
    anyone.send(rotation(first, 2))
    second = NodeKeys.draw()
    anyone.send(rotation(second, 3))
    for period in (2, 3):
        with pytest.raises(ChainError, match="WrongOrdinal"):
            anyone.send(rotation(first, period))
    assert on_chain_keys(consortium) == (second.signer_address, second.node_public, second.seal_public)
    assert consortium.reader.read(party_registry.key_period(ids.on_chain(hospital))) == 3


def on_chain_keys(consortium: Consortium) -> tuple[str, bytes, bytes]:
    found = consortium.party("hospital")
    return found.node_signer, found.node_key, found.seal_key


def test_node_keys_are_rotated_by_the_partys_wallet(consortium: Consortium) -> None:
    folder = consortium.nodes["hospital"]
    _, old = load_settings(folder)
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        consortium.node("hospital", "rotate-keys", "--yes", wallet="other")
    assert load_settings(folder)[1] == old
    with open_node(folder), pytest.raises(TallyError, match=r"disk\.locked"):
        consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    said = consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    _, new = load_settings(folder)
    assert on_chain_keys(consortium) == (new.signer_address, new.node_public, new.seal_public)
    assert new.signer_address in said
    assert new.storage_key == old.storage_key
    assert not {new.node_signer, new.node_key, new.seal_key} & {old.node_signer, old.node_key, old.seal_key}
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("keys")) == [KEYS]
    # the log had begun, so it is closed and the next is the new key's; the node writes it and signs with it
    with open_node(folder) as node:
        assert node.evidence.epoch == 1
        node.evidence.publish()
        assert node.chain.log("hospital", node.chain.head()).epoch == 1
    with open_node(folder) as node:
        assert node.evidence.epoch == 1


def test_a_rotation_that_was_cut_off_goes_on(consortium: Consortium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the chain, after it, and between the last two renames: the same new keys come into use each time."""
    folder = consortium.nodes["hospital"]
    with open_node(folder):
        pass  # a log has begun

    class Killed(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Killed

    def cut_off_at(place: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(place, dies)
            with pytest.raises(Killed):
                consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")

    def public(keys: NodeKeys) -> tuple[str, bytes, bytes]:
        return keys.signer_address, keys.node_public, keys.seal_public

    before = on_chain_keys(consortium)
    cut_off_at("chain.participant.rotate_keys")
    assert on_chain_keys(consortium) == before == public(load_settings(folder)[1])
    drawn = keystore.load(folder / "keys.next", PASSPHRASE)
    cut_off_at("workers.enrol.open_epoch")
    assert on_chain_keys(consortium) == public(drawn)
    cut_off_at("workers.rotation._erase")
    assert load_settings(folder)[1] == drawn
    (folder / KEYS).rename(folder / "keys.next")  # as if killed one step earlier, between the renames
    consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    assert load_settings(folder)[1] == drawn
    assert on_chain_keys(consortium) == public(drawn)
    assert consortium.reader.read(anchors.head(ids.on_chain("hospital")))[0] == 1
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("keys")) == [KEYS]


def test_a_suspended_party_rotates_and_opens_its_epoch_once_it_is_back(consortium: Consortium) -> None:
    folder = consortium.nodes["hospital"]
    with open_node(folder):
        pass
    old = on_chain_keys(consortium)
    consortium.admission("suspend", "hospital", "--reason", "its key was stolen", "--yes")
    with pytest.raises(ChainError, match="PartyNotActive"):
        consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    assert on_chain_keys(consortium)[0] not in {old[0], load_settings(folder)[1].signer_address}
    consortium.admission("reinstate", "hospital", "--yes")
    consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    assert on_chain_keys(consortium)[0] == load_settings(folder)[1].signer_address


def test_a_rotation_waits_for_what_the_present_keys_still_owe(consortium: Consortium) -> None:
    folder = consortium.nodes["hospital"]
    before = on_chain_keys(consortium)
    with open_desk(folder) as desk:
        desk.state.add_collection(b"\x07" * 32, 1)
    with pytest.raises(TallyError, match=r"node\.not_at_rest.*1 results"):
        consortium.node("hospital", "rotate-keys", "--yes", wallet="hospital")
    assert on_chain_keys(consortium) == before
    assert not (folder / "keys.next").exists()


def test_a_new_epoch_opens_by_the_wallet(consortium: Consortium) -> None:
    assert consortium.node("hospital", "new-epoch", wallet="hospital").strip() == "epoch 1"
    assert consortium.reader.read(anchors.head(ids.on_chain("hospital")))[0] == 1
