"""tlog-witness as two sides speak it: the specification's example, every refusal, and every lie that a log or a witness can tell."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol import checkpoint, witnessing
from protocol.checkpoint import Checkpoint, Origin, SignedCheckpoint
from protocol.errors import FormatError, RefusedError, TallyError, VerificationError
from protocol.merkle import EMPTY_ROOT, MerkleTree
from protocol.vkeys import VerifierKey
from protocol.witnessing import Submission, judge, taken

LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = LOG.public_key().public_bytes_raw()
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
KEY = VerifierKey("witness.example/w1", checkpoint.COSIGNATURE, WITNESS.public_key().public_bytes_raw())
ORIGIN = Origin(bytes.fromhex("ab" * 32), 31337, "bank-a", 0)
NOW = 1_800_000_000


def tree(size: int, fork: int = 10**9) -> MerkleTree:
    """The log's first entries; from ``fork`` on those of another history."""
    made = MerkleTree()
    for number in range(size):
        made.append(f"{'other ' * (number >= fork)}entry {number}".encode())
    return made


def note(log: MerkleTree, size: int | None = None) -> bytes:
    size = log.size if size is None else size
    return checkpoint.sign(Checkpoint(ORIGIN, size, log.root(size)), PUBLIC, LOG.sign)


def head(log: MerkleTree, size: int | None = None) -> Checkpoint:
    return checkpoint.parse(note(log, size)).checkpoint


def cosigned(data: bytes, now: int = NOW, key: VerifierKey = KEY, secret: Ed25519PrivateKey = WITNESS) -> bytes:
    """A witness's answer about a checkpoint."""
    signed = checkpoint.cosign(checkpoint.parse(data), key.name, key.public, secret.sign, now)
    return signed.signatures[-1].line().encode()


def refused(asked: Submission, kept: Checkpoint | None, key: bytes | None = PUBLIC) -> tuple[str, object]:
    with pytest.raises(RefusedError) as error:
        judge(asked, key, kept)
    return error.value.code.removeprefix("witness."), error.value.details["status"]


def test_the_specification_s_example_request() -> None:
    """Of tlog-witness: read and written byte for byte (the checkpoint in it is of a log that is not ours)."""
    body = (
        "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    ).encode()
    found = Submission.parse(body)
    assert (found.old, len(found.proof), found.origin) == (20852014, 4, "example.com/behind-the-sofa")
    assert base64.b64encode(found.proof[0]) == b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="
    assert found.data() == body
    assert refused(found, None, None) == ("unknown_log", 404)


@given(st.integers(0, 40), st.integers(0, 40))
def test_what_extends_the_memory_is_cosigned(first: int, second: int) -> None:
    old, new = sorted((first, second))
    log = tree(new)
    kept = head(log, old) if first or second else None
    asked = Submission.parse(Submission(old, log.consistency_proof(old, new), note(log)).data())
    assert judge(asked, PUBLIC, kept).data() == note(log)


def test_signatures_of_others_are_not_kept() -> None:
    log = tree(3)
    other = checkpoint.cosign(checkpoint.parse(note(log)), "other.example", KEY.public, WITNESS.sign, NOW)
    assert judge(Submission(0, (), other.data()), PUBLIC, None).data() == note(log)


def test_every_refusal_has_its_status() -> None:
    log, forked = tree(8), tree(8, fork=5)
    kept = head(log, 6)
    good = log.consistency_proof(6, 8)
    assert refused(Submission(6, good, note(log)), kept, None) == ("unknown_log", 404)
    assert refused(Submission(6, good, note(log)), kept, KEY.public) == ("unsigned", 403)
    assert refused(Submission(9, good, note(log)), kept) == ("old_above", 400)
    for old in (0, 5, 7):
        assert refused(Submission(old, log.consistency_proof(old, 8), note(log)), kept) == ("other_size", 409)
    assert refused(Submission(6, (), note(forked, 6)), kept) == ("contradiction", 409)
    for proof in ((), good[:-1], (*good, bytes(32)), (bytes(32), *good[1:]), forked.consistency_proof(6, 8)):
        assert refused(Submission(6, proof, note(log)), kept) == ("no_proof", 422)
    assert refused(Submission(0, (bytes(32),), note(log)), None) == ("no_proof", 422)
    with pytest.raises(FormatError, match=r"checkpoint\.malformed"):
        judge(Submission(6, good, note(log) + b"x"), PUBLIC, kept)


def test_attack_a_log_that_was_rolled_back_is_not_cosigned() -> None:
    """A smaller head, however it is asked for, never takes the place of a larger one."""
    log, kept = tree(9), head(tree(9))
    for old in range(10):
        code, _ = refused(Submission(old, (), note(log, 6)), kept)
        assert code == ("other_size" if old <= 6 else "old_above")


def test_attack_a_fork_finds_no_proof() -> None:
    """Both histories are signed by the log's own key; whatever hashes it sends, the second does not extend the first."""
    log, forked = tree(7), tree(12, fork=6)
    kept = head(log)
    proofs = [forked.consistency_proof(old, 12) for old in range(1, 12)] + [tree(12).consistency_proof(7, 12), ()]
    assert {refused(Submission(7, proof, note(forked)), kept) for proof in proofs} == {("no_proof", 422)}


def test_attack_a_head_under_another_log_s_name() -> None:
    """One log's key does not speak for another: the name is in what is signed."""
    other = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
    theirs = Origin(ORIGIN.deployment, ORIGIN.chain_id, "bank-b", 0)
    own = checkpoint.sign(Checkpoint(theirs, 3, tree(3).root()), other.public_key().public_bytes_raw(), other.sign)
    assert refused(Submission(0, (), own), None) == ("unsigned", 403)
    renamed = own.replace(b"bank-b", b"bank-a")
    assert refused(Submission(0, (), renamed), None) == ("unsigned", 403)


def test_attack_huge_requests_are_refused_before_they_are_looked_at() -> None:
    log = tree(3)
    many = Submission(0, (bytes(32),) * 63, note(log)).data()
    assert len(Submission.parse(many).proof) == 63
    for body in (Submission(0, (bytes(32),) * 64, note(log)).data(), b"old 0\n\n" + b"x" * witnessing.MOST):
        with pytest.raises(FormatError, match=r"witness\.malformed"):
            Submission.parse(body)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.replace(b"old 3", b"old 03"), lambda body: body.replace(b"old 3", b"old  3"), lambda body: body[1:],
        lambda body: body.replace(b"old 3", b"old -3"), lambda body: body.replace(b"old 3", f"old {2**64}".encode()),
        lambda body: body.replace(b"\n\n", b"\n", 1), lambda body: body.replace(b"=\n", b"\n", 1), lambda body: body.replace(b"\n", b"\r\n"),
        lambda _: b"", lambda _: b"old 0\n", lambda body: body.replace(b"old 3\n", b"old 3\nAAAA\n"), lambda body: b"\xef\xbb\xbf" + body,
    ],
)  # fmt: skip
def test_other_spellings_are_refused(change: Callable[[bytes], bytes]) -> None:
    log = tree(8)
    body = Submission(3, log.consistency_proof(3, 8), note(log)).data()
    assert change(body) != body
    with pytest.raises(FormatError, match=r"witness\.malformed"):
        Submission.parse(change(body))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_answer(data: bytes) -> None:
    for body in (data, b"old 0\n\n" + data):
        try:
            asked = Submission.parse(body)
        except FormatError:
            continue
        with pytest.raises(TallyError):
            judge(asked, PUBLIC, None)
    with pytest.raises(TallyError):
        taken(data, checkpoint.parse(note(tree(3))), KEY, NOW)


def test_a_cosignature_is_taken_with_its_time_among_those_of_strangers() -> None:
    data = note(tree(5))
    stranger = VerifierKey("stranger.example", checkpoint.COSIGNATURE, PUBLIC)
    answer = cosigned(data, key=stranger, secret=LOG) + cosigned(data, NOW + 7)
    signature, time = taken(answer, checkpoint.parse(data), KEY, NOW)
    assert (signature.name, time) == (KEY.name, NOW + 7)
    both = SignedCheckpoint(checkpoint.parse(data).checkpoint, (*checkpoint.parse(data).signatures, signature))
    assert checkpoint.verify_cosignature(checkpoint.parse(both.data()), KEY.name, KEY.public) == NOW + 7


def test_attack_a_forged_cosignature_is_not_taken() -> None:
    data, other = note(tree(5)), note(tree(6))
    line = cosigned(data)
    forged = bytearray(base64.b64decode(line.split()[-1]))
    forged[-1] ^= 1
    lies = {
        "bits": f"— {KEY.name} {base64.b64encode(forged).decode()}\n".encode(),
        "of another head": cosigned(other),
        "of another witness": cosigned(
            data, key=VerifierKey("stranger.example", checkpoint.COSIGNATURE, PUBLIC), secret=LOG
        ),
        "another's under its name": cosigned(
            data, key=VerifierKey(KEY.name, checkpoint.COSIGNATURE, PUBLIC), secret=LOG
        ),
        "the log's own": note(tree(5)).split(b"\n\n")[1],
        "one beside a good one": line + f"— {KEY.name} {base64.b64encode(forged).decode()}\n".encode(),
        "nothing": b"",
    }
    for name, answer in lies.items():
        try:
            taken(answer, checkpoint.parse(data), KEY, NOW)
        except TallyError:
            continue
        pytest.fail(name)


@pytest.mark.parametrize("away", [301, 86_400, 2**40, -301, -86_400])
def test_attack_an_old_answer_or_one_of_the_future_is_not_taken(away: int) -> None:
    data = note(tree(5))
    with pytest.raises(VerificationError, match=r"witness\.time"):
        taken(cosigned(data, NOW + away), checkpoint.parse(data), KEY, NOW)
    assert taken(cosigned(data, NOW + away // abs(away) * 300), checkpoint.parse(data), KEY, NOW)


def test_sizes_in_answers() -> None:
    assert witnessing.size_in(b"0\n") == 0
    assert witnessing.size_in(f"{2**64 - 1}\n".encode()) == 2**64 - 1
    for answer in (b"", b"1", b"01\n", b"-1\n", b"1\n\n", f"{2**64}\n".encode(), b"x\n"):
        with pytest.raises(FormatError, match=r"witness\.answer"):
            witnessing.size_in(answer)


def test_an_empty_log_can_be_followed() -> None:
    empty = note(tree(0))
    found = judge(Submission(0, (), empty), PUBLIC, None)
    assert (found.checkpoint.size, found.checkpoint.root) == (0, EMPTY_ROOT)
    log = tree(4)
    assert judge(Submission(0, (), note(log)), PUBLIC, found.checkpoint).checkpoint.size == 4
