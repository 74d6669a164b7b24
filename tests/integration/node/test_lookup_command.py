"""`tally lookup` on one's own: a list is made of a data set of the node, added to, and checked. Asking takes a session on a chain
(`tests/integration/chain/test_session_command.py`).
"""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.lookup import app
from protocol.errors import RefusedError, TallyError, VerificationError
from tests.unit.workers.lookup.bank import LISTED, SCHEMA
from workers import keystore
from workers.config import NodeConfig
from workers.data_sets import DataSetStore, draw_reference
from workers.keystore import NodeKeys
from workers.node import KEYS
from workers.sources.schema import Schema
from workers.vault import Vault

RUNNER = CliRunner()


def node(folder: Path, party: str) -> tuple[Path, NodeKeys]:
    """A node's state folder, as `tally node init` makes it, with keys that open faster."""
    state, passphrase = folder / party, folder / f"{party}.passphrase"
    keystore.create_passphrase(passphrase)
    state.mkdir(mode=0o700)
    NodeConfig(party, "https://x", "http://x", "", "", str(passphrase), "0x" + "00" * 20, "", 0, "", 0).save(state)
    return state, keystore.create(state / KEYS, keystore.read_passphrase(passphrase, state), work=2**14)


def store(state: Path, keys: NodeKeys, reference: str, rows: dict[str, str], version: int) -> None:
    file = state.parent / f"{version}.csv"
    file.write_text("person,reason\n" + "".join(f"{person},{reason}\n" for person, reason in rows.items()), "utf-8")
    DataSetStore(state / "data", Vault(keys.storage_key)).add(
        file, Schema.parse(SCHEMA), reference, version, "contract"
    )


def ran(*words: object) -> str:
    result = RUNNER.invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


@pytest.fixture
def people(tmp_path: Path) -> tuple[Path, NodeKeys, Path, NodeKeys, str]:
    (bank, bank_keys), (shop, shop_keys) = node(tmp_path, "bank"), node(tmp_path, "shop")
    reference = draw_reference("blacklist")
    store(bank, bank_keys, reference, LISTED, 1)
    return bank, bank_keys, shop, shop_keys, reference


def test_a_holder_makes_adds_and_checks_its_mirror(people: tuple[Path, NodeKeys, Path, NodeKeys, str]) -> None:
    bank, keys, _, _, reference = people
    made = ran("make", "blacklist", "--state", bank, "--data-set", reference, "--label", "reason", "--hours", 2)
    assert "bank blacklist mirror 镜像 1: 1024 cells" in made
    store(bank, keys, reference, {"A001": "paid", "A008": "new"}, 2)
    added = ran("add", "blacklist", "--state", bank, "--version", 2)
    assert "additions 增量 2: 64 cells" in added
    assert "2 added or changed" in added
    assert "2 left the list" in added
    files = sorted((bank / "lookup").rglob("*.mirror"))
    checked = ran("check", *files, "--key", f"0x{keys.node_public.hex()}")
    assert set(re.findall("0x[0-9a-f]{64}", made + added)) == set(re.findall("0x[0-9a-f]{64}", checked))
    with pytest.raises(VerificationError, match=r"dsse\.other_key"):
        ran("check", *files, "--key", "0x" + "07" * 32)
    with pytest.raises(RefusedError, match=r"data_set\.unknown"):
        ran("make", "blacklist", "--state", bank, "--data-set", draw_reference("other"))


def test_a_file_that_is_no_toml_is_refused(people: tuple[Path, NodeKeys, Path, NodeKeys, str]) -> None:
    _, _, shop, _, _ = people
    for text in ("[[holder", "x = 1"):
        (shop.parent / "holders.toml").write_text(text)
        with pytest.raises(TallyError):
            ran("fetch", "--state", shop, "--holders", shop.parent / "holders.toml")
