import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.deploy import Artifact, create_address, load_artifact
from chain.deployment import CONTRACTS, Deployment
from protocol import trust
from protocol.errors import FormatError

HASH = "0x" + "ab" * 32
DEPLOYMENT = Deployment(
    chain_id=7,
    deployment_id=HASH,
    genesis_hash=HASH,
    contracts=dict.fromkeys(CONTRACTS, "0x52908400098527886E0F7030069857D2E4169EE7"),
    runtime_code_hashes=dict.fromkeys(CONTRACTS, HASH),
    confirmations=2,
    deployed_block=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.integers(1, 2**64 - 1), st.integers(0, 1_000), st.integers(0, 2**64 - 1), st.binary(min_size=32, max_size=32))
def test_a_saved_deployment_is_loaded_equal(
    tmp_path: Path, chain_id: int, confirmations: int, block: int, identifier: bytes
) -> None:
    deployment = replace(
        DEPLOYMENT,
        chain_id=chain_id,
        confirmations=confirmations,
        deployed_block=block,
        deployment_id=f"0x{identifier.hex()}",
    )
    deployment.save(tmp_path / "deployment.json")
    assert Deployment.load(tmp_path / "deployment.json") == deployment


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chain_id", 0),
        ("chain_id", "7"),
        ("chain_id", True),
        ("confirmations", -1),
        ("confirmations", 1_001),
        ("deployed_block", 1.5),
        ("deployment_id", "0x" + "AB" * 32),
        ("genesis_hash", "ab" * 32),
        ("contracts", {}),
        ("contracts", dict.fromkeys(CONTRACTS, "0x" + "ab" * 20)),
        ("contracts", dict.fromkeys((*CONTRACTS, "Other"), "0x52908400098527886E0F7030069857D2E4169EE7")),
        ("runtime_code_hashes", dict.fromkeys(CONTRACTS, "0x")),
        ("unknown", 1),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(json.dumps({**json.loads(DEPLOYMENT.to_json()), field: value}))
    with pytest.raises(FormatError):
        Deployment.load(path)


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "{"])
def test_what_is_no_deployment_file_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(content)
    with pytest.raises(FormatError) as caught:
        Deployment.load(path)
    assert caught.value.code == "deployment.malformed"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        Deployment.load(tmp_path / "none.json")
    assert caught.value.code == "deployment.missing"


def test_it_cannot_be_changed_afterwards() -> None:
    with pytest.raises(TypeError):
        DEPLOYMENT.contracts["Tasks"] = "0x"  # type: ignore[index]


def test_it_gives_domain_and_trust_root() -> None:
    domain = DEPLOYMENT.domain("Tasks")
    assert (domain.chain_id, domain.salt) == (7, bytes.fromhex(HASH[2:]))
    root = trust.Trust.read(DEPLOYMENT.trust().data())
    assert root == DEPLOYMENT.trust()
    assert root.confirmations == 2


def test_contract_addresses_are_known_beforehand() -> None:
    # Known values: https://ethereum.stackexchange.com/a/761
    sender = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"
    assert create_address(sender, 0).lower() == "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert create_address(sender, 1).lower() == "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"


def test_code_is_compared_without_what_the_constructor_filled_in() -> None:
    artifact = Artifact("Test", (), b"", bytes.fromhex("60006000"), ((1, 1),))
    assert artifact.explains(bytes.fromhex("60ff6000"))
    assert not artifact.explains(bytes.fromhex("60ff60ff"))
    assert not artifact.explains(bytes.fromhex("60ff600000"))
    assert not artifact.explains(b"")


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_committed_artifact_can_be_deployed(name: str) -> None:
    artifact = load_artifact(name)
    assert artifact.bytecode.endswith(artifact.runtime[-32:])
    assert all(start + length <= len(artifact.runtime) for start, length in artifact.immutables)
