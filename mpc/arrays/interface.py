"""What programs import: :class:`SecureArray`, and how to make, choose and join secure arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mpc.arrays import fixedpoint, operands
from mpc.arrays.backend import Backend
from mpc.arrays.operands import CONSTANT_BITS
from mpc.arrays.secure_array import Operand, SecureArray
from protocol.errors import RangeError

__all__ = ["CONSTANT_BITS", "Operand", "SecureArray", "concatenate", "constant", "share", "stack", "where"]


def where(condition: SecureArray, yes: Operand, no: Operand, *, fraction_bits: int | None = None) -> SecureArray:
    """``yes`` where the bit is 1, else ``no``: ``no + condition·(yes - no)``, exact and at most one round.

    Two public fractions need the ``fraction_bits`` of the result.
    """
    if isinstance(yes, SecureArray):
        chosen = condition * (yes - no) + no
    elif isinstance(no, SecureArray):
        chosen = condition * (-(no - yes)) + no
    else:
        difference = np.subtract(operands.public(yes), operands.public(no))
        return condition.multiply(difference, fraction_bits=fraction_bits) + no
    largest = max(_raw_bound(side, chosen) for side in (yes, no))
    bound = min(chosen.bound, largest) if condition.is_bits else chosen.bound
    return SecureArray(chosen.backend, chosen.shares, chosen.shape, chosen.fraction_bits, bound)


def concatenate(parts: Sequence[SecureArray], axis: int = 0) -> SecureArray:
    """Join along an axis; all parts take the largest fraction length."""
    bits = max(part.fraction_bits for part in parts)
    aligned = [part.rescaled(bits) for part in parts]
    axis = operands.positive_axis(axis, aligned[0].ndim)
    shape = operands.joined_shape([part.shape for part in aligned], axis)
    shares = aligned[0].backend.concatenate([part.shares for part in aligned], axis)
    return SecureArray(aligned[0].backend, shares, shape, bits, max(part.bound for part in aligned))


def stack(parts: Sequence[SecureArray], axis: int = 0) -> SecureArray:
    """Join arrays of one shape along a new axis."""
    axis = operands.positive_axis(axis, parts[0].ndim + 1)
    return concatenate([part.reshape(*part.shape[:axis], 1, *part.shape[axis:]) for part in parts], axis)


def constant(backend: Backend, values: ArrayLike, fraction_bits: int) -> SecureArray:
    """A public array as (trivial) shares."""
    encoded = operands.encoded(values, fraction_bits, backend.headroom)
    return SecureArray(backend, backend.constant(encoded), encoded.shape, fraction_bits, fixedpoint.magnitude(encoded))


def share(
    backend: Backend,
    values: ArrayLike | None,
    *,
    shape: tuple[int, ...],
    owner: int,
    fraction_bits: int,
    limit: float,
) -> SecureArray:
    """Deal an owner's private numbers; refuses NaN, infinities and |value| > ``limit`` before anything is sent (I12)."""
    encoded = None if values is None else fixedpoint.encode(values, fraction_bits, limit)
    if encoded is not None and encoded.shape != shape:
        raise RangeError(
            "arrays.shape",
            f"The values have shape {encoded.shape}, agreed was {shape}.",
            "Check that all parties run the same program on the same columns.",
        )
    shares = backend.share(encoded, shape, owner)
    return SecureArray(backend, shares, shape, fraction_bits, fixedpoint.raw_bound(limit, fraction_bits))


def _raw_bound(side: Operand, result: SecureArray) -> int:
    if isinstance(side, SecureArray):
        return side.bound << (result.fraction_bits - side.fraction_bits)
    return fixedpoint.magnitude(operands.encoded(side, result.fraction_bits, result.backend.headroom))
