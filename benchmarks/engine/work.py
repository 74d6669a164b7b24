"""What is measured: the rows of the table, their sizes, and the targets they are held against. Standard library only."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, Self

Family = Literal["elementwise", "logistic", "horizontal", "alignment"]
SIGMOIDS: Final = ("linear", "segments", "accurate")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything; all engines of a run take the same."""

    elements: int = 100_000
    side: int = 512
    rows: int = 10_000
    columns: int = 50
    steps: int = 20
    batch: int = 1024
    epochs: int = 10
    split_columns: int = 20
    two_rows: int = 1_000_000
    three_rows: int = 700_000
    ids: int = 1_000_000

    @property
    def batches(self) -> int:
        """Mini-batches of one epoch; what is left over is not used, by any engine."""
        return self.rows // self.batch

    def sent(self) -> dict[str, Any]:
        """For a child process: ``Size(**sent)`` gives it back."""
        return asdict(self)

    def part(self, parts: int) -> Self:
        """One of ``parts`` equal parts of a descent's steps: all steps of a descent cost the same."""
        return replace(self, steps=self.steps // parts, epochs=self.epochs // parts)


FULL: Final = Size()
QUICK: Final = Size(
    elements=1_000,
    side=32,
    rows=600,
    columns=10,
    steps=4,
    batch=200,
    epochs=3,
    split_columns=5,
    two_rows=3_000,
    three_rows=2_000,
    ids=5_000,
)


@dataclass(frozen=True, slots=True)
class Target:
    """``must`` and ``aim``: times as fast as SPU (``kind`` ratio), or at most so many seconds."""

    kind: Literal["ratio", "seconds", "local"]
    must: float
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``delayed`` is the target with a delay on every link.

    ``errors``: the largest error of a result of ours and of a peer that is not wrong. ``mpyc_part``: stock MPyC does one
    part in so many of the steps, and its figures are multiplied.
    """

    key: str
    family: Family
    target: Target | None
    delayed: Target | None
    errors: tuple[float, float]
    peers: tuple[str, ...] = ()
    mpyc_part: int = 1
    bytes_aim: float | None = None

    def title(self, size: Size) -> str:
        """What people read."""
        return _titles(size)[self.key]


_AHEAD = Target("ratio", 1.0)
_AHEAD_LR = Target("ratio", 1.0, 10.0)
_BOTH = ("spu", "mpyc")
_NUMBERS = (1e-3, 1e-2)
"""Products of numbers up to 25; peers have 16 or 18 fraction bits."""
_ANSWERS = (2, 2)
"""Wrong answers among 100,000: operands that agree to the last bit after rounding to fixed point."""
_MODEL = (1e-3, 1e-2)
"""Of coefficients."""

ROWS: Final = (
    Row("multiply", "elementwise", Target("ratio", 2, 5), _AHEAD, _NUMBERS, _BOTH),
    Row("compare", "elementwise", Target("ratio", 6.5, 9), _AHEAD, _ANSWERS, _BOTH, bytes_aim=68),
    Row("matmul", "elementwise", Target("ratio", 2, 5), _AHEAD, _NUMBERS, _BOTH),
    Row("shuffle", "elementwise", None, None, (0, 0)),
    Row("divide", "elementwise", None, None, _NUMBERS),
    Row("sort", "elementwise", None, None, (0, 0)),
    Row("full_linear", "logistic", Target("ratio", 12, 20), _AHEAD_LR, _MODEL, _BOTH),
    Row("full_segments", "logistic", Target("ratio", 30, 40), _AHEAD_LR, _MODEL, _BOTH, mpyc_part=10),
    Row("full_accurate", "logistic", Target("ratio", 10, 20), _AHEAD_LR, _MODEL, ("spu",)),
    Row("mini_linear", "logistic", Target("ratio", 10, 15), _AHEAD_LR, _MODEL, _BOTH),
    Row("mini_segments", "logistic", Target("ratio", 40, 60), _AHEAD_LR, _MODEL, _BOTH, mpyc_part=10),
    Row("mini_accurate", "logistic", Target("ratio", 25, 40), _AHEAD_LR, _MODEL, ("spu",)),
    Row("split_linear", "horizontal", None, None, _MODEL),
    Row("split_logistic", "horizontal", Target("seconds", 60, 20), None, _MODEL),
    Row("split_logistic_level2", "horizontal", Target("local", 2), None, _MODEL),
    Row("psi", "alignment", Target("seconds", 2.5, 1), None, (0, 0)),
    Row("open", "elementwise", None, None, _NUMBERS),
    Row("open_unchecked", "elementwise", None, None, _NUMBERS),
)
MPYC_RATIO: Final = Target("ratio", 400, 1000)
BY_KEY: Final = {row.key: row for row in ROWS}
PARTS: Final = ("link", "kernels", "end_to_end", "history")
"""What is measured besides the rows: once, without peers."""


def _titles(size: Size) -> dict[str, str]:
    shape = f"{size.rows:,} × {size.columns}"
    full = f"logistic regression {shape}, {size.steps} full-batch steps"
    mini = f"logistic regression {shape}, {size.batches * size.epochs} mini-batches of {size.batch}"
    words = {"linear": "linear sigmoid", "segments": "three-segment sigmoid", "accurate": "accurate sigmoid"}
    two, three = f"{size.two_rows:,} × {size.split_columns}", f"{size.three_rows:,} × {size.split_columns}"
    return {
        "multiply": f"multiply {size.elements:,}",
        "compare": f"compare {size.elements:,}",
        "matmul": f"matrix product {size.side}³",
        "shuffle": f"shuffle {size.elements:,}",
        "divide": f"divide {size.elements:,} by numbers in [1, 100]",
        "sort": f"sort {size.elements:,} keys of 32 bits",
        **{f"full_{key}": f"{full}, {word}" for key, word in words.items()},
        **{f"mini_{key}": f"{mini}, {word}" for key, word in words.items()},
        "split_linear": f"rows split 2 × {two}: linear regression, level 4",
        "split_logistic": f"rows split 2 × {two}: logistic regression, level 4",
        "split_logistic_level2": f"rows split 3 × {three}: logistic regression, level 2",
        "open": f"open {size.elements:,}, checked as always",
        "open_unchecked": f"open {size.elements:,}, the check patched out",
        "psi": f"alignment of {size.ids:,} and {size.ids:,} ids",
    }
