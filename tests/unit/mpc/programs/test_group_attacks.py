"""Attacks on the minimum group, over every output of every program: readers subtract what they bring, and combine what they read.

Driven by the catalogue: an output that no attack here names fails the last test. The data are made to tell: one person of another owner,
a value that one person has, groups, classes and clusters of a few. ``K`` is the agreed group.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest

from mpc.arrays.interface import share
from mpc.programs.catalogue import CATALOGUE
from mpc.programs.linear.model import LinearModel
from mpc.workflow.program import Program
from mpc.workflow.values import Owned, PrivateTable, SharedTable, Source
from protocol.errors import TallyError
from protocol.programs import SUPPORTS, Port
from protocol.support import WORDS, needs_consent
from tests.unit.mpc.programs.genotypes import centres, table_of
from tests.unit.mpc.programs.group_rule import is_small, told
from tests.unit.mpc.programs.steps import Outcome, aligned, label, run_step, stacked

K: Final = 5
RNG = np.random.default_rng(71)
ATTACKED: dict[tuple[str, str], list[Callable[[], None]]] = {}
Attack = Callable[[], None]


def attack(program: str, *outputs: str) -> Callable[[Attack], Attack]:
    """An attack on these outputs."""

    def keep(body: Attack) -> Attack:
        for output in outputs:
            ATTACKED.setdefault((program, output), []).append(body)
        return body

    return keep


def run(program: str, inputs: Any, parameters: Any = None, *, wanted: Sequence[str], **options: Any) -> Outcome:
    return run_step(f"{program}@1.0.0", inputs, parameters, wanted=tuple(wanted), minimum_group=K, **options)


def refused(code: str, *arguments: Any, **options: Any) -> None:
    with pytest.raises(TallyError) as error:
        run(*arguments, **options)
    assert error.value.code == code


def rows_of(parts: dict[str, Any], columns: str = "ab") -> Any:
    """Stacked rows at the ports ``tables``, ``table`` and ``features``, the last column as label."""

    def inputs(port: str, by: str = "") -> Any:
        def made(me: str, _: Any) -> dict[str, Any]:
            table = stacked(me, columns, parts)
            return {port: (table,)} | ({by: (table.column(columns[-1]),)} if by else {})

        return made

    return inputs


def columns_of(parts: dict[str, tuple[str, Any]], train: int | None = None) -> Any:
    def inputs(port: str, by: tuple[str, Any] | None = None, name: str = "") -> Any:
        def made(me: str, _: Any) -> dict[str, Any]:
            table = aligned(me, parts, train)
            return {port: (table,)} | ({name: (label(me, by[0], by[1]),)} if by and name else {})

        return made

    return inputs


def spread(rows: int, columns: int = 2) -> Any:
    return RNG.normal(size=(rows, columns)).round(3)


@attack("prepare.table", "counts")
def one_empty_cell_and_one_far_out() -> None:
    """That a cell of one person is empty, and that all but one are clipped, is about that person."""
    values = {"a": np.array([np.nan, *np.arange(39.0)]), "b": np.array([0.0, *np.full(39, 9.0)])}
    table = PrivateTable(tuple(map(str, range(40))), values)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        return {"table": (Source("bank-set", "bank", ("a", "b"), table if me == "bank" else None),)}

    recipe = {"recipe": "a: fill 0, clip 0 100; b: clip -1 1"}
    assert run("prepare.table", inputs, recipe, wanted=("counts",)).opened["counts"].tolist() == [K, 0, K]


LONE = {"bank": spread(1), "shop": spread(40)}
"""One row of the bank's: whoever brings the shop's rows subtracts them."""


@attack("stats.describe", "sum", "mean", "variance", "count", "shown")
@attack("stats.correlation", "correlation", "shown")
@attack("kmeans", "centroids", "sizes", "inertia", "moved")
def one_other_row() -> None:
    for program, port in (("stats.describe", "table"), ("stats.correlation", "tables"), ("kmeans", "tables")):
        wanted = [port_.name for port_ in CATALOGUE[f"{program}@1.0.0"].outputs if port_.support != "per-person"]
        wanted = [name for name in wanted if name not in ("minimum", "maximum", "quantiles")]
        refused("group.too_small", program, rows_of(LONE)(port), wanted=wanted, readers=("shop",))
        refused("group.too_small", program, rows_of(LONE)(port), wanted=wanted, readers=("bank", "shop"))
        found = run(program, rows_of(LONE)(port), wanted=wanted, readers=("neutral",))
        assert set(found.opened) == {*wanted}


@attack("stats.describe", "sum", "mean", "variance", "shown")
def sums_that_are_counts() -> None:
    """Of the bank's 20 rows one has the mark; the shop has many: the total is known, and so is its own part."""
    bank, shop = spread(20), spread(30)
    bank[:, 1], shop[:, 1] = np.eye(20)[3], (RNG.random(30) < 0.5)
    wanted = ("sum", "mean", "variance", "shown")
    for readers in (("shop",), ("bank", "shop")):
        found = run(
            "stats.describe", rows_of({"bank": bank, "shop": shop})("table"), wanted=wanted, readers=readers
        ).opened
        assert found["shown"].tolist() == [1, 0]
        assert [found[name][1] for name in wanted[:3]] == [0, 0, 0]
        assert np.isclose(found["sum"][0], bank[:, 0].sum() + shop[:, 0].sum())
    stranger = run("stats.describe", rows_of({"bank": bank, "shop": shop})("table"), wanted=wanted).opened
    assert stranger["shown"].tolist() == [1, 1]  # there are enough of both together
    parts = {"bank": ("ab", np.column_stack([bank[:, 0], np.arange(20) % 3 == 0])), "shop": ("c", bank[:, 1:])}
    split = run("stats.describe", columns_of(parts)("table"), wanted=wanted).opened
    assert split["shown"].tolist() == [1, 1, 0]
    assert split["mean"][2] == split["variance"][2] == 0


@attack("stats.describe", "sum", "mean", "variance", "shown")
def three_values_of_shares() -> None:
    """Nobody knows how often a value occurs in a table of shares: no sums leave of it."""

    def inputs(_: str, backend: Any) -> dict[str, Any]:
        rows = share(
            backend, np.eye(20)[:, :2] if backend.pid == 0 else None, shape=(20, 2), owner=0, fraction_bits=0, limit=1
        )
        return {"table": (SharedTable(("a", "b"), rows, owned=(("", 20),)),)}

    assert not run("stats.describe", inputs, wanted=("sum", "shown")).opened["sum"].any()


@attack("stats.correlation", "correlation", "shown")
def two_marks_of_two_owners() -> None:
    """With both margins known a correlation of marks is how many have both."""
    left, right = np.zeros(40), np.zeros(40)
    left[:10], right[9:25] = 1, 1
    other = spread(40, 1)
    parts = {"bank": ("ab", np.column_stack([left, other])), "shop": ("c", right.reshape(-1, 1))}
    found = run("stats.correlation", columns_of(parts)("tables"), wanted=("correlation", "shown")).opened
    assert found["shown"].tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    assert found["correlation"][0, 2] == found["correlation"][2, 0] == 0
    both = np.column_stack([left, right])
    rows = {"bank": both, "shop": np.column_stack([np.arange(30) % 2, np.arange(30) // 15])}
    split = run("stats.correlation", rows_of(rows)("tables"), wanted=("correlation", "shown"), readers=("shop",)).opened
    assert split["shown"].tolist() == [[1, 0], [0, 1]]


@attack("stats.correlation", "vif")
def a_factor_between_two_marks() -> None:
    """The factor of a third column and its own correlations would give the hidden one of two marks."""
    rows = np.arange(30)
    left, right = (rows < 12).astype(float), ((rows < 2) | (rows > 20)).astype(float)
    parts = {"bank": ("a", left.reshape(-1, 1)), "shop": ("bc", np.column_stack([spread(30, 1), right]))}
    wanted = ("correlation", "shown", "vif")
    found = run("stats.correlation", columns_of(parts)("tables"), wanted=wanted).opened
    assert found["shown"].tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    assert found["vif"].tolist() == [0, 0, 0]


@attack("stats.crosstab", "table", "shown", "chi_square", "degrees")
def margins_of_a_table() -> None:
    """The owners of rows and columns know their margins; so does who read them elsewhere."""
    wanted, smallest = ("table", "shown", "chi_square", "degrees"), 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        left, right = rng.integers(0, 3, 60), np.minimum(rng.integers(0, 5, 60), 2)
        left[:2], right[left == 2] = 2, 0

        def inputs(me: str, _: Any, left: Any = left, right: Any = right) -> dict[str, Any]:
            return {"row": (label(me, "bank", left, "l"),), "column": (label(me, "shop", right, "r"),)}

        found = run("stats.crosstab", inputs, {"row_levels": 3, "column_levels": 3}, wanted=wanted).opened
        counts = np.zeros((3, 3), int)
        np.add.at(counts, (left, right), 1)
        line = found["table"].any(axis=1)
        shown = np.broadcast_to(line.reshape(-1, 1), counts.shape)
        if line.any():
            assert not is_small(counts[shown], K).any()
            assert not is_small(told(counts, shown), K).any()
            assert not is_small(counts[~line].sum(axis=0), K).any()
        if is_small(counts, K).any():
            smallest += 1
            assert (found["chi_square"], found["degrees"]) == (0, 0)
    assert smallest >= 3


@attack("stats.crosstab", "table", "shown", "chi_square", "degrees")
def own_rows_of_a_table() -> None:
    """The shop subtracts its own table: the bank's cells are left."""
    bank = np.array([[0, 0]] * 9 + [[1, 1]] * 9 + [[0, 1]])
    shop = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 8)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(me, "lr", {"bank": bank, "shop": shop})
        return {"row": (table.column("l"),), "column": (table.column("r"),)}

    wanted = ("table", "shown", "chi_square", "degrees")
    assert run("stats.crosstab", inputs, wanted=wanted).opened["shown"].all()
    found = run("stats.crosstab", inputs, wanted=wanted, readers=("shop",)).opened
    assert not any(found[name].any() for name in wanted)


@attack("stats.groupby", "count", "shown", "sum", "mean")
def groups_of_marks() -> None:
    """A sum of 0 and 1 in a group counts; and of a group alone what is left of the total."""
    by = np.repeat([0.0, 1.0, 2.0], [30, 30, 3])
    marks = np.zeros(63)
    marks[[0, *range(31, 50)]] = 1
    wanted = ("count", "shown", "sum", "mean")
    parts = {"bank": ("a", spread(63, 1)), "shop": ("b", marks.reshape(-1, 1))}
    found = run("stats.groupby", columns_of(parts)("tables", ("bank", by), "by"), {"groups": 3}, wanted=wanted).opened
    assert not found["shown"].any()  # one of group 0 has the mark, three are in group 2: what hides needs company
    assert not found["sum"].any()
    marks[[2, 4, 6, 8, 10]] = 1
    parts = {"bank": ("a", spread(63, 1)), "shop": ("b", marks.reshape(-1, 1))}
    found = run("stats.groupby", columns_of(parts)("tables", ("bank", by), "by"), {"groups": 3}, wanted=wanted).opened
    hidden = found["shown"] == 0
    for marked in (marks == 0, marks == 1):
        left = sum(int((by[marked] == group).sum()) for group in np.flatnonzero(hidden))
        assert not is_small(left, K)
    assert not is_small([(by == group).sum() for group in np.flatnonzero(~hidden)], K).any()
    rows = {
        "bank": np.column_stack([spread(8, 1), np.repeat([0, 1], [7, 1])]),
        "shop": np.column_stack([spread(40, 1), np.arange(40) % 2]),
    }
    split = run("stats.groupby", rows_of(rows)("tables", "by"), wanted=wanted, readers=("shop",)).opened
    assert not any(split[name].any() for name in wanted)


@attack("stats.sql", "figures", "shown")
def one_person_in_a_query() -> None:
    """Whom WHERE leaves out, whom a branch of CASE takes, and of whom a sum is, is one of forty."""
    one, rows = np.eye(40)[7], spread(40, 1)
    for text in (
        "SELECT SUM(a) FROM rows WHERE b = 0",
        "SELECT SUM(a) FROM rows WHERE b = 1",
        "SELECT SUM(CASE WHEN b = 1 THEN a ELSE 5 END) FROM rows",
        "SELECT SUM(a + b) FROM rows",
        "SELECT b, COUNT(*) FROM rows WHERE b IN (0, 1) GROUP BY b",
    ):
        parts = {"bank": ("a", rows), "shop": ("b", one.reshape(-1, 1))}
        found = run("stats.sql", columns_of(parts)("tables"), {"sql": text}, wanted=("figures", "shown"))
        assert not any(found.opened[name].any() for name in ("figures", "shown"))
        below = {"bank": np.column_stack([rows, one])[:20], "shop": np.column_stack([rows, np.arange(40) % 2])}
        for readers in (("shop",), ("bank", "shop")):
            found = run(
                "stats.sql", rows_of(below)("tables"), {"sql": text}, wanted=("figures", "shown"), readers=readers
            )
            assert not any(found.opened[name].any() for name in ("figures", "shown"))


@attack("gwas.assoc", "counts", "people", "shown", "variant_list")
def a_rare_allele_of_one_centre() -> None:
    """Three of the bank's cases carry it, and one of its people has no call; the shop reads, and subtracts its own."""
    cases = np.arange(60) % 2.0
    common = np.arange(60) // 2 % 3
    rare, unknown = (common > 0).astype(int), common.copy()
    rare[[1, 3, 5]], unknown[0] = 2, -1
    bank, shop = np.column_stack([common, rare, unknown]), np.column_stack([common] * 3)
    inputs = centres({"bank": table_of(cases, bank), "shop": table_of(cases, shop)})
    wanted = ("counts", "people", "shown", "variant_list")
    for readers, shown in (((), [1, 1, 0]), (("shop",), [1, 0, 0]), (("bank", "shop"), [1, 0, 0])):
        found = run("gwas.assoc", inputs, {"variants": 3}, wanted=wanted, readers=readers).opened
        assert found["shown"].tolist() == shown
        assert found["counts"].any(axis=1).tolist() == [bool(each) for each in shown]
        assert found["people"].tolist() == [60, 60]
        assert not found["variant_list"].any()  # the made-up list's digest, whoever is in the tables
    few = centres({"bank": table_of(cases[:8], bank[:8]), "shop": table_of(cases, shop)})
    found = run("gwas.assoc", few, {"variants": 3}, wanted=wanted, readers=("shop",)).opened
    assert not any(found[name].any() for name in ("counts", "people", "shown"))  # four cases of the bank's


@attack("reconcile.flows", "totals", "amounts")
def a_few_payments_that_differ() -> None:
    """With two that differ the sums' difference would be about these; a bank that reads knows its own lines, so none does."""
    keys = np.arange(40.0)

    def inputs(differ: int) -> Any:
        def made(me: str, _: Any) -> dict[str, Any]:
            def source(owner: str, amounts: Any) -> Source:
                table = PrivateTable(tuple(map(str, range(40))), {"amount": amounts, "key": keys})
                return Source(f"{owner}-set", owner, ("amount", "key"), table if me == owner else None)

            return {"reported": (source("bank", keys),), "banks": (source("shop", np.where(keys < differ, 50, keys)),)}

        return made

    wanted = ("totals", "amounts")
    for differ in (0, 2, K, 38, 40):
        found = run("reconcile.flows", inputs(differ), {"keys": "key"}, wanted=wanted, readers=("bank",)).opened
        few = is_small(differ, K) or is_small(40 - differ, K)
        assert found["totals"].tolist() == [0 if few else n for n in (40 - differ, differ, 0, 0, 0, 0, 40, 0)]
        assert found["amounts"].any() != few
    refused("reconcile.reader", "reconcile.flows", inputs(0), {"keys": "key"}, wanted=wanted, readers=("bank", "shop"))


@attack("feature.woe_iv", "woe", "iv")
def bins_of_few_positives() -> None:
    bins = np.repeat([0.0, 1.0, 2.0], [30, 30, 30])
    positive = np.zeros(90)
    positive[[0, 1, *range(30, 45), *range(60, 70)]] = 1  # two in bin 0
    for owner in ("bank", "shop"):
        parts = {owner: ("c", bins.reshape(-1, 1))}
        found = run(
            "feature.woe_iv",
            columns_of(parts)("tables", ("bank", positive), "label"),
            {"bins": 3},
            wanted=("woe", "iv"),
        ).opened
        hidden = found["woe"][0] == 0
        left = positive.reshape(3, 30).sum(axis=1)[hidden].sum()
        assert hidden[0]
        assert not is_small([left, 30 * hidden.sum() - left], K).any()
    rows = {"bank": np.column_stack([bins[:30] * 0, np.eye(30)[0]]), "shop": np.column_stack([bins, positive])}
    split = run(
        "feature.woe_iv", rows_of(rows)("tables", "label"), {"bins": 3}, wanted=("woe", "iv"), readers=("shop",)
    ).opened
    assert not split["woe"].any()
    assert not split["iv"].any()


@attack("feature.standardize", "means", "deviations")
def rows_that_train() -> None:
    """Mean ± deviation of two rows are these rows; and of all but two, with those of all."""
    parts = {"bank": ("a", spread(40, 1)), "shop": ("b", spread(40, 1))}
    wanted = ("means", "deviations")
    for fraction in ("0.05", "0.95"):
        refused(
            "group.too_small",
            "feature.standardize",
            columns_of(parts)("tables"),
            {"train_fraction": fraction},
            wanted=wanted,
        )
    parts["shop"] = ("b", np.eye(40)[:, :1])
    refused("group.rare", "feature.standardize", columns_of(parts)("tables"), {"train_fraction": "1"}, wanted=wanted)


@attack("feature.standardize", "clipped")
@attack("glm.logistic", "clipped")
@attack("glm.logistic_federated", "clipped")
def values_that_few_people_have() -> None:
    """How many values are far out: one person, or the group, must read alike; and so must all rows of an owner but a few."""
    far = np.zeros((60, 2))
    far[:, 0], far[:, 1] = np.arange(60) % 7, np.arange(60) % 5
    several = far.copy()
    far[3, 0] = 900
    several[3:10, 0] = 900
    given = {"train_fraction": "1", "limit": "2", "beyond_limit": "clip"}
    for values, count in ((far, K), (several, 7)):
        parts = {"bank": ("ab", values), "shop": ("c", spread(60, 1))}
        found = run("feature.standardize", columns_of(parts)("tables"), given, wanted=("clipped",)).opened["clipped"]
        assert found.tolist()[:2] == [count, 0]
    yes = (np.arange(60) % 2).reshape(-1, 1)
    for values, readers, seen in ((far, (), 8), (far, ("shop",), K), (several, ("shop",), 14)):
        rows = {"bank": np.column_stack([values, yes]), "shop": np.column_stack([several, yes])}
        split = run(
            "glm.logistic", rows_of(rows, "aby")("features", "label"), {**given, "iterations": 3},
            wanted=("clipped",), readers=readers,
        ).opened["clipped"]  # fmt: skip
        assert split.tolist() == [seen, 0]
    parts = {name: np.column_stack([spread(40, 2), np.arange(40) % 2]) for name in ("bank", "neutral", "shop")}
    parts["bank"][3, 0] = 40  # everybody reads on the way: of each owner's rows there must be enough
    given = {"limit": "4", "beyond_limit": "clip", "iterations": 2}
    found = run("glm.logistic_federated", rows_of(parts, "aby")("features", "label"), given, wanted=("clipped",))
    assert found.opened["clipped"].tolist() == [K, 0]


LEAST_SQUARES: dict[str, dict[str, str]] = {"linear.ridge": {"alpha": "0"}}
"""Without a penalty, for standard errors."""


def fitted(program: str, rows: int, *, classes: int = 0, **options: Any) -> tuple[Any, ...]:
    features, target = spread(rows, 2), np.arange(rows) % max(2, classes)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = stacked(
            me,
            "aby",
            {"bank": np.column_stack([features, target]), "shop": np.column_stack([spread(60, 2), np.arange(60) % 2])},
        )
        return {"features": (table,), "label": (table.column("y"),)}

    parameters = {"train_fraction": "1"} if program != "glm.logistic_federated" else {}
    parameters |= LEAST_SQUARES.get(program, {})
    return program, inputs, {**parameters, **options}


MODELS = ("glm.logistic", "linear.ridge", "glm.poisson", "glm.softmax")
MODEL = ("coefficients", "intercept")
MORE = {
    "glm.logistic": (
        "loss",
        "convergence",
        "means",
        "deviations",
        "standard_errors",
        "intercept_error",
        "fitted_rows",
    ),
    "linear.ridge": ("flagged", "standard_errors", "intercept_error", "spread", "fitted_rows"),
    "glm.poisson": ("convergence", "standard_errors", "intercept_error", "fitted_rows", "likelihood"),
    "glm.softmax": ("convergence",),
}


@attack("glm.logistic", *MODEL, *MORE["glm.logistic"])
@attack("linear.ridge", *MODEL, *MORE["linear.ridge"])
@attack("glm.poisson", *MODEL, *MORE["glm.poisson"])
@attack("glm.softmax", *MODEL, "convergence")
def models_of_a_few_rows() -> None:
    """As many numbers as rows are the rows."""
    for program in MODELS:
        wanted = (*MODEL, *MORE.get(program, ()))
        classes = {"classes": 3} if program == "glm.softmax" else {}
        refused("group.model", *fitted(program, 2, **classes), wanted=wanted, readers=("shop",))
        refused("group.model", *fitted(program, 8, **classes), wanted=wanted, readers=("shop",))


@attack("glm.logistic", *MODEL, *MORE["glm.logistic"])
@attack("linear.ridge", *MODEL, *MORE["linear.ridge"])
@attack("glm.poisson", *MODEL, *MORE["glm.poisson"])
@attack("glm.softmax", *MODEL, "convergence")
def values_of_a_few_rows() -> None:
    """A coefficient of a mark that one person has, and a mean of it; and a label that one person has."""
    bank, shop = spread(40, 2), spread(60, 2)
    bank[:, 1], shop[:, 1] = np.eye(40)[7], np.arange(60) % 2
    yes, one = np.arange(40) % 2, np.eye(40)[3]
    for program in MODELS:
        extra = {
            "glm.softmax": {"classes": 2, "iterations": 3},
            "glm.poisson": {"mean_limit": "2", "limit": "4", "iterations": 3},
            **LEAST_SQUARES,
        }
        wanted = (*MODEL, *MORE.get(program, ()))
        for mark, target in ((bank, yes), (spread(40, 2), one)):
            parts = {"bank": np.column_stack([mark, target]), "shop": np.column_stack([shop, np.arange(60) % 2])}
            options = {"wanted": wanted, "readers": ("shop",)}
            found = run(
                program,
                rows_of(parts, "aby")("features", "label"),
                {"train_fraction": "1", **extra.get(program, {})},
                **options,
            ).opened
            if target is one:
                assert not any(np.any(found[name]) for name in wanted)
            else:
                assert np.any(found["coefficients"][0])
                assert not np.any(found["coefficients"][1])
            for name in {"means", "deviations", "standard_errors"} & found.keys():
                assert found[name][1] == 0
    for mark, target, name in ((bank, yes, "b"), (spread(40, 2), one, "y")):
        parts = {"bank": ("ab", mark), "shop": ("c", spread(40, 1))}

        def inputs(me: str, _: Any, parts: Any = parts, target: Any = target) -> dict[str, Any]:
            table = replace(aligned(me, parts, 40), limit=16.0)
            return {"features": (table,), "label": (label(me, "bank", target),)}

        for program in MODELS[:2]:
            with pytest.raises(TallyError) as error:
                run(program, inputs, wanted=("coefficients",))
            assert (error.value.code, error.value.details["columns"]) == ("group.rare", [name])


COX: Final = ("coefficients", "standard_errors", "fitted_rows", "log_likelihood", "convergence")


@attack("survival.cox", *COX)
def times_of_a_few_rows() -> None:
    """Few rows, few with the event or without it, a mark of few; and risks of a few rows that stand out."""

    def of(rows: int, mark: Any = None, event: Any = None, time: Any = None) -> Any:
        features = spread(rows, 2)
        features[:, 1] = features[:, 1] if mark is None else mark
        yes = np.arange(rows) % 2 if event is None else event
        days = 1 + np.arange(rows) % 7 if time is None else time

        def inputs(me: str, _: Any) -> dict[str, Any]:
            table = replace(
                aligned(me, {"bank": ("a", features[:, :1]), "shop": ("b", features[:, 1:])}, rows), limit=16.0
            )
            outcome = {"time": label(me, "bank", days, "t"), "event": label(me, "bank", yes, "y")}
            return {"features": (table,), **{name: (value,) for name, value in outcome.items()}}

        return inputs

    given = {"iterations": 1, "alpha": "0.1"}
    for readers in ((), ("bank",), ("bank", "shop")):
        refused("group.model", "survival.cox", of(10), given, wanted=COX, readers=readers)
        refused("group.model", "survival.cox", of(K), given, wanted=COX[:1], readers=readers)
        for rare in ({"mark": np.eye(40)[7]}, {"event": np.eye(40)[3]}, {"event": 1 - np.eye(40)[3]}):
            refused("group.rare", "survival.cox", of(40, **rare), given, wanted=COX, readers=readers)
    assert set(run("survival.cox", of(40), given, wanted=COX).opened) >= {*COX}
    # two who died first stand out: their risks alone are cut off
    far, event = np.append(np.arange(38) % 5 / 50, [9.0, 9.5]), np.append(np.arange(38) % 2, [1, 1])
    two = of(40, far, event, np.append(2 + np.arange(38) % 7, [1, 1]))
    alone = {"iterations": 2, "alpha": "0.01", "risk_limit": "2"}
    assert run_step("survival.cox@1.0.0", two, alone, wanted=COX[-1:]).opened["convergence"][3] == 2
    assert run("survival.cox", two, alone, wanted=COX[-1:]).opened["convergence"][3] == K


@attack("glm.logistic", "standard_errors", "fitted_rows")
def as_many_numbers_as_rows() -> None:
    """Twelve rows of another are enough for three coefficients, not for three errors as well; nor may rows be counted one task apart."""
    for rows, wanted in ((12, (*MODEL, "convergence")), (18, (*MODEL, "convergence", "standard_errors"))):
        arguments = fitted("glm.logistic", rows, iterations=3)
        assert set(run(*arguments, wanted=wanted, readers=("shop",)).opened) >= {*wanted}
    refused(
        "group.model", *fitted("glm.logistic", 12, iterations=3), wanted=("standard_errors", "convergence"),
        readers=("shop",),
    )  # fmt: skip
    parts = {"bank": ("ab", spread(40)), "shop": ("c", spread(40, 1))}

    def inputs(me: str, _: Any) -> dict[str, Any]:
        table = replace(aligned(me, parts, 40), limit=16.0)
        return {"features": (table,), "label": (label(me, "bank", np.arange(40) < K - 1),)}

    refused("group.rare", "glm.logistic", inputs, wanted=("fitted_rows",), readers=("shop",))


@attack("linear.ridge", *MODEL, "flagged")
def rows_left_out_of_a_regression() -> None:
    """All rows in one task and all but three of the bank's in another: the difference is the three."""
    for fraction, code in (("0.9", "group.too_small"), ("1", None), ("0.5", None)):
        _, inputs, parameters = fitted("linear.ridge", 30)
        arguments = ("linear.ridge", inputs, {**parameters, "train_fraction": fraction})
        if code is not None:
            refused(code, *arguments, wanted=(*MODEL, "flagged"), readers=("shop",))
        else:
            assert "flagged" in run(*arguments, wanted=(*MODEL, "flagged"), readers=("shop",)).opened


@attack("linear.ridge", "flagged")
def whether_one_person_has_the_mark() -> None:
    """The column is 0 for all of the shop: a flag for one that does not vary would say whether anybody at the bank has the mark."""
    for mark, count in ((np.zeros(40), 1), (np.eye(40)[7], 0), (np.arange(40) % 2, 0)):
        bank = np.column_stack([spread(40, 1), mark, np.arange(40) % 2])
        shop = np.column_stack([spread(60, 1), np.zeros(60), np.arange(60) % 2])
        inputs = rows_of({"bank": bank, "shop": shop}, "aby")("features", "label")
        found = run("linear.ridge", inputs, wanted=(*MODEL, "flagged"), readers=("shop",)).opened
        assert found["flagged"] == count  # of a column that shows, or none
    noise = spread(100, 1)
    mark = np.eye(100)[7].reshape(-1, 1)
    rows = np.column_stack(
        [mark + noise / 100, mark, noise > 0]
    )  # the first less the second tells the label: both are cut off
    inputs = rows_of({"bank": rows[:40], "shop": rows[40:]}, "aby")("features", "label")
    given = {"coefficient_limit": "1", "alpha": "0"}
    found = run("linear.ridge", inputs, given, wanted=(*MODEL, "flagged"), readers=("shop",)).opened
    assert found["coefficients"][1] == 0
    assert found["flagged"] == 1
    free = run_step("linear.ridge@1.0.0", inputs, given, wanted=(*MODEL, "flagged")).opened
    assert free["flagged"] == 2


@attack("glm.logistic_federated", *MODEL, *MORE["glm.logistic"])
def what_everyone_sees() -> None:
    """Owners read what opens on the way, so that each one's rows must be enough."""
    wanted = (*MODEL, *MORE["glm.logistic"])
    parts = {name: np.column_stack([spread(30, 2), np.arange(30) % 2]) for name in ("bank", "neutral", "shop")}
    inputs = rows_of(parts, "aby")("features", "label")
    assert set(run("glm.logistic_federated", inputs, wanted=wanted).opened) == {*wanted}
    parts["bank"] = parts["bank"][:6]
    refused("group.model", "glm.logistic_federated", rows_of(parts, "aby")("features", "label"), wanted=wanted)
    parts["bank"] = np.column_stack([spread(30, 1), np.eye(30)[2], np.arange(30) % 2])
    refused("group.rare", "glm.logistic_federated", rows_of(parts, "aby")("features", "label"), wanted=wanted)


@attack("score.glm", "clipped")
def far_records() -> None:
    """One of the bank's records is far out; the shop knows how many of its own are."""
    bank, shop = spread(40), spread(60)
    bank[5, 0], shop[:9, 0] = 90, 90

    def inputs(me: str, backend: Any) -> dict[str, Any]:
        own = np.array([0.5, -0.5, 0.1]) if backend.pid == 0 else None
        weights = share(backend, own, shape=(3,), owner=0, fraction_bits=20, limit=8)
        model = LinearModel("identity", ("a", "b"), weights, 16.0, "raw").value()
        return {"model": (model,), "tables": (stacked(me, "ab", {"bank": bank, "shop": shop}),)}

    for readers, seen in (((), 10), (("shop",), K)):
        assert run("score.glm", inputs, wanted=("clipped",), readers=readers).opened["clipped"].tolist() == [seen, 0]


FOREST = ("split_columns", "split_bounds", "leaf_values", "start", "importance", "fit", "fitted_rows")


@attack("tree.boost", *FOREST)
@attack("tree.regress", *FOREST)
def leaves_of_few() -> None:
    """Four of the bank's stand out, with twenty of the shop's, which reads; and a label that three have."""
    bank, shop = (np.clip(spread(60, 3), -1.9, 1.9) for _ in range(2))
    for part, few in ((bank, 4), (shop, 20)):
        part[:, 2] = np.arange(60) % 4 == 0
        part[:few, 0], part[:few, 2] = 9, 1
    given = {"trees": 1, "depth": 1, "bins": 16, "limit": "16", "min_child_rows": 1}
    inputs = rows_of({"bank": bank, "shop": shop}, "aby")("features", "label")
    for program, more in (("tree.boost", {}), ("tree.regress", {"label_limit": "4"})):
        for readers, apart in (((), True), (("shop",), False)):
            found = run(program, inputs, {**given, **more}, wanted=FOREST, readers=readers).opened
            assert found["fitted_rows"][0] == 120
            assert bool(found["split_columns"][0, 0] == 1 and found["split_bounds"][0, 0] >= 2) is apart
        rare = [np.column_stack([part[:, :2], np.arange(60) < few]) for part, few in ((bank, 3), (shop, 30))]
        of_few = rows_of({"bank": rare[0], "shop": rare[1]}, "aby")("features", "label")
        found = run(program, of_few, {**given, **more}, wanted=FOREST, readers=("shop",)).opened
        assert not any(np.any(found[name]) for name in FOREST)
        small_ = rows_of({"bank": bank[:4], "shop": shop}, "aby")("features", "label")
        refused("group.model", program, small_, {**given, **more}, wanted=FOREST, readers=("shop",))


def judged(scores: Any, labels: Any) -> Any:
    def inputs(_: str, backend: Any) -> dict[str, Any]:
        mine = backend.pid == 0
        s = share(backend, scores if mine else None, shape=np.shape(scores), owner=0, fraction_bits=18, limit=64)
        y = share(
            backend,
            labels if mine else None,
            shape=np.shape(labels),
            owner=0,
            fraction_bits=0,
            limit=max(1, labels.max()),
        )
        return {"scores": (s,), "labels": (y,)}

    return inputs


def halves(bank: int, shop: int) -> dict[str, Owned | None]:
    return dict.fromkeys(("scores", "labels"), (("bank", bank), ("shop", shop)))


@attack("eval.binary", "auc", "ks", "roc", "counts", "expected", "confusion")
def thresholds_between_people() -> None:
    scores, labels = spread(60, 1)[:, 0] * 3, (np.arange(60) % 3 == 0).astype(float)
    wanted = ("auc", "ks", "roc", "counts", "expected", "confusion")
    found = run("eval.binary", judged(scores, labels), {"thresholds": 64}, wanted=wanted).opened
    counts = found["counts"]
    assert counts[0].tolist() == [20, 40]
    assert not is_small(counts, K).any()
    assert not is_small(counts[:-1] - counts[1:], K).any()
    assert len(np.unique(counts, axis=0)) >= 3
    assert np.abs(found["roc"] - counts / counts[0]).max() < 1e-3
    nothing_beside(found)
    few = run("eval.binary", judged(scores, np.eye(60)[0]), wanted=wanted).opened
    assert not any(np.any(few[name]) for name in wanted)
    labels[:8] = [1, *np.zeros(7)]  # the bank's eight rows have one positive
    mixed = run("eval.binary", judged(scores, labels), wanted=wanted, readers=("shop",), owned=halves(8, 52)).opened
    assert not any(np.any(mixed[name]) for name in wanted)
    refused(
        "group.too_small", "eval.binary", judged(scores, labels), wanted=wanted, readers=("shop",), owned=halves(4, 56)
    )


def nothing_beside(found: Any) -> None:
    """The expected positives move with the counts and not otherwise; the confusion is one of the curve's points."""
    still = (np.diff(found["counts"], axis=0) == 0).all(axis=1)
    assert still.any()
    assert not np.diff(found["expected"])[still].any()
    assert found["confusion"][::-1, 1].tolist() in found["counts"].tolist()
    assert found["confusion"].sum(axis=1).tolist() == found["counts"][0][::-1].tolist()


@attack("eval.binary", "roc", "counts", "expected", "confusion")
def thresholds_between_one_owner_s_people() -> None:
    """Who brings the shop's rows subtracts them from every point; so do readers that all bring some."""
    for seed, readers, hidden in (
        (1, ("shop",), ("bank",)),
        (2, ("bank",), ("shop",)),
        (3, ("bank", "shop"), ("bank", "shop")),
        (4, ("neutral",), ("both",)),
    ):
        rng = np.random.default_rng(seed)
        scores, labels = rng.permutation(90) / 16 - 2.5, (rng.random(90) < 0.5).astype(float)
        found = run(
            "eval.binary",
            judged(scores, labels),
            {"thresholds": 64},
            wanted=("roc", "counts", "expected", "confusion"),
            readers=readers,
            owned=halves(30, 60),
        ).opened
        nothing_beside(found)
        counts, order = found["counts"].astype(int), np.argsort(-scores)
        parts = {"bank": order < 30, "shop": order >= 30, "both": order >= 0}
        for owner in hidden:
            seen = [
                [int((parts[owner][:top] & (labels[order[:top]] == one)).sum()) for one in (1, 0)]
                for top in counts.sum(axis=1)
            ]
            assert not is_small(np.array(seen), K).any()
            assert not is_small(np.diff(seen, axis=0) * -1, K).any()
        assert len(np.unique(counts, axis=0)) >= 3
        assert np.abs(found["roc"] - counts / counts[0]).max() < 1e-3


@attack("eval.multiclass", "confusion", "accuracy")
def classes_of_a_few() -> None:
    truth = np.repeat([0.0, 1.0, 2.0], [30, 30, 30])
    guess = truth.copy()
    guess[[0, 1]] = 1
    wanted = ("confusion", "accuracy")
    found = run("eval.multiclass", judged(np.eye(3)[guess.astype(int)], truth), wanted=wanted).opened
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (truth.astype(int), guess.astype(int)), 1)
    line = found["confusion"].any(axis=1)
    assert not is_small(told(counts, np.broadcast_to(line.reshape(-1, 1), counts.shape)), K).any()
    assert found["accuracy"] == 0  # two were missed
    refused(
        "group.too_small",
        "eval.multiclass",
        judged(np.eye(3)[guess.astype(int)], truth),
        wanted=wanted,
        readers=("shop",),
        owned=halves(3, 87),
    )


@attack("eval.regression", "mse", "mae", "r2")
def errors_of_a_few() -> None:
    scores, labels = spread(20, 1)[:, 0], np.arange(20.0)
    wanted = ("mse", "mae", "r2")
    refused(
        "group.too_small",
        "eval.regression",
        judged(scores, labels),
        wanted=wanted,
        readers=("shop",),
        owned=halves(1, 19),
    )
    refused("group.too_small", "eval.regression", judged(scores[:4], labels[:4]), wanted=wanted)


@attack("eval.regression", "clipped")
def values_beyond_a_limit() -> None:
    """How many are beyond a limit that the reader chose: as a threshold, and less its own."""
    scores, labels = spread(60, 1)[:, 0], np.arange(60.0) % 4
    scores[::10] = 9  # three of them at the bank
    for far, readers, count in (
        (np.arange(0), ("neutral",), 6),
        (np.arange(0), ("shop",), K),
        (np.arange(0), ("bank", "shop"), K),
        (np.arange(3), ("neutral",), K),
        (np.arange(57), ("neutral",), K),
        (np.arange(8), ("neutral",), 14),
    ):
        beyond = labels.copy()
        beyond[far] = 6
        options: dict[str, Any] = {"wanted": ("clipped",), "readers": readers, "owned": halves(30, 30)}
        assert run("eval.regression", judged(scores, beyond), {"limit": "4"}, **options).opened["clipped"] == count
    scores[:] = 0
    options = {"wanted": ("clipped",), "readers": ("shop",), "owned": halves(30, 30)}
    assert run("eval.regression", judged(scores, labels), {"limit": "4"}, **options).opened["clipped"] == 0
    one = run("eval.regression", judged(scores, labels + 9 * np.eye(60)[2]), {"limit": "4"}, **options).opened
    assert one["clipped"] == K
    refused(
        "group.too_small",
        "eval.regression",
        judged(scores, labels),
        wanted=("clipped",),
        readers=("shop",),
        owned=halves(1, 59),
    )


@attack("kmeans", "centroids", "sizes", "moved")
def clusters_of_a_few() -> None:
    """Three people far away, marks in a column, and the shop's own rows."""
    rows = np.concatenate([spread(30), spread(30) + 8, spread(3) - 9])
    rows[:, 1] = np.arange(63) % 2
    wanted = ("centroids", "sizes", "moved")
    parts = {"bank": ("a", rows[:, :1]), "shop": ("b", rows[:, 1:])}
    found = run("kmeans", columns_of(parts)("tables"), {"clusters": 3}, wanted=wanted).opened
    assert not is_small(found["sizes"], K).any()
    assert not is_small(63 - found["sizes"].sum(), K)
    assert not found["centroids"][:, 1].any()
    split = {"bank": np.concatenate([spread(8), spread(1) + 8]), "shop": np.concatenate([spread(20), spread(20) + 8])}
    mixed = run("kmeans", rows_of(split)("tables"), {"clusters": 2}, wanted=wanted, readers=("shop",)).opened
    assert not mixed["sizes"].any()  # the bank has one row in the second cluster
    assert not mixed["centroids"].any()
    assert mixed["moved"] == 0


@attack("score.card", "card", "base")
def a_card_of_a_small_class() -> None:
    """Too few of one class: no bin's weight shows, and the intercept would still say how many there were."""

    def inputs(woe: Any) -> Any:
        def made(me: str, backend: Any) -> dict[str, Any]:
            def secret(values: Any) -> Any:
                own = values if me == "bank" else None
                return share(backend, own, shape=values.shape, owner=0, fraction_bits=20, limit=8)

            model = LinearModel("logit", ("a",), secret(np.array([1.0, -3.0])), 8.0, "shared").value()
            return {"model": (model,), "woe": (secret(woe),)}

        return made

    rows = {"woe": (("", 40),)}
    hidden = run("score.card", inputs(np.zeros((1, 3))), wanted=("card", "base"), owned=rows).opened
    assert not hidden["card"].any()
    assert hidden["base"] == 0
    half = run("score.card", inputs(np.array([[0.5, 0, 0]])), wanted=("card", "base"), owned=rows).opened
    assert half["card"][0, 0] < 0
    assert not half["card"][0, 1:].any()
    refused("group.unknown_rows", "score.card", inputs(np.zeros((1, 3))), wanted=("card",), owned={"woe": None})


@attack("eval.stability", "stability")
def one_person_in_a_bin_of_their_own() -> None:
    """Whoever knows all other bins would find this person's by the index; and a lone row of another owner's."""
    codes = np.repeat([0.0, 1.0], 20).reshape(-1, 1)
    other = codes.copy()
    other[0] = 2
    sets = [
        columns_of({"bank": ("a", codes), "shop": ("b", rows)})(port)
        for port, rows in (("expected", codes), ("actual", other))
    ]
    found = run("eval.stability", lambda me, b: sets[0](me, b) | sets[1](me, b), {"bins": 3}, wanted=("stability",))
    assert not found.opened["stability"].any()
    down = [
        rows_of({"bank": codes[:1], "shop": rows}, "a")(port) for port, rows in (("expected", codes), ("actual", other))
    ]
    refused(
        "group.too_small", "eval.stability", lambda me, b: down[0](me, b) | down[1](me, b), {"bins": 3},
        wanted=("stability",), readers=("shop",),
    )  # fmt: skip


@pytest.mark.parametrize(
    "body", dict.fromkeys(body for bodies in ATTACKED.values() for body in bodies), ids=lambda body: body.__name__
)
def test_attack(body: Attack) -> None:
    body()


OUTPUTS = [(program, port) for program in CATALOGUE.values() for port in program.published().outputs]


@pytest.mark.parametrize(("program", "port"), OUTPUTS, ids=[f"{p.program}-{port.name}" for p, port in OUTPUTS])
def test_every_output_of_every_program_says_what_it_is_about_and_is_attacked(program: Program, port: Port) -> None:
    assert port.support in SUPPORTS
    assert WORDS.keys() == {*SUPPORTS}
    leaves = port.kind == "shares"
    assert leaves != (port.support == "held")
    if leaves and not needs_consent(port.support, K):
        assert (program.program.partition("@")[0], port.name) in ATTACKED
    assert needs_consent(port.support, 0) == (port.support == "per-person")


def test_only_outputs_of_the_catalogue_are_attacked() -> None:
    assert ATTACKED.keys() <= {(program.program.partition("@")[0], port.name) for program, port in OUTPUTS}
