import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from chain.errors import ChainError
from cli import node as node_cli
from cli import wallet as wallet_cli
from protocol import canonical, catalogue, dsse, ids
from protocol.ask import Ask
from protocol.catalogue import DATA_SET_TYPE
from protocol.enrolment import Application, Profile
from protocol.errors import TallyError
from protocol.programs import Words
from protocol.registrations import DataSetAttestation, DataSetRetirement, SignedRegistration
from protocol.typed import Domain, Typed, key_signed
from tests.unit.workers.world import SCHEMA, World
from workers import disk, enrol
from workers.config import NodeConfig
from workers.data_sets import draw_reference
from workers.keystore import NodeKeys
from workers.node import load_settings
from workers.sources.problems import DataError
from workers.sources.schema import Schema
from workers.wallet import WalletSigner

CONFIG = NodeConfig(
    "hospital", "http://127.0.0.1:9", "http://127.0.0.1:8", "/tmp/none", "party.hospital:", "", "0x" + "Ab" * 20,
    "127.0.0.1", 4001, "hospital.example", 4001,
)  # fmt: skip


def make(tmp_path: Path) -> tuple[Path, NodeConfig]:
    (tmp_path / "deployment.json").write_text("{}")
    config = replace(CONFIG, passphrase_file=str(tmp_path / "secrets" / "pass"))
    enrol.init(tmp_path / "state", config, tmp_path / "deployment.json", work=2**14)
    return tmp_path / "state", config


def test_a_state_folder_is_private_and_reads_back(tmp_path: Path) -> None:
    folder, config = make(tmp_path)
    loaded, keys = load_settings(folder)
    assert loaded == config
    assert keys.node_public
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    with pytest.raises(TallyError, match=r"node\.exists"):
        enrol.init(folder, config, tmp_path / "deployment.json", work=2**14)


@pytest.mark.parametrize(
    "line", ['party = "Bad Name"', "bind_port = 70000", "surprise = 1", "tick = 0", 'relay_wait = "5"', "= ="]
)
def test_a_wrong_setting_is_refused(tmp_path: Path, line: str) -> None:
    folder, _ = make(tmp_path)
    path = folder / "node.toml"
    name = line.partition(" ")[0]
    kept = [old for old in path.read_text().splitlines() if old.partition(" ")[0] != name]
    path.write_text("\n".join([*kept, line]) + "\n")
    with pytest.raises(TallyError):
        NodeConfig.load(folder)


def test_settings_with_quotes_and_backslashes_survive(tmp_path: Path) -> None:
    folder, config = make(tmp_path)
    odd = replace(config, broker_url_file='/a "b"\\c')
    odd.save(folder)
    assert NodeConfig.load(folder) == odd


def test_an_application_is_signed_by_wallet_node_key_and_node_signer(tmp_path: Path) -> None:
    folder, config = make(tmp_path)
    _, keys = load_settings(folder)
    profile = Profile(Words("Hospital", "医院"), "a@example.org", "operator-h", ("result-user", "data-provider"))
    made = enrol.enrolment_of(config, keys, profile, b"\x01" * 32)
    assert (made.wallet, made.roles) == ("0x" + "ab" * 20, ("data-provider", "result-user"))
    domain = Domain(1, "0x" + "77" * 20, b"\x01" * 32)
    wallet = WalletSigner(Account.create())
    with pytest.raises(TallyError, match=r"signature\.not_wallet"):
        enrol.application_of(made, domain, wallet, keys).verified(domain, key_signed)
    own = replace(made, wallet=wallet.address.lower())
    applied = Application.read(enrol.application_of(own, domain, wallet, keys).data())
    assert applied.verified(domain, key_signed) == own


def wallet_of(world: World, party: str) -> WalletSigner:
    return WalletSigner(world.wallets[party])


def csv_of(world: World, rows: int) -> Path:
    path = world.folder / "more.csv"
    path.write_text("patient,age\n" + "".join(f"q{i},{30 + i}\n" for i in range(rows)))
    return path


def test_data_sets_are_versioned_registered_and_described(world: World) -> None:
    node, schema = world.nodes["hospital"], Schema.parse(SCHEMA)
    first = enrol.add_data_set(node, csv_of(world, 3), schema, "visits", "consent")
    second = enrol.add_data_set(node, csv_of(world, 4), schema, "visits", "consent", reference=first.data_set)
    assert (first.version, second.version) == (1, 2)
    assert first.input_root != second.input_root
    assert first.secret != second.secret
    wallet = wallet_of(world, "hospital")
    for stored in (first, second):
        assert not enrol.is_registered(node, stored)
        enrol.register(node, stored, wallet)
        enrol.register(node, stored, wallet)
        assert enrol.is_registered(node, stored)
        facts = world.chain.sets[stored.data_set, stored.version]
        payload = dsse.open_envelope(world.coordinator.described[-1], node.keys.node_public, DATA_SET_TYPE)
        assert facts.schema_hash == catalogue.DataSetDescriptor.read(payload).digest()
    with pytest.raises(TallyError, match=r"data_set\.unknown"):
        enrol.add_data_set(node, csv_of(world, 3), schema, "x", "consent", reference="none-" + "0" * 32)


def test_a_wallet_that_lies_elsewhere_signs_a_file(world: World) -> None:
    node, wallet = world.nodes["hospital"], wallet_of(world, "hospital")
    stored = enrol.add_data_set(node, csv_of(world, 3), Schema.parse(SCHEMA), "visits", "consent")
    other = enrol.add_data_set(node, csv_of(world, 4), Schema.parse(SCHEMA), "others", "consent")
    paper = SignedRegistration(enrol.registration_of(node, stored), b"")
    with pytest.raises(TallyError, match=r"registration\.unsigned"):
        enrol.signed_elsewhere(node, stored, paper)
    signed = replace(paper, signature=wallet.sign_digest(paper.message.digest(node.chain.domain("DataSets"))))
    for forged in (replace(signed, message=replace(paper.message, rows=4)), signed):
        version = stored if forged is not signed else other
        with pytest.raises(TallyError, match=r"registration\.other"):
            enrol.signed_elsewhere(node, version, forged)
    enrol.register(node, stored, enrol.signed_elsewhere(node, stored, SignedRegistration.read(signed.data())))
    assert enrol.is_registered(node, stored)
    assert not enrol.is_registered(node, other)


def test_a_version_stored_before_columns_told_of_empty_cells_keeps_its_hash_on_chain(world: World) -> None:
    """Its description is that of then, byte for byte, whatever newer ones look like."""
    node, schema = world.nodes["hospital"], Schema.parse(SCHEMA)
    new = enrol.add_data_set(node, csv_of(world, 3), schema, "visits", "consent")
    old = replace(new, data_set=draw_reference("older"), format="tallystick/stored-version/v1")
    label = f"data-set/{old.data_set}/1/version"
    target = disk.private_dir(node.store._folder / old.data_set) / "1.version"
    node.store._vault.write(target, label, old.data())
    read = node.store.find(old.data_set, 1)
    assert read == old
    assert enrol.registration_of(node, read).schema_hash != enrol.registration_of(node, new).schema_hash
    payload = read.description("hospital").data()
    columns = [{"about": {"en": c.name, "zh": c.name}, "kind": c.kind, "name": c.name} for c in schema.columns]
    written = {
        "columns": sorted(columns, key=lambda c: str(c["name"])), "data_level": 3, "data_set": old.data_set,
        "format": "tallystick/data-set/v1", "owner": "hospital", "rows": 3, "sensitive": [],
        "title": schema.title.to_json(), "version": 1,
    }  # fmt: skip
    assert payload == canonical.dumps(written)
    assert enrol.registration_of(node, read).schema_hash == canonical.sha256(payload)


def test_the_same_rows_never_commit_to_the_same_root(world: World) -> None:
    node, schema = world.nodes["hospital"], Schema.parse(SCHEMA)
    roots = {enrol.add_data_set(node, csv_of(world, 3), schema, "visits", "consent").input_root for _ in range(3)}
    assert len(roots) == 3


def test_a_bad_file_leaves_nothing_behind(world: World) -> None:
    node, path = world.nodes["hospital"], world.folder / "bad.csv"
    path.write_text("patient,age\np1,old\n")
    before = len(node.state.data_sets())
    with pytest.raises(DataError):
        enrol.add_data_set(node, path, Schema.parse(SCHEMA), "visits", "consent")
    assert len(node.state.data_sets()) == before
    assert not [p for p in (world.folder / "hospital" / "data").rglob("*") if "visits-" in str(p)]


def test_a_squatted_reference_is_noticed(world: World) -> None:
    node = world.nodes["hospital"]
    stored = enrol.add_data_set(node, csv_of(world, 3), Schema.parse(SCHEMA), "visits", "consent")
    other = world.chain.sets[world.stored["hospital"].data_set, 1]
    world.chain.sets[stored.data_set, 1] = replace(other, owner=ids.on_chain("squatter"))
    with pytest.raises(TallyError, match=r"data_set\.squatted"):
        enrol.register(node, stored, wallet_of(world, "hospital"))


def signature_by(signer: WalletSigner | NodeKeys, message: Typed, world: World) -> bytes:
    return signer.sign_typed(message, world.chain.domain(message.HOME))


def test_attack_a_stolen_node_decides_nothing_about_data(world: World) -> None:
    """Whoever has the whole node, keys and folder, still needs the wallet: to register, to retire and to attest."""
    node, keys = world.nodes["hospital"], world.nodes["hospital"].keys
    stored = enrol.add_data_set(node, csv_of(world, 3), Schema.parse(SCHEMA), "visits", "consent")
    before = dict(world.chain.sets)
    own, others = (world.stored[name].data_set for name in ("hospital", "laboratory"))
    registration = enrol.registration_of(node, stored)
    retirement, attestation = DataSetRetirement(own, 1), DataSetAttestation(others, 1, "hospital", b"\x05" * 32)
    for send, message in (
        (world.chain.register_data_set, registration),
        (world.chain.retire_data_set, retirement),
        (world.chain.attest_data_set, attestation),
    ):
        with pytest.raises(ChainError, match="BadSignature"):
            send(message, signature_by(keys, message, world))  # type: ignore[operator]
    as_wallet = WalletSigner(Account.from_key(keys.node_signer))
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        enrol.register(node, stored, as_wallet)
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        enrol.retire(node, own, 1, as_wallet)
    with pytest.raises(TallyError, match=r"wallet\.other_party"):
        enrol.attest(node, others, 1, b"\x05" * 32, as_wallet)
    assert world.chain.sets == before
    assert not world.chain.said_of_data
    assert not world.coordinator.described


def test_a_version_is_retired_and_attested_by_wallets(world: World) -> None:
    node, wallet = world.nodes["hospital"], wallet_of(world, "hospital")
    own, others = (world.stored[name].data_set for name in ("hospital", "laboratory"))
    enrol.attest(node, others, 1, b"\x05" * 32, wallet)
    assert world.chain.said_of_data == [DataSetAttestation(others, 1, "hospital", b"\x05" * 32)]
    assert enrol.retire(node, own, 1, wallet) is True
    assert enrol.retire(node, own, 1, wallet) is False
    for act, code in (
        (lambda: enrol.retire(node, others, 1, wallet), r"data_set\.not_yours"),
        (lambda: enrol.retire(node, own, 2, wallet), r"data_set\.unknown"),
        (lambda: enrol.attest(node, own, 1, b"\x05" * 32, wallet), r"data_set\.yours"),
    ):
        with pytest.raises(TallyError, match=code):
            act()


def test_rows_lie_encrypted_on_the_disk(world: World) -> None:
    path = world.folder / "canary.csv"
    path.write_text("patient,age\ncanary-patient-0001,77\n")
    stored = enrol.add_data_set(world.nodes["hospital"], path, Schema.parse(SCHEMA), "visits", "canary-basis")
    for name, data in world.everything_on_disk():
        assert b"canary" not in data, name
        assert stored.secret not in data, name


def test_policies_are_for_own_data_sets_only(world: World) -> None:
    contract = world.contract()
    own, other = (world.stored[name].data_set for name in ("hospital", "laboratory"))
    state = world.nodes["hospital"].state
    document = Ask.of(contract, own).data()
    assert enrol.add_policy(state, document) == Ask.of(contract, own).digest()
    assert state.policies(own) == [document]
    with pytest.raises(TallyError, match=r"policy\.other_data_set"):
        enrol.add_policy(state, Ask.of(contract, other).data())
    with pytest.raises(TallyError, match=r"json\."):
        enrol.add_policy(state, json.dumps(json.loads(document), indent=1).encode())


def test_the_command_line_makes_a_wallet_and_a_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.keystore.WORK", 2**14)
    runner = CliRunner()
    made = runner.invoke(
        wallet_cli.app, ["new", "--folder", str(tmp_path / "wallet"), "--passphrase-file", str(tmp_path / "wp")]
    )
    assert made.exit_code == 0, made.output
    address = made.output.split()[-1]
    assert runner.invoke(wallet_cli.app, ["address", "--folder", str(tmp_path / "wallet")]).output.strip() == address
    (tmp_path / "deployment.json").write_text("{}")
    arguments = [
        "init", "--state", str(tmp_path / "state"), "--party", "hospital", "--deployment", str(tmp_path / "deployment.json"),
        "--rpc-url", "http://127.0.0.1:8", "--coordinator", "http://127.0.0.1:9", "--broker-url-file", str(tmp_path / "b"),
        "--passphrase-file", str(tmp_path / "np"), "--wallet-address", address, "--advertise", "127.0.0.1:4000",
    ]  # fmt: skip
    done = runner.invoke(node_cli.app, arguments)
    assert done.exit_code == 0, done.output
    _, keys = load_settings(tmp_path / "state")
    assert keys.signer_address in done.output
    assert keys.node_key.hex() not in done.output
    shown = runner.invoke(node_cli.app, ["status", "--state", str(tmp_path / "state")])
    assert "0 receipts still owed" in shown.output
    assert runner.invoke(node_cli.app, ["dataset", "list", "--state", str(tmp_path / "state")]).exit_code == 0
    wrong = runner.invoke(node_cli.app, [*arguments[:-1], "nowhere"])
    assert wrong.exit_code == 2
