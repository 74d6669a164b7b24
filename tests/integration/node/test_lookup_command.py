"""`tally lookup` between two people: one makes a list of a data set of its node and serves it, the other fetches, asks and checks."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from typer.testing import CliRunner

from cli.lookup import app
from protocol.errors import RefusedError, TallyError, VerificationError
from tests.patience import until
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


@contextmanager
def serving_process(state: Path, askers: Path) -> Iterator[int]:
    """`tally lookup serve` as a process of its own; its port."""
    words = [
        sys.executable,
        "-c",
        "from cli.main import main; main()",
        "lookup",
        "serve",
        "--state",
        str(state),
        "--askers",
        str(askers),
    ]
    log = state.parent / "serve.log"
    with log.open("w") as out, subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            until(
                60,
                "the port that it serves at",
                lambda: process.poll() is not None or re.search(r"127\.0\.0\.1:\d+", log.read_text()),
                detail=log.read_text,
            )
            found = re.search(r"127\.0\.0\.1:(\d+)", log.read_text())
            assert found is not None
            yield int(found[1])
        finally:
            process.terminate()


@pytest.fixture
def people(tmp_path: Path) -> tuple[Path, NodeKeys, Path, NodeKeys, str]:
    (bank, bank_keys), (shop, shop_keys) = node(tmp_path, "bank"), node(tmp_path, "shop")
    reference = draw_reference("blacklist")
    store(bank, bank_keys, reference, LISTED, 1)
    (tmp_path / "askers.toml").write_text(
        f'[[asker]]\nparty = "shop"\nkey = "0x{shop_keys.node_public.hex()}"\nper_minute = 60\nper_period = 1000\n'
    )
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


@pytest.mark.slow
def test_one_serves_and_the_other_asks(people: tuple[Path, NodeKeys, Path, NodeKeys, str]) -> None:
    bank, bank_keys, shop, _, reference = people
    folder = bank.parent
    ran("make", "blacklist", "--state", bank, "--data-set", reference, "--label", "reason")
    with serving_process(bank, folder / "askers.toml") as port:
        holders = folder / "holders.toml"
        holders.write_text(
            f'[[holder]]\nparty = "bank"\nkey = "0x{bank_keys.node_public.hex()}"\nhost = "127.0.0.1"\nport = {port}\nlist = "blacklist"\n'
        )
        assert "1024 cells" in ran("fetch", "--state", shop, "--holders", holders)
        told = ran("ask", "A001", "A777", "--state", shop, "--holders", holders, "--receipts", folder / "receipts")
        assert "A001: listed 已列入 overdue" in told
        assert "A777: not listed 未列入" in told
    (receipt,) = (folder / "receipts").iterdir()
    checked = ran("check", receipt, "--key", f"0x{bank_keys.node_public.hex()}")
    assert "bank: question 问题 1" in checked
    logged = (folder / "serve.log").read_text()
    assert not any(word in logged for word in ("A001", "A777", "overdue", "Traceback"))
    with mock.patch("workers.lookup.desk.time.time", return_value=4_000_000_000.0):
        late = RUNNER.invoke(app, ["ask", "A001", "--state", str(shop), "--holders", str(holders)])
    assert late.exit_code == 1
    assert "lookup.period_over" in late.output
