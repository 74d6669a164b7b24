"""The verifiable oblivious pseudorandom function of RFC 9497, ristretto255-SHA512 in VOPRF mode, by the package ``voprf``.

A key is 32 random bytes, from which the RFC's ``DeriveKeyPair`` makes the scalar, so no scalar is ever handled here. What a peer
sends is decoded before it is used: elements that are not canonical or are the identity are refused (RFC 9497, 2.1).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from voprf.ristretto import (  # pyright: ignore[reportMissingModuleSource] - it is compiled
    BlindedInput,
    Client,
    Evaluator,
    PublicKey,
    VerifiableBatchOutput,
    VerifiableOutput,
)

from protocol.errors import FormatError, VerificationError
from protocol.lookup import BATCH, POINT, PROOF

SECRET: Final = 32
"""Bytes of a key's seed."""


def draw() -> bytes:
    """A fresh key."""
    return secrets.token_bytes(SECRET)


def public_key(secret: bytes) -> bytes:
    """The element that proofs are checked against (32 bytes)."""
    return _evaluator(secret).public_key.serialize()


def known(secret: bytes, inputs: Iterable[bytes]) -> list[bytes]:
    """The outputs (64 bytes) for inputs that the key's holder knows (RFC 9497, 3.3.1, ``Evaluate``)."""
    evaluate = _evaluator(secret).evaluate_known_input
    return [evaluate(item) for item in inputs]


def check_points(points: Sequence[bytes]) -> None:
    """Refuse (``lookup.point``) what encodes no element or the identity, and (``lookup.batch``) an empty or too large batch."""
    _blinded(points)


def evaluate(secret: bytes, points: Sequence[bytes]) -> tuple[tuple[bytes, ...], bytes]:
    """Each blinded element times the key, and one proof (64 bytes) for all (RFC 9497, 3.3.2, ``BlindEvaluate``).

    Raises as :func:`check_points` does.
    """
    data = _evaluator(secret).evaluate_batch(_blinded(points)).serialize()
    return tuple(data[at : at + POINT] for at in range(PROOF, len(data), POINT)), data[:PROOF]


@dataclass(frozen=True, slots=True)
class Blinding:
    """Inputs blinded once, each by a scalar of its own that stays inside the package; ``points`` go to any number of holders."""

    points: tuple[bytes, ...]
    _clients: tuple[Client, ...] = field(repr=False)

    @classmethod
    def of(cls, inputs: Sequence[bytes]) -> Self:
        """Blind 1 to 1,000 inputs (RFC 9497, 3.3.2, ``Blind``); raises ``lookup.batch`` for another number."""
        _check_batch(len(inputs))
        pairs = [Client.blind(item) for item in inputs]
        return cls(tuple(point.serialize() for _, point in pairs), tuple(client for client, _ in pairs))

    def finish(self, evaluated: Sequence[bytes], proof: bytes, public: bytes) -> list[bytes]:
        """The outputs, after the proof that ``public``'s key and no other evaluated all of them (RFC 9497, 3.3.2, ``Finalize``).

        Raises ``lookup.proof``, and then nothing of the answer may be used.
        """
        if len(proof) != PROOF or [len(point) for point in evaluated] != [POINT] * len(self._clients):
            raise _no_proof()
        data = proof + b"".join(evaluated)
        try:
            key = PublicKey.deserialize(public)
            if len(self._clients) == 1:
                return [self._clients[0].finalize(VerifiableOutput.deserialize(data), key)]
            return Client.finalize_batch(self._clients, VerifiableBatchOutput.deserialize(data), key)
        except ValueError as error:
            raise _no_proof() from error
        except BaseException as error:
            # voprf 0.2.0 panics where a batch's proof does not hold, and PyO3 raises that outside of Exception
            if type(error).__name__ != "PanicException":
                raise
            raise _no_proof() from error


def _evaluator(secret: bytes) -> Evaluator:
    return Evaluator(secret)


def _blinded(points: Sequence[bytes]) -> list[BlindedInput]:
    _check_batch(len(points))
    try:
        return [BlindedInput.deserialize(_whole(point)) for point in points]
    except ValueError as error:
        raise FormatError(
            "lookup.point",
            "A blinded id is no element of the group, or its identity.",
            "Blind the id again, by RFC 9497.",
        ) from error


def _whole(point: bytes) -> bytes:
    """The package passes over what follows an element; here nothing does."""
    if len(point) != POINT:
        raise ValueError(len(point))
    return point


def _check_batch(count: int) -> None:
    if not 1 <= count <= BATCH:
        raise FormatError("lookup.batch", f"{count} ids cannot be asked at once.", f"Ask 1 to {BATCH}.")


def _no_proof() -> VerificationError:
    return VerificationError(
        "lookup.proof", "The answer does not hold under the key of the holder's mirror.",
        "Believe nothing of it: the holder used another key, or somebody changed the answer.",
    )  # fmt: skip
