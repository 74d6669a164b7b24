import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import node as node_cli
from cli import wallet as wallet_cli
from protocol import catalogue, dsse, ids
from protocol.ask import Ask
from protocol.catalogue import DATA_SET_TYPE
from protocol.enrolment import ENROLMENT_TYPE, Enrolment
from protocol.errors import TallyError
from protocol.programs import Words
from tests.unit.workers.world import SCHEMA, World
from workers import enrol
from workers.config import NodeConfig
from workers.node import load_settings
from workers.sources.problems import DataError
from workers.sources.schema import Schema

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


def test_an_enrolment_is_signed_by_the_node_key(tmp_path: Path) -> None:
    folder, config = make(tmp_path)
    _, keys = load_settings(folder)
    profile = enrol.Profile(Words("Hospital", "医院"), "a@example.org", "operator-h", ("result-user", "data-provider"))
    made = enrol.enrolment_of(config, keys, profile, b"\x01" * 32)
    payload = dsse.open_envelope(enrol.envelope_of(made, keys), keys.node_public, ENROLMENT_TYPE)
    assert Enrolment.read(payload) == made
    assert (made.wallet, made.roles) == ("0x" + "ab" * 20, ("data-provider", "result-user"))


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
    for stored in (first, second):
        enrol.register(node, stored)
        enrol.register(node, stored)
        facts = world.chain.sets[stored.data_set, stored.version]
        payload = dsse.open_envelope(world.coordinator.described[-1], node.keys.node_public, DATA_SET_TYPE)
        assert facts.schema_hash == catalogue.DataSetDescriptor.read(payload).digest()
    with pytest.raises(TallyError, match=r"data_set\.unknown"):
        enrol.add_data_set(node, csv_of(world, 3), schema, "x", "consent", reference="none-" + "0" * 32)


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
    assert not [p for p in (world.folder / "hospital" / "data").rglob("*") if p.is_file() and "visits" in str(p)]


def test_a_squatted_reference_is_noticed(world: World) -> None:
    node = world.nodes["hospital"]
    stored = enrol.add_data_set(node, csv_of(world, 3), Schema.parse(SCHEMA), "visits", "consent")
    other = world.chain.sets[world.stored["hospital"].data_set, 1]
    world.chain.sets[stored.data_set, 1] = replace(other, owner=ids.on_chain("squatter"))
    with pytest.raises(TallyError, match=r"data_set\.squatted"):
        enrol.register(node, stored)


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
