"""`tally witness` as a process: made, told whom to follow, killed again and again, and never of two minds."""

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from protocol import checkpoint, witnessing
from protocol.vkeys import VerifierKey
from protocol.witnessing import Submission
from tests.patience import Patience, scaled
from tests.unit.protocol.test_witnessing import ORIGIN, note, tree
from tests.unit.witness.test_witness import VKEY


def tally(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "witness", *words],
        capture_output=True, text=True, timeout=scaled(60), check=False,
    )  # fmt: skip


class Process:
    """A running `tally witness run`."""

    def __init__(self, folder: Path) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", "from cli.main import main; main()", "witness", "run", str(folder), "--port", "0"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        patience = Patience(60, "the witness listens")
        assert self.child.stderr
        for line in self.child.stderr:
            patience.check()
            said = json.loads(line)
            if said["event"] == "witness.listening":
                self.url = f"http://127.0.0.1:{said['port']}"
                return
        raise AssertionError("the witness ended")

    def add(self, old: int, proof: tuple[bytes, ...], data: bytes) -> httpx.Response:
        body = Submission(old, proof, data).data()
        return httpx.post(f"{self.url}/add-checkpoint", content=body, trust_env=False, timeout=scaled(20))

    def end(self, number: int) -> int:
        self.child.send_signal(number)
        code = self.child.wait(scaled(30))
        assert self.child.stderr
        self.child.stderr.close()
        return code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tally("init", str(tmp_path / "w"), "--name", "witness.example/w1")
    assert made.returncode == 0, made.stderr
    assert VerifierKey.parse(made.stdout.strip(), checkpoint.COSIGNATURE).name == "witness.example/w1"
    followed = tally("follow", str(tmp_path / "w"), VKEY.text())
    assert followed.returncode == 0, followed.stderr
    return tmp_path / "w"


@pytest.mark.slow
def test_a_witness_from_its_making_to_its_end(folder: Path) -> None:
    running = Process(folder)
    try:
        assert running.add(0, (), note(tree(5))).status_code == 200
        assert running.add(5, (), note(tree(5, fork=1))).status_code == 409
        second = tally("run", str(folder), "--port", "0")
        assert (second.returncode, "disk.locked" in second.stderr) == (1, True)
    finally:
        assert running.end(signal.SIGTERM) == 0
    for language, word in (("en", "FORK"), ("zh", "分叉")):
        status = tally("status", str(folder), "--lang", language)
        assert status.returncode == 1
        assert word in status.stdout
        assert tree(5).root().hex() in status.stdout
        assert tree(5, fork=1).root().hex() in status.stdout


@pytest.mark.slow
def test_attack_a_witness_that_is_killed_at_any_moment_never_signs_two_histories(folder: Path) -> None:
    """A log that forks at 10 feeds both histories to a witness that dies again and again; every cosignature that ever came back
    is of one history, and after each start it goes on where it had signed last."""
    honest, forked = tree(400), tree(400, fork=10)
    draw, signed = random.Random(20_261_201), dict[int, bytes]()
    public: VerifierKey | None = None
    size = 0
    for _ in range(8):
        running = Process(folder)
        killed = False
        for step in range(draw.randrange(3, 30)):
            log = honest if draw.random() < 0.5 else forked
            new = min(400, size + draw.randrange(0, 9))
            if step == 20 or draw.random() < 0.1:
                running.child.send_signal(signal.SIGKILL)  # with the request under way
                killed = True
            try:
                answer = running.add(size, log.consistency_proof(size, new), note(log, new))
            except httpx.TransportError:
                break
            if answer.status_code == 200:
                note_ = checkpoint.parse(note(log, new) + answer.content)
                name = note_.signatures[-1].name
                public = VerifierKey(name, checkpoint.COSIGNATURE, _public(folder))
                checkpoint.verify_cosignature(note_, public.name, public.public)
                assert signed.setdefault(new, log.root(new)) == log.root(new), "two heads of one size"
                size = new
            elif answer.status_code == 409:
                told = witnessing.size_in(answer.content)
                assert told >= size, "the witness forgot what it had signed"
                size = told
            if killed:
                break
        if not killed:
            running.child.send_signal(signal.SIGKILL)
        running.child.wait(scaled(30))
        assert running.child.stderr
        running.child.stderr.close()
    assert signed
    for of in (honest, forked):
        if all(of.root(each) == root for each, root in signed.items()):
            break
    else:
        raise AssertionError("the cosigned heads are of no single history")


def _public(folder: Path) -> bytes:
    from witness.folder import opened

    return opened(folder).key().public.public


def test_a_command_without_a_folder_says_what_to_do(tmp_path: Path) -> None:
    answer = tally("status", str(tmp_path / "nothing"))
    assert answer.returncode == 1
    assert "tally witness init" in answer.stderr
    assert ORIGIN.party not in answer.stdout
