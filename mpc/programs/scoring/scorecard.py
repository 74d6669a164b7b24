"""Scorecards as programs hand them on: a value of the family ``scorecard``, to be used at once or kept at the nodes."""

from dataclasses import dataclass
from typing import Final, Self

from mpc.arrays.interface import SecureArray
from mpc.workflow.values import Model
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record, text_item
from protocol.sources import model_kind

FAMILY: Final = "scorecard"
KIND: Final = model_kind(FAMILY)
POINT_BITS: Final = 18
"""Points are held to 2^-18."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``points`` (columns, bins) that a bin of a column adds to ``base`` (); ``columns`` are plain names."""

    columns: tuple[str, ...]
    points: SecureArray
    base: SecureArray

    def value(self) -> Model:
        """As it passes between steps and stays at nodes."""
        return Model(FAMILY, {"points": self.points, "base": self.base}, {"columns": list(self.columns)}, {})

    @classmethod
    def of(cls, value: object) -> Self:
        """Read what :meth:`value` gave; anything else is refused (``model.malformed``, ``json.*``)."""
        if not isinstance(value, Model) or value.family != FAMILY or set(value.arrays) != {"points", "base"}:
            raise _broken("no points of a scorecard")
        public, points, base = Record(value.public, "model"), value.arrays["points"], value.arrays["base"]
        columns = public.list("columns", LIMITS.columns, text_item)
        public.done()
        if points.ndim != 2 or points.shape[0] != len(columns) or base.size != 1:
            raise _broken(f"points of shape {points.shape} for {len(columns)} columns")
        return cls(columns, points, base)


def _broken(what: str) -> FormatError:
    return FormatError("model.malformed", f"A kept model has {what}.", "Restore the node's folder from its backup.")
