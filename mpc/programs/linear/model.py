"""Linear models as programs hand them on: a value of the family ``linear``, with what scoring needs beside the weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, TypeAlias, cast, get_args

from mpc.arrays.interface import SecureArray
from mpc.workflow.values import Model
from protocol import ids
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record, text_item
from protocol.sources import model_kind

FAMILY: Final = "linear"
KIND: Final = model_kind(FAMILY)
Link: TypeAlias = Literal["identity", "logit", "log", "softmax"]
TrainedOn: TypeAlias = Literal["aligned", "raw", "pooled", "shared"]
"""What a model's rows were: columns that their owners standardised; rows of several owners in raw units, or in each owner's
own standardised units; or a secret table."""
_LINKS: Final[dict[str, Link]] = {link: link for link in get_args(Link)}
_TRAINED_ON: Final[dict[str, TrainedOn]] = {kind: kind for kind in get_args(TrainedOn)}


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A fitted linear predictor whose weights nobody knows.

    ``weights`` has shape (columns + 1,), (columns + 1, classes), or (columns + 1, owners) of a ``pooled`` model: one column
    for the rows of each of ``owners``. The last row is the intercept. ``limit`` bounds every |feature| in the units of the
    weights; ``slope_limit``, where training cut them off there, every weight but the intercept. ``scalings`` holds this party's own means and deviations of training, by column name, and is private to it.
    Columns are ``owner.column`` for ``aligned`` rows, else plain names.
    """

    link: Link
    columns: tuple[str, ...]
    weights: SecureArray
    limit: float
    trained_on: TrainedOn
    scalings: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    owners: tuple[str, ...] = ()
    slope_limit: float | None = None

    def value(self) -> Model:
        """As it passes between steps and stays at nodes."""
        public: dict[str, Any] = {
            "link": self.link,
            "columns": list(self.columns),
            "limit": repr(self.limit),
            "trained_on": self.trained_on,
            "owners": list(self.owners),
        }
        if self.slope_limit is not None:
            public["slope_limit"] = repr(self.slope_limit)
        private = {name: [repr(mean), repr(deviation)] for name, (mean, deviation) in self.scalings.items()}
        return Model(FAMILY, {"weights": self.weights}, public, {"scalings": private})

    @classmethod
    def of(cls, value: object) -> Self:
        """Read what :meth:`value` gave; anything else is refused (``model.malformed``, ``json.*``)."""
        if not isinstance(value, Model) or value.family != FAMILY or set(value.arrays) != {"weights"}:
            raise _broken("no weights of a linear model")
        public, private, weights = (
            Record(value.public, "model"),
            Record(value.private, "model"),
            value.arrays["weights"],
        )
        link, trained_on = public.text("link", 20), public.text("trained_on", 20)
        if link not in _LINKS:
            raise _broken(f"the link {link!r}")
        if trained_on not in _TRAINED_ON:
            raise _broken(f"rows of the kind {trained_on!r}")
        columns = public.list("columns", LIMITS.columns, text_item)
        limit, owners = float(public.text("limit", 40)), public.list("owners", LIMITS.run_parties, ids.name)
        scalings = {name: _pair(item) for name, item in private.mapping("scalings", LIMITS.columns).items()}
        slopes = float(public.text("slope_limit", 40)) if public.has("slope_limit") else None
        public.done()
        private.done()
        if not 1 <= weights.ndim <= 2 or weights.shape[0] != len(columns) + 1:
            raise _broken(f"weights of shape {weights.shape} for {len(columns)} columns")
        if owners and weights.shape[1:] != (len(owners),):
            raise _broken(f"weights of shape {weights.shape} for {len(owners)} owners")
        return cls(_LINKS[link], columns, weights, limit, _TRAINED_ON[trained_on], scalings, owners, slopes)


def _pair(value: Any) -> tuple[float, float]:  # noqa: ANN401 - JSON
    if not isinstance(value, list) or len(cast("list[object]", value)) != 2:
        raise _broken("a scaling that is no pair")
    mean, deviation = (float(str(item)) for item in cast("list[object]", value))
    return mean, deviation


def _broken(what: str) -> FormatError:
    return FormatError("model.malformed", f"A kept model has {what}.", "Restore the node's folder from its backup.")
