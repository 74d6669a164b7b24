"""``docker-compose.yml`` against the Compose Specification's schema and against what it promises in its comments.

No container engine runs here: the commands it lists are run as processes by the integration tests.
"""

import ast
import base64
import hashlib
import json
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic_settings import BaseSettings

from audit_explorer.settings import ExplorerSettings
from chain import besu
from cli.roles import ROLES
from demo.system import COMMANDS
from deploy import broker, generate
from orchestrator.dispatch import issuing, rights
from orchestrator.dispatch.broker import BrokerAddresses
from orchestrator.settings import ApiSettings, EngineSettings
from protocol.errors import RefusedError
from protocol.messages import queue_of
from tests import compose
from tests.patience import scaled

ROOT = compose.COMPOSE_FILE.parent
SCHEMA = ROOT / "tests" / "vectors" / "compose-spec" / "compose-spec.json"
NODES = {"node-hospital", "node-laboratory", "node-exchange"}
COORDINATOR = {"coordinator-migrate", "coordinator-api", "coordinator-engine"}


def document() -> dict[str, Any]:
    return compose.load()


def services() -> dict[str, dict[str, Any]]:
    return document()["services"]


def networks_of(service: dict[str, Any]) -> set[str]:
    return set(service["networks"])


def members_of(network: str) -> set[str]:
    return {name for name, service in services().items() if network in networks_of(service)}


def as_json(value: Any) -> Any:
    """A copy of its own: YAML's merged fragments are shared objects."""
    return json.loads(json.dumps(value))


def test_follows_the_compose_specification() -> None:
    schema = json.loads(SCHEMA.read_text())
    validator = jsonschema.Draft201909Validator(schema)
    assert [error.message for error in validator.iter_errors(as_json(document()))] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["services"]["explorer"].update(comand=["x"]),
        lambda d: d["services"]["explorer"].update(read_only="maybe so"),
        lambda d: d.update(services=[]),
        lambda d: d["networks"]["links"].update(internal=["yes"]),
    ],
)
def test_schema_check_can_fail(spoil: Any) -> None:
    spoiled = as_json(document())
    spoil(spoiled)
    schema = json.loads(SCHEMA.read_text())
    assert list(jsonschema.Draft201909Validator(schema).iter_errors(spoiled))


def test_has_no_duplicate_keys() -> None:
    """PyYAML keeps the last of two equal keys silently; Compose refuses the file."""

    def check(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if key.value != "<<"]
            assert len(keys) == len(set(keys)), keys
        for child in node.value if isinstance(node.value, list) else []:
            for part in child if isinstance(child, tuple) else (child,):
                check(part)

    check(yaml.compose(compose.COMPOSE_FILE.read_text()))


def test_its_commands_are_those_that_demo_and_tests_run_as_processes() -> None:
    listed = {command[1:] for command in compose.own_commands().values()}
    listed.remove(("coordinator", "migrate"))
    assert {
        command[: len(own)] for own in COMMANDS.values() for command in listed if command[: len(own)] == own
    } == set(COMMANDS.values())
    assert all(any(command[: len(own)] == own for own in COMMANDS.values()) for command in listed)


def test_lists_exactly_our_commands() -> None:
    assert compose.own_commands() == {
        "coordinator-migrate": ("tally", "coordinator", "migrate"),
        "coordinator-api": ("tally", "coordinator", "api"),
        "coordinator-engine": ("tally", "coordinator", "engine"),
        "explorer": ("tally", "explorer"),
        **dict.fromkeys(sorted(NODES), ("tally", "node", "run", "--state", "/state")),
    }


@pytest.mark.parametrize(
    ("service", "settings"),
    [("coordinator-api", ApiSettings), ("coordinator-engine", EngineSettings), ("explorer", ExplorerSettings)],
)
def test_every_setting_exists_and_none_is_missing(service: str, settings: type[BaseSettings]) -> None:
    """A misspelt variable would be ignored silently, and a missing one found only in production."""
    given = {name.removeprefix("TALLY_").lower() for name in compose.own_environment(service)}
    assert given <= set(settings.model_fields)
    assert {name for name, field in settings.model_fields.items() if field.is_required()} <= given


def test_every_container_is_hardened() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] == "${TALLY_UID:-1000}:${TALLY_GID:-1000}", name
        assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service), name


def test_every_lasting_service_says_whether_it_is_well() -> None:
    assert {name for name, service in services().items() if "healthcheck" not in service} == {"coordinator-migrate"}


def test_database_is_reached_by_coordinator_and_explorer_only() -> None:
    assert members_of("database") == {"postgres", "explorer", *COORDINATOR}
    assert document()["networks"]["database"]["internal"] is True
    assert networks_of(services()["postgres"]) == {"database"}
    assert "ports" not in services()["postgres"]


def test_party_nodes_share_nothing_with_the_database_or_each_other() -> None:
    all_services = services()
    for name in NODES:
        node = all_services[name]
        assert not any("database" in str(item) for item in (*node["networks"], *node["secrets"]))
        sources = {volume.rsplit(":/", 1)[0] for volume in node["volumes"]}
        others = {
            volume.rsplit(":/", 1)[0]
            for other, service in all_services.items()
            if other != name
            for volume in service.get("volumes", [])
        }
        assert not sources & others, name
    held = [secret["source"] for name in NODES for secret in all_services[name]["secrets"]]
    assert len(held) == len(set(held)), "two nodes hold the same secret"


def test_every_container_is_bounded() -> None:
    for name, service in services().items():
        assert service["pids_limit"] <= 1024, name
        assert service["mem_limit"], name


def test_metrics_are_reached_by_the_monitor_alone() -> None:
    told = {name for name in services() if "TALLY_METRICS_PORT" in compose.own_environment(name)}
    assert told == {"coordinator-api", "coordinator-engine", "explorer"}
    assert members_of("monitor") == {*told, "prometheus"}
    assert document()["networks"]["monitor"]["internal"] is True
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    ports = {name: compose.own_environment(name)["TALLY_METRICS_PORT"] for name in told}
    assert {target for item in job["static_configs"] for target in item["targets"]} == {
        f"{name}:{port}" for name, port in ports.items()
    }
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert not [port for port in published if port.rsplit(":", 1)[1] in ports.values()]


def test_each_node_reads_its_own_members_validator() -> None:
    for member in ("hospital", "laboratory", "exchange"):
        assert members_of(f"rpc-{member}") == {f"node-{member}", f"validator-{member}"}


def test_only_loopback_ports_are_published() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_are_files_and_never_environment() -> None:
    known = document()["secrets"]
    assert all(set(entry) == {"file"} for entry in known.values())
    used: set[str] = set()
    for service in services().values():
        for secret in service.get("secrets", []):
            used.add(secret if isinstance(secret, str) else secret["source"])
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|TOKEN|DATABASE_URL|BROKER", key):
                assert key.endswith("_FILE"), key
                assert value.startswith("/run/secrets/"), key
    assert used == set(known)


def test_images_name_no_registry_and_a_version() -> None:
    for service in services().values():
        image, _, tag = service["image"].partition(":")
        assert "." not in image.split("/")[0]
        assert re.match(r"v?\d+\.\d+", tag), service["image"]
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("FROM "):
            assert "/" not in line.split()[1]
        assert "://" not in line


def test_every_service_of_ours_runs_the_image_of_its_commands_role() -> None:
    for name, command in compose.own_commands().items():
        role, build = ROLES[f"cli.{command[1]}"], services()[name]["build"]
        assert services()[name]["image"].startswith(f"tallystick-{role}:"), name
        assert build == {"context": ".", "args": {"ROLE": role}}, name
        assert (ROOT / "requirements" / f"{role}.lock").is_file()


def test_validator_addresses_are_the_generators() -> None:
    subnet = document()["networks"]["validators"]["ipam"]["config"][0]["subnet"]
    assert subnet == besu.DEFAULT_NETWORK
    in_file = [
        services()[f"validator-{member}"]["networks"]["validators"]["ipv4_address"]
        for member in ("platform", "hospital", "laboratory", "exchange")
    ]
    assert in_file == [validator.host for validator in besu.draw_validators(4)]


def test_validators_follow_their_genesis() -> None:
    command = services()["validator-platform"]["command"]
    assert f"--p2p-port={besu.P2P_PORT}" in command
    assert "--min-gas-price=0" in command
    allowed = next(option for option in command if option.startswith("--host-allowlist="))
    names = set(allowed.partition("=")[2].split(","))
    assert names == {"localhost", *(name for name in services() if name.startswith("validator-"))}


def test_image_holds_every_package() -> None:
    """A package that pyproject builds and the Dockerfile forgets would fail only in production."""
    pyproject = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"packages = \[(.*?)\]", pyproject, re.DOTALL)
    assert block
    packages = set(ast.literal_eval(f"[{block.group(1)}]"))
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert packages | {"requirements"} == {
        line.split()[1] for line in dockerfile.splitlines() if re.match(r"COPY (\w+) \1$", line)
    }
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{package}" for package in packages | {"requirements"}} <= set(ignored)
    assert "--require-hashes" in dockerfile


def test_generated_state_has_every_file_that_compose_mounts(tmp_path: Path) -> None:
    state = tmp_path / "state"
    generate.generate(state, 1_700_000_000)
    prefix = "${TALLY_STATE:-./state/compose}/"
    for secret in document()["secrets"].values():
        path = state / secret["file"].removeprefix(prefix)
        assert path.is_file(), secret
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for service in services().values():
        for volume in service.get("volumes", []):
            if volume.startswith(prefix):
                folder = state / volume.removeprefix(prefix).split(":", 1)[0]
                assert folder.is_dir(), volume
                assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            else:
                assert (ROOT / volume.split(":", 1)[0]).is_file(), volume


def test_generated_secrets_differ_and_are_not_overwritten(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    generate.generate(first, 1)
    generate.generate(second, 1)
    for path in (first / "secrets").iterdir():
        assert path.read_bytes() != (second / "secrets" / path.name).read_bytes(), path.name
    with pytest.raises(RefusedError, match=r"deploy\.folder_in_use"):
        generate.generate(first, 1)


def test_generator_prints_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([str(tmp_path / "state")]) == 0
    said = capsys.readouterr().out
    assert not any(p.read_text().strip() in said for p in (tmp_path / "state" / "secrets").iterdir())
    assert generate.main([str(tmp_path / "state")]) == 2


def test_broker_gives_each_party_its_own_host_only() -> None:
    salt = b"salt"
    users = ("coordinator", "issuer", "hospital", "lab-1")
    hashes = {user: rights.rabbitmq_hash(f"pw-{user}", salt) for user in users}
    found: dict[str, Any] = broker.definitions(hashes)
    assert {(p["user"], p["vhost"]) for p in found["permissions"]} == {
        ("hospital", "party-hospital"),
        ("lab-1", "party-lab-1"),
        ("coordinator", "party-hospital"),
        ("coordinator", "party-lab-1"),
    }
    tags = {user["name"]: user["tags"] for user in found["users"]}
    assert tags == {"coordinator": [], "hospital": [], "lab-1": [], "issuer": ["administrator"]}
    for permission in found["permissions"]:
        queue = queue_of(permission["vhost"].removeprefix("party-"))
        for kind in ("configure", "write", "read"):
            assert re.search(permission[kind], queue)
            assert not re.search(permission[kind], queue + "x")
            assert not re.search(permission[kind], queue.replace(".", "_"))
        assert bool(re.search(permission["write"], "amq.default")) is (permission["user"] == "coordinator")
    assert {(q["name"], q["vhost"], q["durable"]) for q in found["queues"]} == {
        ("party.hospital", "party-hospital", True),
        ("party.lab-1", "party-lab-1", True),
    }


def test_broker_password_hash_is_rabbitmqs() -> None:
    """The worked example of https://www.rabbitmq.com/docs/passwords: salt 908D C60A, password "test12"."""
    assert (
        rights.rabbitmq_hash("test12", bytes.fromhex("908DC60A")) == "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR"
    )


def test_broker_urls_open_what_the_definitions_hash(tmp_path: Path) -> None:
    state = tmp_path / "state"
    generate.generate(state, 1)
    users = {
        user["name"]: base64.b64decode(user["password_hash"])
        for user in json.loads((state / "secrets" / "rabbitmq_definitions").read_text())["users"]
    }
    for party in generate.PARTIES:
        for name, text in (
            (party, (state / "secrets" / f"broker_url_{party}").read_text()),
            ("coordinator", BrokerAddresses.load(state / "secrets" / "brokers").of(party).url),
        ):
            match = re.fullmatch(r"amqp://([a-z]+):([0-9a-f]+)@rabbitmq:5672/party-([a-z]+)", text)
            assert match
            user, password, host = match.groups()
            assert (user, host) == (name, party)
            stored = users[user]
            assert hashlib.sha256(stored[:4] + password.encode()).digest() == stored[4:]


def test_the_coordinator_administers_the_generated_broker(tmp_path: Path) -> None:
    state = tmp_path / "state"
    generate.generate(state, 1)
    found = issuing.load(state / "secrets" / "broker_admin")
    assert isinstance(found.users, issuing.RabbitUsers)
    assert (found.users.user, found.nodes.place) == (broker.ISSUER, "rabbitmq:5672")
    assert found.users.password not in repr(found)
    assert (ROOT / "deploy" / "rabbitmq-plugins").read_text() == "[rabbitmq_management].\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_role_script_parses_and_holds_no_password() -> None:
    script = ROOT / "deploy" / "postgres-roles.sh"
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=scaled(10))
    assert stat.S_IMODE(script.stat().st_mode) & 0o111
    assert not re.search(r"PASSWORD '", script.read_text())
