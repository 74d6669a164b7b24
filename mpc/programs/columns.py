"""An owner's columns in the clear, before they are shared: scaled, and refused by name when they leave a range (I12)."""

import numpy as np
from numpy.typing import ArrayLike

from mpc.workflow.values import Floats
from protocol.errors import RangeError


def scaled(values: Floats, means: Floats, deviations: Floats) -> Floats:
    """``(values - mean) / deviation`` by column; a column of deviation 0 becomes 0."""
    constant = deviations == 0
    return np.where(constant, 0.0, (values - means) / np.where(constant, 1.0, deviations))


def clipped(values: Floats, limit: float) -> Floats:
    """Every value within ±``limit``."""
    return np.clip(values, -limit, limit)


def beyond(values: Floats, limit: float) -> ArrayLike:
    """Which columns have a value beyond ±``limit``."""
    return (np.abs(values) > limit).any(axis=0)


def refuse(columns: tuple[str, ...], wrong: ArrayLike, code: str, what: str, fix: str) -> None:
    """Raise ``code`` naming the columns marked in ``wrong``, if any."""
    names = [name for name, flag in zip(columns, np.atleast_1d(wrong), strict=True) if flag]
    if names:
        raise RangeError(code, f"{what}: {', '.join(names)}.", fix, columns=names)
