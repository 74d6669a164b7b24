"""Records that a model is applied to: of the kind that it was trained on, their columns in its order."""

from typing import Final

import numpy as np

from protocol.errors import RefusedError

_STACKED: Final = "rows of several owners (table.stack)"
_WANTED: Final = {
    "aligned": "columns of several owners (psi.align)",
    "raw": _STACKED,
    "pooled": _STACKED,
    "stacked": _STACKED,
    "shared": "a secret table",
}
"""What records are called by what models say that they were trained on."""


def order(columns: tuple[str, ...], names: tuple[str, ...]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Where a model's ``columns`` are among the records' ``names``; ``score.columns`` where one is missing or came twice."""
    missing = sorted(set(columns) - set(names))
    if missing or len(set(names)) != len(names):
        raise RefusedError(
            "score.columns",
            f"The model needs {', '.join(missing)}, which the tables do not have."
            if missing
            else "A column came twice.",
            "Name the data sets and columns that the model was trained on.",
        )
    return np.array([names.index(name) for name in columns], dtype=np.int64)


def wrong_kind(trained_on: str) -> RefusedError:
    """``score.kind``: records of another kind than those of training."""
    what = f"This model was trained on {_WANTED[trained_on]}, the records are not."
    return RefusedError("score.kind", what, "Bring the records as in training.")
