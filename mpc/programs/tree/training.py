"""Training that classes and quantities have in common: from a step's inputs to the outputs of boosted trees.

Every owner answers for its own columns which rows would go left at each cut point and shares the answers once
(:mod:`mpc.programs.tree.rows`); trees are grown on these alone (:mod:`mpc.programs.tree.growing`). A leaf has ``min_child_rows`` rows at
least, and where a minimum group was agreed the group's in every view of the readers, with no class of a few among them; a node that no
split can divide so stays whole.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.exponential import log
from mpc.programs.both_classes import require_both
from mpc.programs.glm.solvers.loss import LOSS_BITS, losses
from mpc.programs.minimum_group import added, guarded, require_split
from mpc.programs.model_guard import Shown, first_rows, refuse_rare, shown
from mpc.programs.precision import finest, times
from mpc.programs.rare_values import Tallied
from mpc.programs.tree.forest import Forest
from mpc.programs.tree.growing import Block, Grower, Tree, joined
from mpc.programs.tree.inputs import Inputs, read
from mpc.programs.tree.problem import Loss, Problem, room_of
from mpc.programs.tree.splits import long_quotient, named
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_bits, share_column, share_from
from mpc.workflow.values import Aligned, Label, Stacked, StackedLabel, Value
from protocol.errors import RangeError

_OF_MODEL = frozenset({"split_columns", "split_bounds", "leaf_values", "start", "importance", "fit", "fitted_rows"})
_LOG_BITS = 24
_LEAST_PLACES = 4
"""A sum of squares below so many last places is none: of labels that are all equal, R² is 1."""


async def boosted(context: StepContext, loss: Loss) -> dict[str, Value]:
    """Grow the trees, and score the rows that do not train."""
    (features,), (label,) = context.inputs["features"], context.inputs["label"]
    inputs = read(context, features, label)
    problem = _problem(context, inputs, loss)
    if "scores" in context.wanted and not inputs.tests:
        raise RangeError("boost.no_test_rows", "All rows train the model.", "Set a train_fraction below 1.")
    test = inputs.test if context.wanted & {"scores", "labels"} else None
    require_split(context, inputs.train, test, problem.trees * 2**problem.depth)
    hides = _hides(context, features, label, inputs)
    problem.check()
    labels = await _labels(context, label, problem).settled()
    start, events = await _start(context, problem, inputs, labels)
    blocks = await _blocks(context, inputs, labels, start)
    context.progress(0, problem.trees * problem.depth + 1)
    grower = Grower(context, problem, blocks, inputs.train or (("", problem.rows),))
    trees = [await grower.tree(gains="importance" in context.wanted) for _ in range(problem.trees)]
    outputs = _opened(context, problem, inputs, trees, start)
    context.rows_of |= {"scores": inputs.test, "labels": inputs.test}
    scores = joined(blocks, train=False)
    if scores is not None and "scores" in context.wanted:
        outputs["scores"] = scores.shifted_down(-problem.unit)
    if "labels" in context.wanted:
        outputs["labels"] = concatenate([labels[span] for span in inputs.tests]) if inputs.tests else labels[:0]
        outputs["labels"] = outputs["labels"].shifted_down(-problem.unit)
    if "model" in context.wanted:
        outputs["model"] = _forest(problem, inputs, trees, start).value()
    if "fit" in context.wanted:
        outputs["fit"] = _fit(problem, blocks, start)
    if "fitted_rows" in context.wanted:
        rows = constant(context.backend, np.array([problem.rows]), 0)
        outputs["fitted_rows"] = rows if events is None else concatenate([rows, events])
    if hides is not None:
        outputs |= {
            name: hides.of_all(value)
            for name, value in outputs.items()
            if name in _OF_MODEL and isinstance(value, SecureArray)
        }
    context.progress(problem.trees * problem.depth + 1, problem.trees * problem.depth + 1)
    return outputs


def _problem(context: StepContext, inputs: Inputs, loss: Loss) -> Problem:
    classes = loss == "logistic"
    return Problem(
        loss=loss,
        rows=sum(part.stop - part.start for part in inputs.trains),
        candidates=inputs.rows[0].candidates,
        trees=context.integer("trees"),
        depth=context.integer("depth"),
        rate=context.decimal("learning_rate"),
        penalty=context.decimal("lambda"),
        least_weight=context.decimal("min_child_weight") if classes else 1.0,
        least_gain=context.decimal("min_gain"),
        least_rows=context.integer("min_child_rows"),
        unit=0 if classes else max(0, math.ceil(math.log2(context.decimal("label_limit")))),
        room=room_of(context.backend),
    )


def _hides(context: StepContext, features: Value, label: Value, inputs: Inputs) -> Shown | None:
    """Nothing of a label of which a few have a value of their own: its owner refuses it, or all that opens is 0."""
    if not guarded(context):
        return None
    train = inputs.train or ()
    match features, label:
        case Aligned(), Label():
            own = label.values
            rows = sum(count for _, count in train)
            refuse_rare(context, None if own is None else own[:rows].reshape(-1, 1), (label.column,))
            return None
        case Stacked(), StackedLabel():
            target = first_rows(Stacked((label.column,), label.tables), train)
            return Shown(None, Tallied(context, target).shown())
        case _:
            return shown(context, features, label, train)


def _labels(context: StepContext, label: Value, problem: Problem) -> SecureArray:
    """All rows' labels in units of 2^unit, with the problem's fraction bits; bits as they are."""
    if problem.logistic:
        if isinstance(label, SecureArray):
            if not label.is_bits:
                raise RangeError(
                    "boost.label",
                    "The label is not declared as bits.",
                    "Connect a column of 0 and 1; quantities are for tree.regress.",
                )
            return label
        assert isinstance(label, (Label, StackedLabel))
        return share_bits(context, label)
    limit, bits = context.decimal("label_limit"), problem.bits - problem.unit
    if isinstance(label, SecureArray):
        if label.limit > limit * (1 + 2.0**-16):
            raise RangeError(
                "boost.label_limit",
                f"The label is declared within {label.limit:g}, which is more than label_limit.",
                "Set label_limit to that.",
            )
        values = label.rescaled(bits)
    else:
        assert isinstance(label, (Label, StackedLabel))
        values = share_column(context, label, bits, limit)
    return values.shifted_down(problem.unit).within(1.001, because="the label's limit is at most the unit")


async def _start(
    context: StepContext, problem: Problem, inputs: Inputs, labels: SecureArray
) -> tuple[SecureArray, SecureArray | None]:
    """What every row's score starts from, (1,): the log-odds of the training rows, or their mean; and how many are positive."""
    total = added([labels[span].sum(limit=problem.rows * labels.limit).reshape(1) for span in inputs.trains])
    if not problem.logistic:
        return times(total, 1 / problem.rows, problem.bits).within(1.01, because="a mean of labels"), None
    events = total.within(problem.rows, because="a count of rows")
    await require_both(context, events, problem.rows)
    negatives = (problem.rows - events).within(problem.rows, because="a count of rows")
    logs = log(concatenate([events, negatives]), floor=1, fraction_bits=_LOG_BITS)
    return (logs[:1] - logs[1:]).rescaled(problem.bits), events


async def _blocks(context: StepContext, inputs: Inputs, labels: SecureArray, start: SecureArray) -> list[Block]:
    found: list[Block] = []
    scored = "scores" in context.wanted
    for at, (rows, train, test) in enumerate(inputs.spans):
        for span, trains in ((train, True), (test, False)):
            if not trains and not scored:
                continue
            place = span.start
            offset = train.start
            for answers in await rows.answers(context, span.start - offset, span.stop - offset):
                count = answers.shape[1]
                own = labels[place : place + count] if trains else None
                scores = start + constant(context.backend, np.zeros(count), start.fraction_bits)
                found.append(Block(at, answers, own, scores))
                place += count
    return found


def _opened(
    context: StepContext, problem: Problem, inputs: Inputs, trees: list[Tree], start: SecureArray
) -> dict[str, Value]:
    """What a contract may open of the forest."""
    outputs: dict[str, Value] = {}
    wanted, width, places = context.wanted, inputs.rows[0].width, inputs.rows[0].bins.places
    if "split_columns" in wanted:
        columns = np.concatenate([[0], np.repeat(np.arange(1, width + 1), places)])
        outputs["split_columns"] = _by_tree([[named(choice, columns) for choice in tree.choices] for tree in trees])
    if "split_bounds" in wanted:
        bounds = _bounds(context, inputs)
        most = bounds.limit
        outputs["split_bounds"] = _by_tree(
            [
                [bounds.reshape(1, -1).matmul(choice, limit=most).reshape(-1) for choice in tree.choices]
                for tree in trees
            ]
        )
    if "leaf_values" in wanted:
        leaves = concatenate([tree.leaves.reshape(1, -1) for tree in trees])
        outputs["leaf_values"] = leaves.shifted_down(-problem.unit)
    if "start" in wanted:
        outputs["start"] = start.reshape(()).shifted_down(-problem.unit)
    if "importance" in wanted:
        limit = 3 * problem.gain * problem.trees * 2**problem.depth
        bits = min(problem.gain_bits, finest(context.backend, limit, spare=2))
        gains = added([each.rescaled(bits) for tree in trees for each in tree.gains])
        outputs["importance"] = gains[1:].reshape(width, places).sum(axis=1, limit=limit)
    return outputs


def _by_tree(found: list[list[SecureArray]]) -> SecureArray:
    """(trees, nodes), level by level."""
    return concatenate([concatenate(levels).reshape(1, -1) for levels in found])


def _bounds(context: StepContext, inputs: Inputs) -> SecureArray:
    """Every candidate's cut point as shares, (candidates,); 0 of no split."""
    rows = inputs.rows[0]
    bins, none = rows.bins, constant(context.backend, np.zeros(1), 0)
    if rows.secret is not None or inputs.trained_on == "stacked":
        return concatenate([none, constant(context.backend, np.tile(bins.bounds(bins.even()), rows.width), bins.bits)])
    parts = [none]
    for table in rows.tables:
        own = None if table.cuts is None else np.concatenate([bins.bounds(cuts) for cuts in table.cuts])
        shape = (len(table.names) * bins.places,)
        parts.append(share_from(context, own, table.owner, shape, bins.bits, 2 * bins.limit))
    return concatenate(parts)


def _forest(problem: Problem, inputs: Inputs, trees: list[Tree], start: SecureArray) -> Forest:
    choices = concatenate([choice.T for tree in trees for choice in tree.choices])
    leaves = concatenate([tree.leaves.reshape(1, -1) for tree in trees])
    rows = inputs.rows[0]
    cuts = {
        f"{table.owner}.{name}": tuple(map(float, each))
        for table in rows.tables
        if table.cuts is not None and inputs.trained_on == "aligned"
        for name, each in zip(table.names, table.cuts, strict=True)
    }
    return Forest(
        problem.loss, inputs.names, problem.depth, rows.bins, inputs.trained_on, problem.unit, choices, leaves, start, cuts
    )  # fmt: skip


def _fit(problem: Problem, blocks: list[Block], start: SecureArray) -> SecureArray:
    """Of the training rows: mean log loss, or R²; shape ()."""
    errors: list[SecureArray] = []
    spreads: list[SecureArray] = []
    for block in blocks:
        if block.labels is None:
            continue
        if problem.logistic:
            errors.append(losses(block.scores.rescaled(LOSS_BITS), block.labels).sum().reshape(1))
            continue
        most = problem.steepest
        for found, centre in ((errors, block.scores), (spreads, start)):
            away = (centre - block.labels).within(most, because="scores lie among the labels, give or take a step")
            found.append(away.multiply(away, fraction_bits=problem.bits).sum(limit=problem.rows * most**2).reshape(1))
    if problem.logistic:
        return times(added(errors), 1 / problem.rows, LOSS_BITS).reshape(())
    least = 2.0 ** (_LEAST_PLACES - problem.bits)
    ratio = long_quotient(added(errors), added(spreads), least, problem.steepest, LOSS_BITS)
    return (1 - ratio).reshape(())
