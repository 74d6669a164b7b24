"""The evidence page's own programs check a real bundle, and notice a changed one; its tables equal the code."""

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol import bundle, canonical, verify_opening, verify_receipt
from protocol.checkpoint import Origin
from protocol.verify import TITLES
from protocol.verify_statements import CLAIMED
from tests.unit.protocol.simulated_task import SimulatedTask
from workers import scitt
from workers.keystore import NodeKeys
from workers.log import EvidenceLog, published

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "evidence.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def story() -> SimulatedTask:
    return SimulatedTask().complete()


@pytest.fixture
def folder(story: SimulatedTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bundle.zip").write_bytes(bundle.build(story.material()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(number: int) -> dict[str, Any]:
    names: dict[str, Any] = {"base64": base64}
    exec(PROGRAMS[number], names)
    return names


def test_there_are_four_programs() -> None:
    assert len(PROGRAMS) == 4


@pytest.mark.parametrize("number", [0, 1])
def test_programs_accept_an_honest_bundle(folder: Path, number: int) -> None:
    run(number)


def test_hashes_notice_a_changed_file(folder: Path) -> None:
    data = (folder / "bundle.zip").read_bytes()
    at = data.index(b'"purpose"') + 12
    # the zip's own checksum would notice first: make the change whole, so that the manifest has to
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(data[at : at + 4], b"XXXX") if name == "contract.json" else content)
    (folder / "bundle.zip").write_bytes(out.getvalue())
    with pytest.raises(AssertionError):
        run(0)


def test_roots_notice_a_changed_proof(story: SimulatedTask, folder: Path) -> None:
    material = story.material()
    log = material.logs[0]
    entry = log.entries[0]
    bad = canonical.parse(canonical.dumps(log.to_json()))
    bad["entries"][0]["proof"][0] = "0x" + "00" * 32
    assert entry.proof
    with zipfile.ZipFile(folder / "bundle.zip", "w") as archive:
        archive.writestr(f"logs/{log.party}.json", canonical.dumps(bad))
    with pytest.raises(AssertionError):
        run(1)


def test_signatures_of_every_envelope_verify_and_others_do_not(story: SimulatedTask) -> None:
    check = run(2)["check"]
    for log in story.material().logs:
        for entry in log.entries:
            envelope = canonical.parse(entry.envelope)
            check(envelope, story.public[log.party])
            with pytest.raises(InvalidSignature):
                check(envelope, story.public["regulator"])


def test_steps_are_the_codes_own() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert [(int(n), english, chinese) for n, english, chinese in rows] == [
        (number, title.english, title.chinese)
        for titles in (TITLES, verify_opening.TITLES, verify_receipt.TITLES)
        for number, title in enumerate(titles, start=1)
    ]


def test_a_transparent_statement_is_read_by_others_as_the_page_says(tmp_path: Path) -> None:
    keys = NodeKeys.draw()
    origin = Origin(b"\2" * 32, 31337, "hospital", 0)
    log = EvidenceLog(tmp_path / "log", origin, keys.node_public, keys.sign)
    log.append([b"one", b"two", b"three"])
    log.publish()
    log.close()
    data = scitt.transparent(keys, published(log.folder, origin, keys.node_public), 1, "task_x")
    key = keys.node_private().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    check = run(3)["check_transparent"]
    check(data, key)
    with pytest.raises(AssertionError):
        check(data.replace(b"two", b"tow"), key)


def test_the_page_names_what_is_a_node_s_own_word() -> None:
    table = PAGE.split("| field | why nothing can be compared with it |")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`(.*?)`", cell)} == set(CLAIMED)
