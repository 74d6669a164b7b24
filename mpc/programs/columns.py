"""An owner's columns in the clear, before they are shared: scaled, and refused by name when they leave a range (I12)."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from mpc import faults
from mpc.workflow.values import Floats
from protocol.data_faults import DataFault


def scaled(values: Floats, means: Floats, deviations: Floats) -> Floats:
    """``(values - mean) / deviation`` by column; a column of deviation 0 becomes 0."""
    constant = deviations == 0
    return np.where(constant, 0.0, (values - means) / np.where(constant, 1.0, deviations))


def within(values: Floats, names: tuple[str, ...], limit: float, code: str, *, clip: bool) -> Floats:
    """Every value within ±``limit``: what is beyond is refused with ``code``, or cut off where the task says ``clip``."""
    if not clip:
        refuse(names, beyond(values, limit), code, limit=f"{limit:g}")
    elif faults.noticing() and bool((wrong := beyond(values, limit)).any()):
        faults.notice("values.clipped", _marked(names, wrong), _rows(wrong), limit=f"{limit:g}")
    return np.clip(values, -limit, limit)


def counted(values: Floats, limit: float) -> Floats:
    """How many values of each column are beyond ±``limit``."""
    return beyond(values, limit).sum(axis=0).astype(np.float64)


def beyond(values: Floats, limit: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Which values are beyond ±``limit``."""
    return np.abs(values) > limit


def refuse(columns: tuple[str, ...], wrong: ArrayLike, code: str, **facts: str | int) -> None:
    """Refuse with ``code``, naming the columns marked in ``wrong`` (shape (columns,), or (rows, columns)), if any."""
    marks = np.asarray(wrong, dtype=bool)
    if bool(marks.any()):
        faults.refuse(DataFault(code, _marked(columns, marks), _rows(marks), **facts))


CONSTANT: Final = 1e-9
"""A column is constant when its deviation is below this fraction of its largest magnitude: the rest is rounding."""
_NARROW: Final = 2.0**-19
FEATURE_PLACES: Final = 34
"""Second moments that owners deal have 80 places: a variance of 2^-68 keeps three digits."""
TARGET_PLACES: Final = 21
"""A target this much finer than its limit leaves a result, whose places are fixed by the limit, three digits."""


def resolved(values: Floats, names: tuple[str, ...], limit: float, places: int, *, pooled: bool = True) -> None:
    """Refuse an owner's columns that vary by too little to be told (at a run and before signing).

    A spread below 2^-``places`` of the task's limit (``values.too_fine``) is lost in what is shared; in moments that are
    ``pooled``, one below 2^-19 of a column's own values (``values.narrow``) counts as none. Constant columns are no matter of
    resolution.
    """
    largest, spread = np.abs(values).max(axis=0, initial=0.0), values.std(axis=0)
    varies = spread > CONSTANT * largest
    if pooled:
        refuse(names, varies & (spread < _NARROW * largest), "values.narrow")
    refuse(names, varies & (spread < limit * 2.0**-places), "values.too_fine", limit=f"{limit:g}")


def _marked(columns: tuple[str, ...], marks: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> list[str]:
    flags = np.atleast_1d(marks.any(axis=0) if marks.ndim > 1 else marks)
    return [name for name, flag in zip(columns, flags, strict=True) if flag]


def _rows(marks: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> int | None:
    return int(marks.any(axis=1).sum()) if marks.ndim > 1 else None
