"""Step 5 with witnesses of the verifier's own trust: a quorum holds, too few cannot be checked, a forged word fails."""

import base64
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol import bundle, checkpoint
from protocol.bundle import BundleMaterial
from protocol.checkpoint import NoteSignature, SignedCheckpoint
from protocol.policy import Policy
from protocol.trust import Trust
from protocol.verify import StepResult, verify
from protocol.vkeys import VerifierKey
from tests.unit.protocol.simulated_task import SimulatedTask

SECRETS = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number, name in enumerate(("a", "b", "c"), 1)
}
KEYS = {
    name: VerifierKey(f"{name}.example", checkpoint.COSIGNATURE, secret.public_key().public_bytes_raw())
    for name, secret in SECRETS.items()
}
WITNESSES = "".join(f"witness {name} {key.text()}\n" for name, key in KEYS.items())
TWO = Policy.read(f"{WITNESSES}group two 2 a b c\nquorum two\n".encode())


@cache
def honest() -> tuple[BundleMaterial, Trust]:
    story = SimulatedTask().complete()
    return story.material(), story.pinned


def with_lines(material: BundleMaterial, party: str, *names: str, forged: str = "") -> BundleMaterial:
    """A bundle in which witnesses cosigned a party's head; ``forged`` claims one of them and is none."""

    def cosigned(text: str) -> str:
        note = checkpoint.parse(text.encode())
        for name in names:
            note = checkpoint.cosign(note, KEYS[name].name, KEYS[name].public, SECRETS[name].sign, 1_800_000_000)
        if forged:
            key = KEYS[forged]
            line = NoteSignature(key.name, checkpoint.key_id(key.name, key.public, checkpoint.COSIGNATURE), bytes(72))
            note = SignedCheckpoint(note.checkpoint, (*note.signatures, line))
        return note.data().decode()

    logs = tuple(
        replace(log, checkpoint=cosigned(log.checkpoint)) if log.party == party else log for log in material.logs
    )
    return replace(material, logs=logs)


def step_five(material: BundleMaterial, policy: Policy | None) -> StepResult:
    return verify(bundle.build(material), honest()[1], policy=policy).steps[4]


def all_cosigned(*names: str) -> BundleMaterial:
    material = honest()[0]
    for log in material.logs:
        material = with_lines(material, log.party, *names)
    return material


def test_a_quorum_on_every_head_holds_and_is_said() -> None:
    found = step_five(all_cosigned("a", "c"), TWO)
    assert found.outcome == "holds"
    assert "quorum of your witnesses" in found.detail.english
    assert "见证方" in found.detail.chinese
    assert verify(bundle.build(all_cosigned("a", "c")), honest()[1], policy=TWO).exit_code == 0


def test_without_a_policy_nothing_is_asked_of_witnesses() -> None:
    plain, cosigned = step_five(honest()[0], None), step_five(all_cosigned("a"), None)
    assert (plain.outcome, plain.detail) == ("holds", cosigned.detail)
    assert "witness" not in plain.detail.english


@pytest.mark.parametrize("names", [(), ("a",)])
def test_too_few_cannot_be_checked(names: tuple[str, ...]) -> None:
    found = step_five(all_cosigned(*names), TWO)
    assert found.outcome == "cannot"
    assert f"cosigned by {', '.join(names) or 'none'} of the witnesses" in found.detail.english
    assert "见证方" in found.detail.chinese


def test_attack_one_log_without_its_quorum_among_others_that_have_it() -> None:
    parties = [log.party for log in honest()[0].logs]
    material = honest()[0]
    for party in parties[1:]:
        material = with_lines(material, party, "a", "b")
    assert step_five(material, TWO).outcome == "cannot"


def test_attack_a_forged_cosignature_fails_whatever_the_others_say() -> None:
    material = all_cosigned("a", "b")
    party = material.logs[0].party
    found = step_five(with_lines(material, party, forged="c"), TWO)
    assert found.outcome == "fails"
    assert "cosignature of c" in found.detail.english


def test_attack_strangers_make_no_quorum() -> None:
    """Cosignatures of keys that the verifier does not name count nothing, under whatever name."""
    alone = Policy.read(f"witness a {KEYS['a'].text()}\nquorum a\n".encode())
    assert step_five(all_cosigned("b", "c"), alone).outcome == "cannot"
    renamed = VerifierKey(KEYS["a"].name, checkpoint.COSIGNATURE, KEYS["b"].public)
    material = honest()[0]
    note = checkpoint.parse(material.logs[0].checkpoint.encode())
    claimed = checkpoint.cosign(note, renamed.name, renamed.public, SECRETS["b"].sign, 1)
    assert base64.b64encode(claimed.signatures[-1].key_id) != base64.b64encode(
        checkpoint.key_id(renamed.name, KEYS["a"].public, checkpoint.COSIGNATURE)
    )
    logs = (replace(material.logs[0], checkpoint=claimed.data().decode()), *material.logs[1:])
    assert step_five(replace(material, logs=logs), alone).outcome == "cannot"


def test_attack_a_cosignature_of_another_head_is_none() -> None:
    """Taken from the checkpoint of another log, or of an earlier size, it does not hold here."""
    material = all_cosigned("a", "b")
    first, second = material.logs[:2]
    line = checkpoint.parse(second.checkpoint.encode()).signatures[1]
    own = checkpoint.parse(first.checkpoint.encode())
    moved = SignedCheckpoint(own.checkpoint, (own.signatures[0], line))
    logs = (replace(first, checkpoint=moved.data().decode()), *material.logs[1:])
    assert step_five(replace(material, logs=logs), TWO).outcome == "fails"
