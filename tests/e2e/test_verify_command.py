"""`tally verify` as a regulator runs it: a process of its own, without a network."""

import io
import json
import random
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest

from chain.child import plain_environment
from chain.endpoint import Endpoint
from protocol.verify import verify
from tests.e2e.conftest import Run
from tests.patience import scaled

TALLY = Path(sys.executable).with_name("tally")
_POSITIONS = 60
_FORBIDDEN = "no network in this test"
_SITECUSTOMIZE = f"""
import socket
from pathlib import Path

Path(__file__).with_name("loaded").touch()

def _refuse(*_args, **_kwargs):
    raise PermissionError({_FORBIDDEN!r})

for _name in ("connect", "connect_ex", "sendto", "sendmsg", "bind"):
    setattr(socket.socket, _name, _refuse)
for _name in ("create_connection", "getaddrinfo", "gethostbyname"):
    setattr(socket, _name, _refuse)
"""
# One process for many files, since most of a process's second is imports: the command's own entry point, call after call.
_MANY = """
import contextlib, io, json, sys
from cli.main import main
found = []
for arguments in json.load(sys.stdin):
    sys.argv, code, out, err = ["tally", "verify", *arguments], None, io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    found.append([code, out.getvalue(), err.getvalue()])
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A call's exit status and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A regulator's folder: the bundle, the trust root elsewhere, and an environment without a network."""

    folder: Path
    bundle: Path
    trust: Path
    environment: dict[str, str]

    def python(self, *arguments: str, given: str = "") -> Said:
        """Python in this environment."""
        return self._run(sys.executable, *arguments, given=given)

    def verify(self, *arguments: str | Path) -> Said:
        """The installed command, in a process of its own."""
        return self._run(str(TALLY), "verify", *map(str, arguments))

    def verify_many(self, calls: Iterable[tuple[str | Path, ...]]) -> list[Said]:
        """Many calls of the command in one process; a traceback of any of them fails here."""
        given = json.dumps([[str(argument) for argument in call] for call in calls])
        found = self.python("-c", _MANY, given=given)
        assert found.code == 0, found.err
        return [Said(*item) for item in json.loads(found.out)]

    def with_network(self) -> "Desk":
        """The same with the network allowed."""
        return replace(self, environment={k: v for k, v in self.environment.items() if k != "PYTHONPATH"})

    def _run(self, *command: str, given: str = "") -> Said:
        found = subprocess.run(
            command, env=self.environment, cwd=self.folder, input=given, capture_output=True, text=True, timeout=scaled(150),
            check=False,
        )  # fmt: skip
        assert "Traceback" not in found.stdout, found.stdout
        return Said(found.returncode, found.stdout, found.stderr)


@pytest.fixture(scope="module")
def desk(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("regulator")
    forbidding = folder / "forbidding"
    forbidding.mkdir()
    (forbidding / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    (folder / "bundle").mkdir()
    path = folder / "bundle" / "evidence.zip"
    path.write_bytes(run.evidence)
    trust = folder / "trust.json"
    trust.write_bytes(run.trust.data())
    environment = plain_environment(COLUMNS="200", PYTHONPATH=str(forbidding))
    return Desk(folder, path, trust, environment)


def test_the_network_is_really_forbidden_here(run: Run, desk: Desk) -> None:
    """Otherwise "offline" below would be an empty word: the same environment cannot reach a port that is open."""
    port = run.system.port("api")
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5).close(); print('reached')"
    assert _FORBIDDEN in desk.python("-c", code).err
    assert desk.with_network().python("-c", code).out == "reached\n"


def test_it_holds_offline_with_a_trust_root(run: Run, desk: Desk) -> None:
    loaded = desk.folder / "forbidding" / "loaded"
    loaded.unlink(missing_ok=True)
    found = desk.verify(desk.bundle, "--trust", desk.trust)
    assert (found.code, found.err) == (0, "")
    assert loaded.exists(), "the command's process did not load what forbids the network"
    assert re.findall(r"(?m)^ *(\d+)\. holds ", found.out) == [str(number) for number in range(1, 10)]
    assert re.findall(r"(?m)^ *(\d+)\. none ", found.out) == ["10"], "nobody aborted"
    assert f"task_{run.task.hex()}" in found.out


def test_it_says_the_same_in_chinese(desk: Desk) -> None:
    (found,) = desk.verify_many([(desk.bundle, "--trust", desk.trust, "--lang", "zh")])
    assert (found.code, found.err) == (0, "")
    assert re.findall(r"(?m)^ *(\d+)\. 成立 ", found.out) == [str(number) for number in range(1, 10)]
    assert re.findall(r"(?m)^ *(\d+)\. 无项目 ", found.out) == ["10"]


def test_json_has_the_ten_steps(run: Run, desk: Desk) -> None:
    found = desk.verify(desk.bundle, "--trust", desk.trust, "--json")
    document = json.loads(found.out)
    assert document["trust_root"] == {"file": str(desk.trust), "sha256": sha256(desk.trust.read_bytes()).hexdigest()}
    assert (found.code, document["exit_code"]) == (0, 0)
    assert (document["task"], document["state"]) == (f"task_{run.task.hex()}", "completed")
    assert [step["number"] for step in document["steps"]] == list(range(1, 11))
    assert [step["outcome"] for step in document["steps"]] == ["holds"] * 9 + ["nothing"]
    assert all(step["title"]["en"] and step["title"]["zh"] and step["detail"]["en"] for step in document["steps"])


def test_without_a_trust_root_it_cannot_say(desk: Desk) -> None:
    """Whatever lies beside the bundle: who gives one gives the other."""
    desk.bundle.with_name("trust.json").write_bytes(desk.trust.read_bytes())
    found = desk.verify(desk.bundle, "--json")
    assert found.code == 2
    assert json.loads(found.out)["trust_root"] is None, "one that lies beside the bundle is no trust root"
    outcomes = [step["outcome"] for step in json.loads(found.out)["steps"]]
    assert outcomes == ["holds", *["cannot"] * 9]


def test_an_unsealed_chain_needs_a_head_or_an_endpoint(run: Run, desk: Desk) -> None:
    """Without the last block's hash nothing binds the headers; an endpoint of one's own can tell it."""
    trust = desk.folder / "headless.json"
    trust.write_bytes(replace(run.trust, head=None).data())
    calls = [(desk.bundle, "--trust", trust), (desk.bundle, "--trust", trust, "--rpc", run.system.rpc_url)]
    assert [found.code for found in desk.with_network().verify_many(calls)] == [2, 0]


def test_another_trust_root_is_not_satisfied(run: Run, desk: Desk) -> None:
    trust, head = run.trust, run.head
    others = {
        "deployment": replace(trust, deployment=bytes(32)),
        "chain": replace(trust, chain_id=trust.chain_id + 1),
        "genesis": replace(trust, genesis_hash=bytes(31) + b"\x01"),
        "head's hash": replace(trust, head=(head[0], bytes(32))),
        "earlier head": replace(trust, head=(head[0] - 1, head[1])),
        "later head": replace(trust, head=(head[0] + 1, head[1])),
        "contracts": replace(trust, contracts=tuple((name, "0x" + "11" * 20) for name, _ in trust.contracts)),
        "Tasks": replace(
            trust, contracts=tuple((n, "0x" + "11" * 20 if n == "Tasks" else a) for n, a in trust.contracts)
        ),
    }
    calls = [(desk.bundle, "--json", "--trust", desk.folder / f"other-{name}.json") for name in others]
    for (*_, path), other in zip(calls, others.values(), strict=True):
        path.write_bytes(other.data())
    for name, found in zip(others, desk.verify_many(calls), strict=True):
        outcomes = [step["outcome"] for step in json.loads(found.out)["steps"]]
        assert found.code in ({1, 2} if name in {"earlier head", "later head"} else {1}), (name, outcomes)
        assert "holds" not in outcomes[1:], name


def test_a_later_head_holds_with_its_path_from_the_coordinator_or_an_endpoint(run: Run, desk: Desk) -> None:
    endpoint = Endpoint(run.system.rpc_url)
    for _ in range(3):
        endpoint._call("evm_mine")
    head = endpoint.head()
    found = endpoint.block_ref(head)
    assert found is not None
    trust, path = desk.folder / "later.json", desk.folder / "path.json"
    trust.write_bytes(replace(run.trust, head=(head, found.hash)).data())
    with run.client("regulator") as client:
        path.write_bytes(client.path(run.task, head))
    wrong = desk.folder / "wrong.json"
    wrong.write_bytes(path.read_bytes().replace(b'"0xf9', b'"0xf8', 1))
    assert [
        said.code
        for said in desk.with_network().verify_many(
            [
                (desk.bundle, "--trust", trust),
                (desk.bundle, "--trust", trust, "--path", path),
                (desk.bundle, "--trust", trust, "--rpc", run.system.rpc_url),
                (desk.bundle, "--trust", trust, "--path", wrong),
            ]
        )
    ] == [2, 0, 0, 1]


def _positions(data: bytes) -> list[int]:
    """Bytes of every kind of place: local and central headers, their names, the end record, and contents."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        first, last = archive.infolist()[0], archive.infolist()[-1]
        directory = archive.start_dir
    end = data.rindex(b"PK\x05\x06")
    chosen = {0, 3, 4, 6, 8, 10, 12, 14, 18, 22, 26, 28, 30, len(data) - 1, len(data) - 2}
    chosen |= {last.header_offset + offset for offset in (0, 5, 9, 15, 19, 27)}
    chosen |= {directory + offset for offset in (0, 4, 5, 8, 12, 16, 20, 24, 28, 32, 36, 38, 40, 42, 46)}
    chosen |= {end + offset for offset in (0, 4, 8, 10, 12, 16, 20)}
    assert first.header_offset == 0
    drawn = random.Random(20240607)
    while len(chosen) < _POSITIONS:
        chosen.add(drawn.randrange(len(data)))
    return sorted(chosen)


def _codes(desk: Desk, paths: Sequence[Path]) -> dict[str, int]:
    """Exit status of each, each with ten steps in its document and nothing on standard error."""
    found = desk.verify_many([(path, "--trust", desk.trust, "--json") for path in paths])
    for said in found:
        assert said.err == ""
        assert len(json.loads(said.out)["steps"]) == 10
    return {path.stem: said.code for path, said in zip(paths, found, strict=True)}


def test_one_byte_changed_anywhere_fails(run: Run, desk: Desk) -> None:
    folder = desk.folder / "changed"
    folder.mkdir()
    paths: list[Path] = []
    for position in _positions(run.evidence):
        data = bytearray(run.evidence)
        data[position] ^= 0x01
        paths.append(folder / f"{position}.zip")
        paths[-1].write_bytes(data)
    control = folder / "unchanged.zip"
    control.write_bytes(run.evidence)
    assert len(paths) >= _POSITIONS
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda part: _codes(desk, part), ([control, *paths[::2]], paths[1::2]))
    codes = {path: code for half in halves for path, code in half.items()}
    assert codes.pop("unchanged") == 0
    assert codes == {path.stem: 1 for path in paths}


def test_a_changed_byte_fails_in_a_process_of_its_own_too(run: Run, desk: Desk) -> None:
    path = desk.folder / "one.zip"
    data = bytearray(run.evidence)
    data[len(data) // 2] ^= 0x80
    path.write_bytes(data)
    found = desk.verify(path, "--trust", desk.trust)
    assert (found.code, found.err) == (1, "")
    assert "FAILS" in found.out


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_byte_by_stride_fails(run: Run) -> None:
    """In process, so that thousands are possible: all of the zip's own structure, and every 19th byte of the rest."""
    data = run.evidence
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        directory = archive.start_dir
        heads = [i.header_offset + n for i in archive.infolist() for n in range(30 + len(i.filename))]
    positions = sorted({*heads, *range(directory, len(data)), *range(0, len(data), 19)})
    assert verify(data, run.trust).exit_code == 0
    unseen: list[int] = []
    for position in positions:
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        if verify(bytes(changed), run.trust).exit_code != 1:
            unseen.append(position)
    assert unseen == []


def _claims_too_much() -> bytes:
    """A zip of a few bytes whose directory claims four gigabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.json", b"{}")
    data = bytearray(out.getvalue())
    central = data.index(b"PK\x01\x02")
    data[central + 20 : central + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)
    return bytes(data)


def _bomb() -> bytes:
    """A zip that inflates to 512 MiB."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("manifest.json", "w") as member,
    ):
        for _ in range(512):
            member.write(bytes(1 << 20))
    return out.getvalue()


def _too_many() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")
    return out.getvalue()


def _nested(data: bytes) -> bytes:
    """The right files with one member's JSON nested beyond any parser's stack."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            new.writestr(item, b"[" * 200_000 if item.filename == "manifest.json" else old.read(item))
    return out.getvalue()


def test_what_is_no_bundle_is_refused_without_a_traceback(run: Run, desk: Desk) -> None:
    junk = {
        "empty": b"",
        "text": "这不是证据包 - this is no bundle\n".encode() * 100,
        "claims": _claims_too_much(),
        "bomb": _bomb(),
        "many": _too_many(),
        "nested": _nested(run.evidence),
        "cut": run.evidence[: len(run.evidence) // 2],
        "tail": run.evidence + b"\0",
        "head": b"\0" + run.evidence,
    }
    paths: list[Path] = []
    for name, data in junk.items():
        paths.append(desk.folder / f"junk-{name}.zip")
        paths[-1].write_bytes(data)
    assert _codes(desk, paths) == {path.stem: 1 for path in paths}


def test_what_cannot_be_read_is_said_in_two_lines(desk: Desk) -> None:
    calls = [
        (desk.folder, "--trust", desk.trust),
        (desk.folder / "nothing.zip", "--trust", desk.trust),
        (desk.bundle, "--trust", desk.bundle),
        (desk.bundle, "--trust", desk.folder),
    ]
    for call, found in zip(calls, [desk.verify(*calls[0]), *desk.verify_many(calls[1:])], strict=True):
        assert (found.code, found.out) == (1, ""), call
        assert len(found.err.strip().splitlines()) == 2, found.err
