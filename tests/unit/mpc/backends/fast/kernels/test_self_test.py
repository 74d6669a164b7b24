"""The golden vectors: right answers by Python integers, and a kernel that is wrong by one bit does not pass."""

from typing import Any

import numpy as np
import pytest

from mpc.backends.fast import kernels as package
from mpc.backends.fast.kernels import golden
from mpc.backends.fast.kernels.choice import active
from mpc.backends.fast.kernels.interface import Kernels
from protocol.errors import TallyError
from tests.unit.mpc.backends.fast.kernels.reference import Reference

OPERATIONS = [
    name for name in dir(Reference) if not name.startswith("_") and name not in {"name", "packed", "keystream"}
]


def test_the_answers_are_those_of_python_integers() -> None:
    assert dict(golden.answers(Reference())) == golden.ANSWERS


def test_every_variant_passes(kernels: Kernels) -> None:
    golden.check(kernels)


def test_the_variant_in_use_passes() -> None:
    package.self_test()


class Broken:
    """A variant whose one operation flips the lowest bit of its last number."""

    def __init__(self, kernels: Kernels, operation: str) -> None:
        self._kernels, self._operation = kernels, operation

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._kernels, name)
        return (lambda *given, **named: flipped(real(*given, **named))) if name == self._operation else real


def flipped(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return (*answer[:-1], flipped(answer[-1]))
    if answer is None:
        return None
    if isinstance(answer, bytes):
        return answer[:-1] + bytes([answer[-1] ^ 1])
    changed = answer.copy()
    if not changed.size:
        return changed
    changed.reshape(-1)[-1] ^= changed.dtype.type(1)
    return changed


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_wrong_bit_is_found(operation: str) -> None:
    with pytest.raises(package.SelfTestError, match=r"kernels\.disagree") as problem:
        golden.check(Broken(active(), operation))  # type: ignore[arg-type]
    assert isinstance(problem.value, TallyError)
    assert problem.value.details["variant"] == active().name


@pytest.mark.parametrize("part", ["elements", "words"])
def test_one_wrong_bit_of_the_keystream_is_found(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Streams(Broken):
        def keystream(self, key: bytes) -> Any:
            return Broken(active().keystream(key), part)  # type: ignore[arg-type]

        def mask(self, *given: Any) -> np.ndarray:
            d, lam, _, _, *rest = given
            return active().mask(
                d, lam, active().keystream(bytes(range(16))), active().keystream(bytes(range(16, 32))), *rest
            )

    with pytest.raises(package.SelfTestError):
        golden.check(Streams(active(), ""))  # type: ignore[arg-type]


@pytest.mark.parametrize("product", ["matmul", "t_matmul", "gram"])
def test_one_wrong_bit_of_a_packed_product_is_found(product: str) -> None:
    class Products(Broken):
        def packed(self, a: np.ndarray) -> Any:
            return Broken(active().packed(a), product)  # type: ignore[arg-type]

    with pytest.raises(package.SelfTestError, match=f"packed {product}"):
        golden.check(Products(active(), ""))  # type: ignore[arg-type]
