"""`tally opening verify` offline: with the bundle of a task over the version, the trust root, and the request's own key."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from typer.testing import CliRunner

from cli.main import app
from protocol import bundle, canonical, dsse, ids, openings, sealing
from protocol.catalogue import Column as Described
from protocol.catalogue import DataSetDescriptor
from protocol.errors import TallyError
from protocol.openings import OpenedRows, OpeningAnswer, OpeningRequest, RowsOpened, SignedRequest
from protocol.programs import Words
from protocol.rows import InputTree, RowHasher
from protocol.table import Column, Row, Schema
from protocol.trust import Trust
from tests.unit.protocol.simulated_task import SimulatedTask

SCHEMA = Schema((Column("age", "integer"), Column("note", "text"), Column("patient", "id")))
HASHER = RowHasher(SCHEMA, bytes(range(32)))
ROWS: list[Row] = [(str(i), f"\x1b[2Jn{i}", f"p{i}") for i in range(500)]
HASHES = [HASHER.row_hash(number, row) for number, row in enumerate(ROWS)]
TREE = InputTree(HASHES)
KEY = X25519PrivateKey.from_private_bytes(b"\x31" * 32)
PASSPHRASE = b"a passphrase for the tests"
PLACE = 250
NUMBER = HASHES.index(TREE.row_hash(PLACE))


def description(story: SimulatedTask) -> DataSetDescriptor:
    item, words = story.contract.inputs[0], Words("x", "x")
    kinds = {"id": "identifier"}
    columns = tuple(Described(c.name, kinds.get(c.kind, c.kind), words, nullable=False) for c in SCHEMA.columns)
    return DataSetDescriptor(item.data_set, item.version, item.owner, words, columns, 500, 3, ())


class WithRows(SimulatedTask):
    """The honest story, whose first data set is registered with rows that there are."""

    def _register(self) -> None:
        item = self.contract.inputs[0]
        self.roots[item.data_set] = TREE.root()
        self.schemas[item.data_set] = description(self).digest()
        super()._register()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    story, folder = WithRows().complete(), tmp_path_factory.mktemp("auditor")
    item = story.contract.inputs[0]
    message = OpeningRequest(
        "regulator", item.owner, item.data_set, item.version, TREE.root(), 500, (PLACE,), (), ("age", "note"), "a case",
        KEY.public_key().public_bytes_raw(), 1_900_000_000, 1,
    )  # fmt: skip
    digest = message.digest(story.trust.domain("DataSets"))
    opening = TREE.open_cells(HASHER, NUMBER, ROWS[NUMBER], message.columns)
    rows = OpenedRows(digest, description(story).data(), SCHEMA, (opening,), ())
    said = RowsOpened(
        digest, "regulator", item.owner, ids.on_chain(item.data_set), item.version, TREE.root(), 1, 2,
        canonical.sha256(rows.data()), 1_800_000_000,
    )  # fmt: skip
    envelope = dsse.sign(said.serialise(), story.public[item.owner], story.nodes[item.owner].sign)
    sealed = sealing.seal(message.seal_key, openings.seal_info(digest, envelope), rows.data())
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    for name, data in {
        "ask.json": SignedRequest(message, bytes(65)).data(),
        "ask.json.key": key,
        "answer.json": OpeningAnswer(digest, envelope, sealed).data(),
        "bundle.zip": bundle.build(story.material()),
        "trust.json": story.pinned.data(),
        "headless.json": story.trust.data(),
        "passphrase": PASSPHRASE + b"\n",
        "other": b"another passphrase of no use",
    }.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(data)
    return folder


def ran(folder: Path, *words: str, trust: str = "trust.json", passphrase: str = "passphrase", status: int = 0) -> str:
    done = CliRunner().invoke(
        app,
        [
            "opening", "verify", str(folder / "ask.json"), str(folder / "answer.json"), "--bundle", str(folder / "bundle.zip"),
            "--trust", str(folder / trust), "--key-passphrase-file", str(folder / passphrase), *words,
        ],
    )  # fmt: skip
    if isinstance(done.exception, TallyError):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def test_rows_are_shown_that_the_bundle_proves(files: Path) -> None:
    said = ran(files)
    assert said.count("holds") == 5
    assert said.splitlines()[-1].split()[:2] == [str(PLACE), str(NUMBER)]
    assert "\x1b" not in said  # a cell tells the terminal nothing
    assert "\\u001b[2Jn" in said
    assert ran(files, "--lang", "zh").count("成立") >= 5


def test_json_and_csv_hold_the_cells_as_they_are(files: Path, tmp_path: Path) -> None:
    document = json.loads(ran(files, "--json", "--out", str(tmp_path / "rows.csv")))
    assert document["rows"] == [{"place": PLACE, "cells": {"age": str(NUMBER), "note": f"\x1b[2Jn{NUMBER}"}}]
    assert (tmp_path / "rows.csv").read_text() == f"place,age,note\n{PLACE},{NUMBER},\x1b[2Jn{NUMBER}\n"
    assert (tmp_path / "rows.csv").stat().st_mode & 0o777 == 0o600


def test_without_a_trusted_head_no_row_is_shown(files: Path) -> None:
    said = ran(files, trust="headless.json", status=2)
    assert "cannot" in said
    assert f"n{NUMBER}" not in said
    assert Trust.read((files / "headless.json").read_bytes()).head is None


def test_the_key_opens_with_its_passphrase_only(files: Path) -> None:
    with pytest.raises(TallyError) as refused:
        ran(files, passphrase="other")
    assert refused.value.code == "opening.key_file"
