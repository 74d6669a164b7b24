"""The oblivious function: the RFC's vectors, a second implementation, and what a peer may send that is none."""

import json
import secrets
from pathlib import Path
from typing import Any, Final

import pytest
from voprf.ristretto import Evaluator

from lookup import oprf
from protocol.errors import FormatError, VerificationError
from protocol.lookup import BATCH
from tests.unit.lookup import rfc9497

FILE: Final[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors" / "voprf.json").read_text("utf-8"))
SECRET, PUBLIC = (bytes.fromhex(FILE[name]) for name in ("secret", "public"))
SCALAR: Final = int.from_bytes(SECRET, "little")
# of what is no element: not canonical (RFC 9496, appendix A.2: not reduced, negative, no square), the identity, other lengths
NO_POINTS: Final = (
    bytes(32),
    b"\x00" * 31 + b"\x80",
    b"\xff" * 32,
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000"),
    bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
    b"\x02" * 31,
    b"\x02" * 33,
    b"",
)


def hexed(vector: dict[str, Any], name: str) -> list[bytes]:
    return [bytes.fromhex(item) for item in vector[name]]


def of_the_rfc() -> Evaluator:
    return Evaluator.from_seed(bytes.fromhex(FILE["seed"]), bytes.fromhex(FILE["key_info"]))


@pytest.mark.parametrize("vector", FILE["vectors"])
def test_the_vectors_of_the_rfc(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oprf, "_evaluator", lambda _: of_the_rfc())
    inputs, blinded, evaluated, outputs = (
        hexed(vector, name) for name in ("inputs", "blinded", "evaluated", "outputs")
    )
    assert oprf.public_key(b"") == PUBLIC
    assert oprf.known(b"", inputs) == outputs
    found, proof = oprf.evaluate(b"", blinded)
    assert list(found) == evaluated
    assert rfc9497.proven(PUBLIC, blinded, evaluated, proof), "made here, checked by the second implementation"
    assert rfc9497.proven(PUBLIC, blinded, evaluated, bytes.fromhex(vector["proof"]))


@pytest.mark.parametrize(("vector", "random"), list(zip(FILE["vectors"], FILE["proof_random"], strict=True)))
def test_the_second_implementation_gives_the_vectors_of_the_rfc(vector: dict[str, Any], random: str) -> None:
    inputs, blinded, evaluated = (hexed(vector, name) for name in ("inputs", "blinded", "evaluated"))
    blinds = [int.from_bytes(item, "little") for item in hexed(vector, "blinds")]
    assert [rfc9497.blind(item, scalar) for item, scalar in zip(inputs, blinds, strict=True)] == blinded
    assert rfc9497.evaluate(SCALAR, blinded) == evaluated
    drawn = int.from_bytes(bytes.fromhex(random), "little")
    assert rfc9497.prove(SCALAR, blinded, evaluated, drawn).hex() == vector["proof"]
    found = map(rfc9497.finish, inputs, blinds, evaluated)
    assert list(found) == hexed(vector, "outputs")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_asker_finishes_what_a_second_implementation_evaluated_and_proved(count: int) -> None:
    inputs = [b"id-%d" % i for i in range(count)]
    blinding = oprf.Blinding.of(inputs)
    evaluated = rfc9497.evaluate(SCALAR, list(blinding.points))
    proof = rfc9497.prove(SCALAR, list(blinding.points), evaluated, secrets.randbelow(rfc9497.ORDER))
    expected = [rfc9497.finish(item, 7, rfc9497.evaluate(SCALAR, [rfc9497.blind(item, 7)])[0]) for item in inputs]
    assert blinding.finish(evaluated, proof, PUBLIC) == expected


def test_one_blinding_serves_several_holders_and_tells_them_nothing_alike() -> None:
    inputs = [b"a", b"b", b"c"]
    blinding = oprf.Blinding.of(inputs)
    for secret in (oprf.draw(), oprf.draw()):
        assert blinding.finish(*oprf.evaluate(secret, blinding.points), oprf.public_key(secret)) == oprf.known(
            secret, inputs
        )
    assert set(blinding.points).isdisjoint(oprf.Blinding.of(inputs).points), (
        "a question twice is two questions to its holder"
    )


@pytest.mark.parametrize("point", NO_POINTS)
def test_attack_a_blinded_id_that_is_no_element(point: bytes) -> None:
    good = oprf.Blinding.of([b"a"]).points[0]
    for points in ((point,), (good, point)):
        with pytest.raises(FormatError, match=r"lookup\.point"):
            oprf.evaluate(oprf.draw(), points)
        with pytest.raises(FormatError, match=r"lookup\.point"):
            oprf.check_points(points)


@pytest.mark.parametrize("point", NO_POINTS)
@pytest.mark.parametrize("count", [1, 2])
def test_attack_an_answer_that_is_no_element(point: bytes, count: int) -> None:
    secret = oprf.draw()
    blinding = oprf.Blinding.of([b"a", b"b"][:count])
    evaluated, proof = oprf.evaluate(secret, blinding.points)
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        blinding.finish((point, *evaluated[1:]), proof, oprf.public_key(secret))
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        blinding.finish(evaluated, proof, point)


@pytest.mark.parametrize("count", [1, 3])
def test_attack_a_proof_of_another_key(count: int) -> None:
    mine, other = oprf.draw(), oprf.draw()
    blinding = oprf.Blinding.of([b"a", b"b", b"c"][:count])
    evaluated, proof = oprf.evaluate(other, blinding.points)
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        blinding.finish(evaluated, proof, oprf.public_key(mine))
    with pytest.raises(VerificationError, match=r"lookup\.proof"):
        blinding.finish(oprf.evaluate(mine, blinding.points)[0], proof, oprf.public_key(mine))


@pytest.mark.parametrize("count", [1, 3])
def test_attack_every_part_of_an_answer_altered(count: int) -> None:
    secret = oprf.draw()
    blinding = oprf.Blinding.of([b"a", b"b", b"c"][:count])
    evaluated, proof = oprf.evaluate(secret, blinding.points)
    public = oprf.public_key(secret)
    for at in range(0, len(proof), 9):
        altered = bytearray(proof)
        altered[at] ^= 1
        with pytest.raises(VerificationError, match=r"lookup\.proof"):
            blinding.finish(evaluated, bytes(altered), public)
    for other in (evaluated[::-1] if count > 1 else blinding.points, evaluated[1:], (*evaluated, evaluated[0])):
        with pytest.raises(VerificationError, match=r"lookup\.proof"):
            blinding.finish(other, proof, public)
    for other in (proof[:-1], proof + b"\0", b"", bytes(64), b"\xff" * 64):
        with pytest.raises(VerificationError, match=r"lookup\.proof"):
            blinding.finish(evaluated, other, public)
    assert blinding.finish(evaluated, proof, public) == oprf.known(secret, [b"a", b"b", b"c"][:count])


def test_batches_have_a_limit_at_both_ends() -> None:
    point = oprf.Blinding.of([b"a"]).points
    for count in (0, BATCH + 1):
        with pytest.raises(FormatError, match=r"lookup\.batch"):
            oprf.evaluate(oprf.draw(), point * count)
        with pytest.raises(FormatError, match=r"lookup\.batch"):
            oprf.Blinding.of([b"a"] * count)


def test_keys_are_drawn_and_say_nothing_when_printed() -> None:
    assert oprf.draw() != oprf.draw()
    blinding = oprf.Blinding.of([b"a"])
    assert "Client" not in repr(blinding)
