"""A witness's key, memory and answers: durable before signed, one head of each size, whatever it is asked and whenever it dies."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import checkpoint
from protocol.checkpoint import Checkpoint, Origin
from protocol.errors import FormatError, RefusedError, TallyError
from protocol.policy import Policy
from protocol.vkeys import VerifierKey
from protocol.witnessing import Submission
from tests.unit.protocol.test_witnessing import LOG, NOW, ORIGIN, PUBLIC, head, note, tree
from witness import folder as folders
from witness import key as keys
from witness.folder import HEADS, KEY, LOGS, MOST_FORKS, Folder
from witness.service import Service
from workers import disk

NAME = "witness.example/w1"
VKEY = VerifierKey(ORIGIN.text(), checkpoint.ED25519, PUBLIC)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "witness"
    folders.create(path, NAME)
    assert folders.opened(path).follow(VKEY)
    return path


def service(path: Path, clock: Callable[[], int] = lambda: NOW) -> Service:
    return Service(folders.opened(path), clock)


def added(path: Path, old: int, size: int) -> bytes:
    log = tree(size)
    return service(path).add(Submission(old, log.consistency_proof(old, size), note(log)).data())


def holds(path: Path, answer: bytes, data: bytes) -> int:
    """The time of a cosignature that must hold on a checkpoint."""
    public = folders.opened(path).key().public
    return checkpoint.verify_cosignature(checkpoint.parse(data + answer), public.name, public.public)


def test_a_new_witness_has_a_key_of_its_own_that_nobody_else_reads(made: Path, tmp_path: Path) -> None:
    key = keys.load(made / KEY)
    text = (made / KEY).read_text()
    assert text.startswith(f"PRIVATE+KEY+{NAME}+{key.public.text().split('+')[1]}+")
    assert (made / KEY).stat().st_mode & 0o777 == 0o600
    assert text.strip().split("+", 4)[4] not in repr(key)
    other = folders.create(tmp_path / "other", NAME)
    assert other.public.public != key.public.public
    with pytest.raises(RefusedError, match=r"disk\.exists"):
        folders.create(made, NAME)
    assert (made / KEY).read_text() == text
    assert Policy.read((made / LOGS).read_bytes()).logs == (VKEY,)


@pytest.mark.parametrize("name", ["a b", "", "a+b"])
def test_a_name_that_no_note_carries_makes_no_witness(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError, match=r"vkey\.name"):
        folders.create(tmp_path / "w", name)


def test_attack_a_key_that_others_can_read_is_not_used(made: Path) -> None:
    (made / KEY).chmod(0o640)
    with pytest.raises(RefusedError, match=r"disk\.loose_mode"):
        folders.opened(made).key()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[8:],
        lambda t: t.replace("w1", "w2"),
        lambda t: t[:-9] + "\n",
        lambda _: "",
        lambda t: t.replace("+B", "+A", 1),
    ],
)
def test_a_key_file_that_was_edited_is_refused_without_its_words(made: Path, change: Callable[[str], str]) -> None:
    text = (made / KEY).read_text()
    (made / KEY).write_text(change(text))
    with pytest.raises(FormatError) as error:
        keys.load(made / KEY)
    assert text.strip().split("+", 4)[4][:10] not in str(error.value)


def test_heads_are_cosigned_one_after_the_other_and_again(made: Path) -> None:
    assert holds(made, added(made, 0, 3), note(tree(3))) == NOW
    assert holds(made, added(made, 3, 8), note(tree(8))) == NOW
    assert holds(made, added(made, 8, 8), note(tree(8))) == NOW
    latest = checkpoint.parse(service(made, lambda: NOW + 50).latest(ORIGIN.text()))
    assert latest.checkpoint == head(tree(8))
    public = folders.opened(made).key().public
    assert checkpoint.verify_cosignature(latest, public.name, public.public) == NOW + 50


def test_what_is_not_followed_or_not_cosigned_has_no_head(made: Path) -> None:
    for origin in (ORIGIN.text(), "example.com/log", "../key", ""):
        with pytest.raises(RefusedError, match=r"witness\.no_head"):
            service(made).latest(origin)


def test_the_memory_is_on_disk_before_anything_is_signed(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing looks at the disk: the head that it signs is there."""
    found: list[Checkpoint | None] = []
    running = service(made)
    real = keys.WitnessKey.cosign

    def cosign(key: keys.WitnessKey, signed: checkpoint.SignedCheckpoint, now: int) -> checkpoint.SignedCheckpoint:
        kept = Folder(made).head(ORIGIN.text())
        found.append(kept and kept.checkpoint)
        return real(key, signed, now)

    monkeypatch.setattr(keys.WitnessKey, "cosign", cosign)
    running.add(Submission(0, (), note(tree(3))).data())
    assert found == [head(tree(3))]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_attack_a_disk_that_fails_gets_no_signature(made: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """A full or broken disk: nothing is signed, and what was remembered stays."""
    added(made, 0, 3)
    log, signed = tree(5), list[int]()
    monkeypatch.setattr(keys.WitnessKey, "cosign", lambda *_: signed.append(1))

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    running = service(made)
    with monkeypatch.context() as patch:
        patch.setattr(*((disk.os, "fsync") if call == "fsync" else (Path, "replace")), broken)
        with pytest.raises(OSError, match="No space"):
            running.add(Submission(3, log.consistency_proof(3, 5), note(log)).data())
    assert signed == []
    kept = Folder(made).head(ORIGIN.text())
    assert kept is not None
    assert kept.checkpoint.size == 3
    assert [path.name for path in (made / HEADS).iterdir() if path.name.startswith(".")] == []


def test_attack_a_fork_of_the_remembered_size_is_kept_as_proof(made: Path) -> None:
    added(made, 0, 6)
    forked = note(tree(6, fork=2))
    for _ in range(3):
        with pytest.raises(RefusedError, match=r"witness\.contradiction"):
            service(made).add(Submission(6, (), forked).data())
    assert [item.data() for item in folders.opened(made).forks()] == [forked]
    kept = Folder(made).head(ORIGIN.text())
    assert kept is not None
    assert kept.checkpoint == head(tree(6))


def test_attack_forks_without_end_fill_no_disk(made: Path) -> None:
    added(made, 0, 2)
    found = folders.opened(made)
    for number in range(MOST_FORKS + 3):
        other = Checkpoint(ORIGIN, 2, bytes([number]) * 32)
        found.forked(checkpoint.parse(checkpoint.sign(other, PUBLIC, LOG.sign)))
    assert len(found.forks()) == MOST_FORKS


def test_attack_a_damaged_memory_is_never_taken_for_none(made: Path) -> None:
    """A head file that was cut or changed stops its log: with no memory the witness would cosign any history."""
    added(made, 0, 6)
    (path,) = (made / HEADS).iterdir()
    for data in (b"", path.read_bytes()[:-3]):
        path.write_bytes(data)
        with pytest.raises(RefusedError, match=r"witness\.damaged"):
            added(made, 0, 3)


def test_attack_a_witness_without_its_memory_does_not_start(made: Path) -> None:
    added(made, 0, 6)
    for path in (made / HEADS).iterdir():
        path.unlink()
    (made / HEADS).rmdir()
    with pytest.raises(RefusedError, match=r"witness\.no_memory"):
        folders.opened(made)


def test_logs_are_followed_while_it_runs_each_with_one_key(made: Path) -> None:
    running, found = service(made), folders.opened(made)
    other = Origin(ORIGIN.deployment, ORIGIN.chain_id, "bank-b", 0)
    log = tree(2)
    theirs = checkpoint.sign(Checkpoint(other, 2, log.root()), PUBLIC, LOG.sign)
    with pytest.raises(RefusedError, match=r"witness\.unknown_log"):
        running.add(Submission(0, (), theirs).data())
    key = VerifierKey(other.text(), checkpoint.ED25519, PUBLIC)
    assert found.follow(key)
    assert not found.follow(key)
    assert running.add(Submission(0, (), theirs).data())
    with pytest.raises(RefusedError, match=r"witness\.other_key"):
        found.follow(VerifierKey(other.text(), checkpoint.ED25519, bytes(32)))
    with pytest.raises(TallyError):
        found.follow(VerifierKey("example.com/log", checkpoint.ED25519, PUBLIC))


def test_a_cosignature_holds_by_the_specification_s_words_alone(made: Path) -> None:
    """tlog-cosignature read anew, with nothing of ours: key id, layout, signed message, and the key as people hand it on."""
    line = added(made, 0, 3).decode()
    name, key_id, encoded = folders.opened(made).key().public.text().split("+", 2)
    public = base64.b64decode(encoded)[1:]
    assert base64.b64decode(encoded)[:1] == b"\x04"
    assert key_id == hashlib.sha256(f"{NAME}\n".encode() + b"\x04" + public).hexdigest()[:8]
    dash, signer, value = line.removesuffix("\n").split(" ")
    blob = base64.b64decode(value)
    assert (dash, signer, name, blob[:4].hex(), len(blob)) == ("\u2014", NAME, NAME, key_id, 4 + 8 + 64)
    body = note(tree(3)).partition(b"\n\n")[0] + b"\n"
    message = f"cosignature/v1\ntime {int.from_bytes(blob[4:12], 'big')}\n".encode() + body
    Ed25519PublicKey.from_public_bytes(public).verify(blob[12:], message)
