"""Sums and running sums along an axis: numpy adds limbs without carries, 2^10 elements at a time, for every variant."""

from typing import Final

import numpy as np

from mpc.backends.fast.kernels.numpy_field import fold
from mpc.backends.fast.kernels.planes import Planes, planes

_AT_ONCE: Final = 1 << 10


def sum_axis(a: Planes, axis: int | None) -> Planes:
    """See the package."""
    a = planes(a)
    if axis is None:
        a, axis = a.reshape(2, -1), 0
    dimensions = a.ndim - 1
    if not -dimensions <= axis < dimensions:
        raise ValueError(f"axis {axis} of planes of shape {a.shape}")
    axis = axis % dimensions + 1
    while a.shape[axis] > _AT_ONCE:
        a = _shorten(a, axis)
    return _folded(a.sum(axis=axis, dtype=np.uint64))


def running_sums(a: Planes, axis: int) -> Planes:
    """See the package."""
    a = planes(a)
    dimensions = a.ndim - 1
    if not -dimensions <= axis < dimensions:
        raise ValueError(f"axis {axis} of planes of shape {a.shape}")
    axis = axis % dimensions + 1
    found = _running(np.moveaxis(a, axis, 1))
    return np.ascontiguousarray(np.moveaxis(found, 1, axis))


def _running(a: Planes) -> Planes:
    """Along axis 1: stretches of 2^10 on their own, and to each what all before it sum to."""
    length, rest = a.shape[1], a.shape[2:]
    if length <= _AT_ONCE:
        return _folded(np.cumsum(a, axis=1, dtype=np.uint64))
    stretches = -(-length // _AT_ONCE)
    padded = np.zeros((2, stretches * _AT_ONCE, *rest), dtype=np.uint64)
    padded[:, :length] = a
    own = _folded(np.cumsum(padded.reshape(2, stretches, _AT_ONCE, *rest), axis=2, dtype=np.uint64))
    own[:, 1:] += _running(own[:, :-1, -1])[:, :, None]
    return _folded(own).reshape(padded.shape)[:, :length]


def _shorten(a: Planes, axis: int) -> Planes:
    """The sums of all stretches of 2^10 elements along the axis, and of the rest."""
    whole = a.shape[axis] // _AT_ONCE
    before = (slice(None),) * axis
    stretches = a[(*before, slice(0, whole * _AT_ONCE))]
    parts = [
        stretches.reshape(*a.shape[:axis], whole, _AT_ONCE, *a.shape[axis + 1 :]).sum(axis=axis + 1, dtype=np.uint64)
    ]
    if a.shape[axis] % _AT_ONCE:
        rest = a[(*before, slice(whole * _AT_ONCE, None))]
        parts.append(rest.sum(axis=axis, keepdims=True, dtype=np.uint64))
    return _folded(np.concatenate(parts, axis=axis))


def _folded(sums: Planes) -> Planes:
    flat = sums.reshape(2, -1)
    l0, l1 = fold(flat[0], flat[1])
    return np.stack([l0, l1]).reshape(sums.shape)
