"""A fitted forest whose splits and leaves nobody knows: its form as it passes between steps and stays at nodes, and its application.

Trees are complete: a node that does not split sends every row left. Node i of a level has children 2i and 2i + 1 in the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self, TypeAlias, cast, get_args

from mpc.arrays.interface import SecureArray, stack
from mpc.programs.tree.binning import Bins
from mpc.programs.tree.problem import Loss
from mpc.workflow.values import Model
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record, text_item
from protocol.sources import model_kind

FAMILY: Final = "forest"
KIND: Final = model_kind(FAMILY)
MOST_TREES: Final = 500
MOST_DEPTH: Final = 8
_ENTRIES: Final = 3_000_000
"""Numbers of a forest's choices: what stays at a node is at most 64 MiB."""
TrainedOn: TypeAlias = Literal["aligned", "stacked", "shared"]
_LOSSES: Final[dict[str, Loss]] = {loss: loss for loss in get_args(Loss)}
_TRAINED_ON: Final[dict[str, TrainedOn]] = {kind: kind for kind in get_args(TrainedOn)}


@dataclass(frozen=True, slots=True)
class Forest:
    """``choices`` are one-hot rows, (trees · (2^depth - 1), candidates), tree by tree, level by level; ``leaves`` (trees, 2^depth);
    ``start`` (1,), what is added for every row. Both are in units of 2^``unit``.

    ``cuts`` holds this party's own cut points by column, and is private to it; of rows split or shared they are common to all. Columns are
    ``owner.column`` for ``aligned`` rows, else plain names.
    """

    loss: Loss
    columns: tuple[str, ...]
    depth: int
    bins: Bins
    trained_on: TrainedOn
    unit: int
    choices: SecureArray
    leaves: SecureArray
    start: SecureArray
    cuts: Mapping[str, tuple[float, ...]] = field(default_factory=dict, repr=False)

    @property
    def trees(self) -> int:
        """How many trees."""
        return self.leaves.shape[0]

    def predicted(self, answers: SecureArray) -> SecureArray:
        """The raw scores of rows that answered every candidate, (candidates, rows), in units of 2^``unit``; shape (rows,).

        All trees at once: a matrix product, a product for each level, and a sum. Rounds: depth + 2.
        """
        rows, inner = answers.shape[1], 2**self.depth - 1
        turns = self.choices.matmul(answers, limit=1).within(1, because="one answer of each node")
        turns = turns.reshape(self.trees, inner, rows)
        members = halved(None, turns[:, :1])
        for level in range(1, self.depth):
            members = halved(members, turns[:, 2**level - 1 : 2 ** (level + 1) - 1])
        flat = members.reshape(self.trees * 2**self.depth, rows)
        scores = self.leaves.reshape(1, -1).matmul(flat, limit=self.leaves.limit * self.trees)
        return (scores + self.start.reshape(1, 1)).reshape(rows)

    def value(self) -> Model:
        """As it passes between steps and stays at nodes."""
        if self.choices.size > _ENTRIES:
            raise too_large(self.choices.size)
        public: dict[str, Any] = {
            "loss": self.loss,
            "columns": list(self.columns),
            "depth": self.depth,
            "bins": self.bins.most,
            "missing": "" if self.bins.missing is None else repr(self.bins.missing),
            "limit": repr(self.bins.limit),
            "bits": self.bins.bits,
            "trained_on": self.trained_on,
            "unit": self.unit,
        }
        private = {name: [repr(cut) for cut in cuts] for name, cuts in self.cuts.items()}
        arrays = {"choices": self.choices, "leaves": self.leaves, "start": self.start}
        return Model(FAMILY, arrays, public, {"cuts": private})

    @classmethod
    def of(cls, value: object) -> Self:
        """Read what :meth:`value` gave; anything else is refused (``model.malformed``, ``json.*``)."""
        if (
            not isinstance(value, Model)
            or value.family != FAMILY
            or set(value.arrays) != {"choices", "leaves", "start"}
        ):
            raise _broken("no choices and leaves of a forest")
        public, private = Record(value.public, "model"), Record(value.private, "model")
        loss, trained_on = public.text("loss", 20), public.text("trained_on", 20)
        if loss not in _LOSSES:
            raise _broken(f"the loss {loss!r}")
        if trained_on not in _TRAINED_ON:
            raise _broken(f"rows of the kind {trained_on!r}")
        columns = public.list("columns", LIMITS.columns, text_item)
        depth, most = public.integer("depth", 1, MOST_DEPTH), public.integer("bins", 2, 256)
        missing = public.text("missing", 40) if value.public.get("missing") else ""
        bins = Bins(
            most, float(missing) if missing else None, float(public.text("limit", 40)), public.integer("bits", 0, 60)
        )
        if not missing:
            public.const("missing", "")
        unit = public.integer("unit", 0, 60)
        cuts = {name: _numbers(item) for name, item in private.mapping("cuts", LIMITS.columns).items()}
        public.done()
        private.done()
        choices, leaves, start = (value.arrays[name] for name in ("choices", "leaves", "start"))
        inner, candidates = 2**depth - 1, 1 + len(columns) * bins.places
        trees = leaves.shape[0] if leaves.ndim == 2 else 0
        if leaves.shape != (trees, inner + 1) or choices.shape != (trees * inner, candidates) or start.shape != (1,):
            raise _broken(f"choices of shape {choices.shape} for leaves of shape {leaves.shape}")
        return cls(
            _LOSSES[loss], columns, depth, bins, _TRAINED_ON[trained_on], unit, choices, leaves, start, cuts
        )  # fmt: skip


def halved(members: SecureArray | None, turns: SecureArray) -> SecureArray:
    """Membership of the children, (…, 2 · nodes, rows), from that of the nodes (None: of the root) and their rows' turns to the left."""
    whole = 1 if members is None else members
    left = turns if members is None else (members * turns).within(1, because="a product of bits")
    right = (whole - left).within(1, because="who is here and does not go left")
    return stack([left, right], left.ndim - 1).reshape(*left.shape[:-2], 2 * left.shape[-2], left.shape[-1])


def too_large(entries: int) -> FormatError:
    """A forest that no node can keep."""
    return FormatError(
        "boost.too_large_to_keep",
        f"A forest of {entries} choices is more than a node keeps; the limit is {_ENTRIES}.",
        "Use fewer trees, bins or columns, or a smaller depth; or do not ask for the model.",
    )


def _numbers(item: Any) -> tuple[float, ...]:  # noqa: ANN401 - JSON
    if not isinstance(item, list):
        raise _broken("cut points that are no list")
    return tuple(float(str(each)) for each in cast("list[object]", item))


def _broken(what: str) -> FormatError:
    return FormatError("model.malformed", f"A kept model has {what}.", "Restore the node's folder from its backup.")
