"""The names along the axes of results: which column, class, group or threshold each number belongs to.

All of them follow from the contract: a result user needs neither data nor the run for it. :data:`OUTPUTS` names the axes of every
output that a contract can give to result users, for every program of the catalogue; where names depend on what a run opened
(``feature.select``) or on what an earlier task kept, places are counted instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mpc.programs.catalogue import CATALOGUE
from mpc.programs.glm.words import COUNTS_MEANS, FIGURES, ROWS_AND_COUNTS, ROWS_AND_EVENTS
from mpc.programs.gwas.words import COPIES, LIST_PARTS, PEOPLE
from mpc.programs.linear.words import SPREAD
from mpc.programs.reconcile.flows.words import AMOUNTS, LINE, TOTALS
from mpc.programs.survival.words import ENDED, LIKELIHOODS
from mpc.workflow.graph import Workflow
from protocol.axes import Axis, counted, places
from protocol.column_names import parse
from protocol.contract import Step
from protocol.errors import TallyError
from protocol.recipes import Recipe
from protocol.sources import split_source
from protocol.sql.query import Query

Shape = tuple[int, ...]


def axes(workflow: Workflow, source: str, shape: Shape) -> tuple[Axis, ...]:
    """The axes of the output ``source`` (``step.output``) of this shape; places are counted where a name is not known."""
    name, output, column = split_source(source)
    step = next((step for step in workflow.steps if step.id == name), None)
    if step is None or column:
        return tuple(places("row" if column else "place", size) for size in shape)
    found: list[Axis] = []
    makers = OUTPUTS.get((step.program.partition("@")[0], output), ()) if step.program in CATALOGUE else ()
    for at, size in enumerate(shape):
        made = makers[at](_At(workflow, step, size)) if at < len(makers) else None
        found.append(
            made if made is not None and len(made.names) == size else places(made.of if made else "place", size)
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _At:
    """One axis of ``size`` places, of an output of ``step``."""

    workflow: Workflow
    step: Step
    size: int

    def columns(self, port: str, *but: str) -> tuple[str, ...] | None:
        """The columns of an input, less those that the ports ``but`` name; None when they are not known."""
        try:
            return _less(self.workflow, _inputs(self.step, port), [s for name in but for s in _inputs(self.step, name)])
        except _UnknownError:
            return None

    def parameter(self, name: str) -> str:
        """A parameter's value as the contract says it, else the program's default."""
        given = dict(self.step.parameters)
        default = {spec.name: spec.default for spec in CATALOGUE[self.step.program].parameters}
        return str(given.get(name, default[name]))


class _UnknownError(Exception):
    """The contract does not say which columns these are."""


_Maker = Callable[[_At], Axis]


def columns_of(workflow: Workflow, source: str) -> tuple[str, ...]:
    """The columns of a table that flows in a workflow: ``owner.column``, or ``column`` where rows are split."""
    name, output, column = split_source(source)
    if not output:
        for item in workflow.data_sets:
            if item.name == name:
                return tuple(f"{item.owner}.{each}" for each in item.columns)
        raise _UnknownError
    step = next((step for step in workflow.steps if step.id == name), None)
    if step is None:
        raise _UnknownError
    if column:
        whole = columns_of(workflow, f"{name}.{output}")
        return tuple(each for each in whole if column in (each, each.rpartition(".")[2]))
    if output == "labels":  # what was left out of the table beside it
        if step.program.partition("@")[0] == "psi.join":
            return _beside_keys(workflow, step, "label")
        return tuple(each for source in _inputs(step, "label") for each in columns_of(workflow, source))
    program, parameters = step.program.partition("@")[0], dict(step.parameters)
    if program == "psi.align":
        return _beside_keys(workflow, step, "tables")
    if program == "psi.join":
        found = _beside_keys(workflow, step, "tables")
        owners = [workflow.data_set(table) for table in _inputs(step, "tables")]
        lacking = {"left": owners[1:], "outer": owners}.get(_At(workflow, step, 0).parameter("kind"), [])
        return (*found, *(f"{item.owner}.matched" for item in lacking if item is not None))
    if program == "prepare.table":
        raw = columns_of(workflow, _inputs(step, "table")[0])
        owner = raw[0].partition(".")[0] if raw else ""
        names = _recipe(workflow, step).names([each.partition(".")[2] for each in raw])
        return tuple(f"{owner}.{each}" for each in names)
    if program in ("prepare.folds", "prepare.fold"):
        return columns_of(workflow, _inputs(step, "tables")[0])
    if program == "table.stack":
        return tuple(each.partition(".")[2] for each in columns_of(workflow, _inputs(step, "tables")[0]))
    if program in ("feature.standardize", "feature.standardize_pooled", "feature.bin", "feature.woe_iv"):
        found = _less(workflow, _inputs(step, "tables"), _inputs(step, "label"))
        if program == "feature.bin" and parameters.get("output") == "one-hot":
            bins = int(_At(workflow, step, 0).parameter("bins"))
            return tuple(f"{each}[{place}]" for each in found for place in range(bins))
        return found
    raise _UnknownError


def _beside_keys(workflow: Workflow, step: Step, port: str) -> tuple[str, ...]:
    """The columns of an input's data sets that are not what rows are matched by."""
    text = _At(workflow, step, 0).parameter("keys")
    keys = parse(text) if text else ()
    found = (each for table in _inputs(step, port) for each in columns_of(workflow, table))
    return tuple(each for each in found if each.rpartition(".")[2] not in keys)


def _less(workflow: Workflow, sources: tuple[str, ...], but: Sequence[str]) -> tuple[str, ...]:
    found = [each for source in sources for each in columns_of(workflow, source)]
    left_out = {each for source in but for each in columns_of(workflow, source)}
    # a label of raw tables is left out of tables made from them, and one of rows below each other has no owner's name
    return tuple(each for each in found if each not in left_out)


def _recipe(workflow: Workflow, step: Step) -> Recipe:
    return Recipe.parse(_At(workflow, step, 0).parameter("recipe"))


def _counted(at: _At) -> Axis:
    """What a recipe counts: ``income: filled``."""
    plain = [each.partition(".")[2] for each in at.columns("table") or ()]
    return Axis("column", tuple(f"{column}: {what}" for column, what in _recipe(at.workflow, at.step).counted(plain)))


def _inputs(step: Step, port: str) -> tuple[str, ...]:
    return dict(step.inputs).get(port, ())


def _columns(port: str, *but: str) -> _Maker:
    def make(at: _At) -> Axis:
        return Axis("column", at.columns(port, *but) or ())

    return make


def _from_zero(of: str) -> _Maker:
    """Codes from 0 up, as the data itself has them."""
    return lambda at: Axis(of, tuple(str(code) for code in range(at.size)))


def _from_one(of: str) -> _Maker:
    return lambda at: places(of, at.size)


def _levels(port: str) -> _Maker:
    """A column's categories: ``ward=0``."""

    def make(at: _At) -> Axis:
        (name,) = at.columns(port) or ("",)
        return Axis("group", tuple(f"{name}={code}" for code in range(at.size)))

    return make


def _parts(at: _At) -> Axis:
    parts = int(at.parameter("quantiles"))
    return Axis("part", tuple(str(part / parts) for part in range(1, parts)))


def _cuts(at: _At) -> Axis:
    return Axis("cut", tuple(str(place) for place in range(1, int(at.parameter("bins")))))


def _cells(at: _At) -> Axis:
    """The groups of a query: ``region=1, product=0``."""
    return Axis("group", Query.parse(at.parameter("sql")).cell_names())


def _query_figures(at: _At) -> Axis:
    query = Query.parse(at.parameter("sql"))
    return Axis("figure", (*query.count_names(), *query.sum_names(float(at.parameter("limit")))))


def _thresholds(at: _At) -> Axis:
    points = at.size - 2
    below = (f"{100 * step / (points + 1):.4g} %" for step in range(1, points + 1))
    return Axis("threshold", ("everything", *below, "nothing"))


def _of_model(at: _At) -> Axis:
    """The columns of the model that a step reads, where another step of the workflow fitted it."""
    (source,) = _inputs(at.step, "model")
    maker = next((step for step in at.workflow.steps if step.id == split_source(source)[0]), None)
    return Axis("column", () if maker is None else _At(at.workflow, maker, at.size).columns("features", "label") or ())


def _of_card(at: _At) -> Axis:
    """The columns of the model that a scorecard is made of."""
    (source,) = _inputs(at.step, "model")
    maker = next((step for step in at.workflow.steps if step.id == split_source(source)[0]), None)
    return Axis("column", () if maker is None else _At(at.workflow, maker, at.size).columns("features") or ())


def _figures(*names: str) -> _Maker:
    return lambda _: Axis("figure", names)


_FITTED: Final = _columns("features", "label")
_LINEAR: Final[dict[str, tuple[_Maker, ...]]] = {
    "coefficients": (_FITTED,), "intercept": (), "labels": (_from_one("row"),), "scores": (_from_one("row"),),
}  # fmt: skip
_POOLED: Final[dict[str, tuple[_Maker, ...]]] = {"means": (_FITTED,), "deviations": (_FITTED,)}
_ENDED: Final[dict[str, tuple[_Maker, ...]]] = {"convergence": (_figures(*FIGURES),)}
_ERRORS: Final[dict[str, tuple[_Maker, ...]]] = {"standard_errors": (_FITTED,), "intercept_error": ()}
_LIKELY: Final[dict[str, tuple[_Maker, ...]]] = {
    "loss": (_figures("mean log loss"),), "fitted_rows": (_figures(*ROWS_AND_EVENTS),),
}  # fmt: skip
_NODES: Final = (_from_one("tree"), _from_one("node"))
_FOREST: Final[dict[str, tuple[_Maker, ...]]] = {
    "split_columns": _NODES, "split_bounds": _NODES, "leaf_values": (_from_one("tree"), _from_one("leaf")), "start": (),
    "importance": (_FITTED,), "fit": (), "scores": (_from_one("row"),), "labels": (_from_one("row"),),
}  # fmt: skip
_HAZARDS: Final = _columns("features", "time", "event")
_DESCRIBED: Final = _columns("table")
_GROUPED: Final = (_from_zero("group"), _columns("tables", "by"))
_SCALED: Final = _columns("tables", "label")

_BY_PROGRAM: Final[dict[str, dict[str, tuple[_Maker, ...]]]] = {
    "prepare.table": {"counts": (_counted,)},
    "psi.join": {"labels": (_from_one("row"),)},
    "feature.standardize": dict.fromkeys(("means", "deviations", "clipped"), (_SCALED,)),
    "feature.bin": {"edges": (_cuts, _SCALED)},
    "feature.standardize_pooled": {"labels": (_from_one("row"),)},
    "feature.woe_iv": {"iv": (_SCALED,), "woe": (_SCALED, _from_zero("bin")), "labels": (_from_one("row"),)},
    "glm.logistic": {
        **_LINEAR, **_POOLED, **_ENDED, **_ERRORS, **_LIKELY, "clipped": (_FITTED,),
    },
    "glm.logistic_federated": {
        "coefficients": (_FITTED,), "intercept": (), "clipped": (_FITTED,), **_POOLED, **_ENDED, **_ERRORS, **_LIKELY,
    },
    "linear.ridge": {
        **_LINEAR, **_ERRORS, "flagged": (), "spread": (_figures(*SPREAD),),
        "fitted_rows": (_figures(ROWS_AND_EVENTS[0]),),
    },
    "glm.poisson": {
        **_LINEAR, **_ENDED, **_ERRORS, "fitted_rows": (_figures(*ROWS_AND_COUNTS),),
        "likelihood": (_figures(*COUNTS_MEANS),),
    },
    "glm.softmax": {
        **_LINEAR, **_ENDED, "coefficients": (_FITTED, _from_zero("class")), "intercept": (_from_zero("class"),),
        "scores": (_from_one("row"), _from_zero("class")),
    },
    "survival.cox": {
        **dict.fromkeys(("coefficients", "standard_errors"), (_HAZARDS,)), "convergence": (_figures(*ENDED),),
        "fitted_rows": (_figures(*ROWS_AND_EVENTS),), "log_likelihood": (_figures(*LIKELIHOODS),),
    },
    "eval.binary": {
        "auc": (), "ks": (), "roc": (_thresholds, _figures("true positive rate", "false positive rate")),
        "counts": (_thresholds, _figures("true positives", "false positives")),
        "expected": (_thresholds,), "confusion": (_from_zero("true class"), _from_zero("predicted class")),
    },
    "eval.multiclass": {"confusion": (_from_zero("true class"), _from_zero("predicted class")), "accuracy": ()},
    "eval.regression": {"mse": (), "mae": (), "r2": (), "clipped": ()},
    "eval.stability": {"stability": (_columns("expected"),)},
    "stats.describe": {
        **dict.fromkeys(("count", "sum", "mean", "variance", "shown", "minimum", "maximum"), (_DESCRIBED,)),
        "quantiles": (_parts, _DESCRIBED),
    },
    "stats.correlation": {
        **dict.fromkeys(("correlation", "shown"), (_columns("tables"), _columns("tables"))), "vif": (_columns("tables"),),
    },
    "stats.crosstab": {
        "table": (_levels("row"), _levels("column")), "shown": (_levels("row"), _levels("column")), "chi_square": (),
        "degrees": (),
    },
    "stats.groupby": {"count": _GROUPED[:1], "shown": _GROUPED[:1], "sum": _GROUPED, "mean": _GROUPED},
    "stats.sql": {"figures": (_cells, _query_figures), "shown": (_cells,)},
    "reconcile.flows": {
        "lines": (_from_one("row"), _figures(*LINE)), "totals": (_figures(*TOTALS),), "amounts": (_figures(*AMOUNTS),),
    },
    "graph.propagate": {"classes": (_from_one("row"),)},
    "gwas.assoc": {
        "counts": (_from_one("variant"), _figures(*COPIES)), "shown": (_from_one("variant"),), "people": (_figures(*PEOPLE),),
        "variant_list": (_figures(*(f"16 bits from {16 * at}" for at in range(LIST_PARTS))),),
    },
    "kmeans": {
        "centroids": (_from_zero("cluster"), _columns("tables")), "sizes": (_from_zero("cluster"),), "inertia": (), "moved": (),
        "assignments": (_from_one("row"),),
    },
    "tree.boost": {**_FOREST, "fitted_rows": (_figures(*ROWS_AND_EVENTS),)},
    "tree.regress": {**_FOREST, "fitted_rows": (_figures(ROWS_AND_EVENTS[0]),)},
    "score.tree": {"scores": (_from_one("row"),)},
    "score.card": {"card": (_of_card, _from_zero("bin")), "base": ()},
    "score.points": {"points": (_from_one("row"),), "reasons": (_from_one("row"), _from_one("reason"))},
    "score.glm": {"scores": (_from_one("row"), _from_zero("class")), "clipped": (_of_model,)},
}  # fmt: skip
OUTPUTS: Final = {
    (program, output): made for program, outputs in _BY_PROGRAM.items() for output, made in outputs.items()
}
"""(program, output) → what makes each of its axes; no axis for a single number."""


def named(workflow: Workflow, source: str, shape: Shape) -> tuple[Axis, ...]:
    """As :func:`axes`, for a contract that may be of programs that this node does not know: then places are counted."""
    try:
        return axes(workflow, source, shape)
    except (TallyError, KeyError, ValueError, IndexError, RecursionError):
        return counted(shape)
