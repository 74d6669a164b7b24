"""An auditor asks, an owner opens, the auditor checks: by their commands, on a real chain."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from scitt_cose import extract_receipts, parse_signed_statement, verify_receipt

from protocol.errors import TallyError
from protocol.openings import OpeningAnswer
from tests.integration.chain.conftest import started
from tests.integration.chain.test_acts import Consortium
from tests.integration.node.test_timestamps import Authority, at_a_port
from workers.node import Node, open_node


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """For all tests here, each of which asks for rows of a data set of its own."""
    with started(tmp_path_factory.mktemp("chain")) as node:
        yield Consortium(tmp_path_factory.mktemp("consortium"), node.url)


@contextmanager
def running(state: Path) -> Iterator[Node]:
    """The owner's node as far as this needs it: it holds the lock and the log, and looks for what is owed to it."""
    ended = threading.Event()
    with open_node(state) as node:

        def loop() -> None:
            while not ended.wait(0.05):
                node.evidence.log_openings()

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield node
        finally:
            ended.set()
            thread.join()


def auditor(consortium: Consortium, *words: object, wallet: str = "certifier", **options: Any) -> str:
    """`tally opening`, by the certifier."""
    acting = (*consortium.acting(wallet), "--party", "certifier", "--deployment", str(consortium.file))
    secret = ("--key-passphrase-file", str(consortium.passphrase))
    return consortium.run("opening", *acting, *map(str, words), *secret, **options)


def asked_of(consortium: Consortium, data_set: str, file: Path, *words: object, wallet: str = "certifier") -> None:
    """A request to the hospital."""
    auditor(
        consortium, "request", file, "--rpc", consortium.url, "--owner", "hospital", "--data-set", data_set, "--purpose",
        "a sample", *words, wallet=wallet,
    )  # fmt: skip


def test_a_certifier_asks_and_checks_what_the_owner_opened(consortium: Consortium) -> None:
    folder, data_set = consortium.folder, consortium.data_set("hospital")

    opening, asked = partial(auditor, consortium), partial(asked_of, consortium, data_set)
    request, answer = folder / "request.json", folder / "answer.json"
    asked(request, "--sample", 1, "--key", "p2", "--column", "patient", "--column", "age")
    with pytest.raises(TallyError, match=r"disk\.exists"):
        asked(request, "--row", 0, "--column", "age")
    assert "什么也没有做" in consortium.node(
        "hospital", "dataset", "open", str(request), "--out", str(answer), answer="n\n", status=1
    )
    assert not answer.exists()
    assert consortium.node("hospital", "dataset", "opened") == ""

    shown = consortium.node("hospital", "dataset", "open", str(request), "--out", str(answer), answer="y\n")
    assert "certifier of the registry" in shown
    assert "p2" in shown
    assert "a sample" in shown
    assert "certifier: " in consortium.node("hospital", "dataset", "opened")

    rows = folder / "rows.csv"
    said = opening("verify", request, answer, "--rpc", consortium.url, "--out", rows)
    assert said.count("holds") == 5
    assert "p2,40" in [",".join(reversed(line.split(",")[1:])) for line in rows.read_text().splitlines()]
    document = json.loads(opening("verify", request, answer, "--rpc", consortium.url, "--json"))
    assert document["exit_code"] == 0
    assert document["statement"]["asker"] == "certifier"

    second = folder / "second.json"
    asked(second, "--row", 1, "--column", "age")
    assert "FAILS" in opening(
        "verify", second, answer, "--rpc", consortium.url, status=1
    )  # the answer to another request
    stolen = folder / "stolen.json"
    asked(stolen, "--row", 1, "--column", "age", wallet="other")
    with pytest.raises(TallyError, match=r"opening\.signature"):
        consortium.node("hospital", "dataset", "open", str(stolen), "--out", str(folder / "x.json"), "--yes")
    for words, code in (
        (("--row", 2, "--column", "age"), r"opening\.outside"),
        (("--sample", 3, "--column", "age"), r"opening\.rows"),
        (("--column", "age"), r"opening\.rows"),
    ):
        with pytest.raises(TallyError, match=code):
            asked(folder / "none.json", *words)
    assert not (folder / "none.json.key").exists()

    beside = folder / "beside.json"
    with running(consortium.nodes["hospital"]) as node:
        consortium.node("hospital", "dataset", "open", str(second), "--out", str(beside), "--yes")
        assert node.evidence.head()[0] == 2  # handed to the node that runs: its log has one writer
    assert opening("verify", second, beside, "--rpc", consortium.url).count("holds") == 5


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the local authority is made with openssl")
def test_an_opening_is_exported_and_the_log_time_stamped(consortium: Consortium, tmp_path: Path) -> None:
    data_set, owner = consortium.data_set("hospital"), partial(consortium.node, "hospital")
    request, answer = tmp_path / "request.json", tmp_path / "answer.json"
    asked_of(consortium, data_set, request, "--row", 0, "--column", "age")
    owner("dataset", "open", str(request), "--out", str(answer), "--yes")
    about = f"0x{OpeningAnswer.read(answer.read_bytes()).request.hex()}"
    out, stamped = tmp_path / "statements", tmp_path / "stamped"
    with open_node(consortium.nodes["hospital"]) as node:
        node.evidence.publish()
    assert "1 statements of tallystick/" in owner("scitt", about, "--out", str(out))
    (file,) = out.glob("*.scitt")
    key = (out / "node-key.pem").read_bytes()
    said: Any = parse_signed_statement(file.read_bytes(), public_key_pem=key)
    (receipt,) = extract_receipts(file.read_bytes())
    assert said["subject"] == about
    assert verify_receipt(receipt, leaf_entry_hex=said["payload"].hex(), log_public_key_pem=key).ok
    with pytest.raises(TallyError, match=r"scitt\.nothing"):
        owner("scitt", f"task_{'0' * 64}", "--out", str(tmp_path / "none"))

    authority = Authority(tmp_path / "authority")
    with at_a_port(authority.answer) as url:
        told = owner("timestamp", "--tsa", url, "--roots", str(authority.folder / "root.pem"), "--out", str(stamped))
    command = told.splitlines()[-1].split()
    assert command[0] == "openssl"
    authority.openssl(*command[1:])
