"""``kmeans``: Lloyd's algorithm (IEEE Trans. Inf. Theory 1982) with secret rows, secret centroids and secret assignments.

The number of clusters and of iterations is public and fixed, so nothing depends on the data. One iteration: the scores
|c|² - 2·x·c are one matrix product; the nearest centroid of every row is a one-hot vector from k - 1 comparisons; sums and
counts are one exact matrix product; the division is one reciprocal per cluster. A cluster without rows keeps its centroid.

Starting centroids are rows of the table: drawn by a public seed (``rows``), or by k-means++ (Arthur, Vassilvitskii, SODA 2007)
among a sample of up to 256 rows drawn by the seed (``plus``): a public random fraction of the secret sum of squared distances
picks the next row obliviously. Either way nobody learns which values the rows hold.

As in scikit-learn, assignments, sizes and inertia belong to the final centroids. Centroids and sizes of clusters below the
contract's minimum group are 0, and so are, where one is agreed, centres of columns of three values or fewer: they would be counts.
"""

from hashlib import shake_256
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import argmin_one_hot, maximum
from mpc.programs.minimum_group import by_view, guarded, kept, require
from mpc.programs.precision import finest, quotient
from mpc.programs.rare_values import Tallied, own_few
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_aligned, share_stacked
from mpc.workflow.values import Aligned, Owned, SharedTable, Stacked, Value
from protocol.errors import RangeError

SAMPLE = 256


async def run(context: StepContext) -> dict[str, Value]:
    """Cluster the rows."""
    (table,) = context.inputs["tables"]
    assert isinstance(table, (Aligned, Stacked, SharedTable))
    rows = _rows(context, table)
    count, k = rows.shape[0], context.integer("clusters")
    owned = table.owned
    require(context, owned)
    if count < k:
        raise RangeError("kmeans.too_few_rows", f"{count} rows make no {k} clusters.", "Use more rows.")
    limit, seed = rows.limit, context.integer("seed")
    centroids = _plus(rows, k, seed) if context.choice("start") == "plus" else rows[draw(seed, count, k)]
    iterations = context.integer("iterations")
    before = centroids
    for iteration in range(iterations):
        members = argmin_one_hot(_scores(rows, centroids), axis=1)
        before, centroids = centroids, await _moved(rows, members, centroids, limit).settled()
        context.progress(iteration + 1, iterations + 1)
    scores = _scores(rows, centroids)
    members = argmin_one_hot(scores, axis=1)
    sizes = members.sum(axis=0, limit=count)
    shown = _shown(context, owned, members) if guarded(context) and owned is not None else sizes >= 1
    bits = shown.reshape(-1, 1)
    if guarded(context) and context.wanted & {"centroids", "moved"}:
        bits = bits * (1 - _few(context, table)).within(1, because="one less a bit")
    centres = centroids.multiply(bits, fraction_bits=centroids.fraction_bits)
    context.rows_of["assignments"] = owned
    outputs: dict[str, Value] = {
        "centroids": centres,
        "sizes": sizes * shown,
        "inertia": _inertia(rows, scores, members),
        "assignments": (members * np.arange(k)).sum(axis=1, limit=k),
    }
    if "moved" in context.wanted:
        outputs["moved"] = maximum(abs((centroids - before) * bits).reshape(-1))
    return {name: value for name, value in outputs.items() if name in context.wanted}


def _shown(context: StepContext, owned: Owned, members: SecureArray) -> SecureArray:
    """Bits (k,): clusters that are large enough in every view."""
    edges = np.cumsum([0, *(rows for _, rows in owned)])
    parts = [
        members[int(start) : int(stop)].sum(axis=0, limit=max(1, int(stop - start))) for start, stop in pairwise(edges)
    ]
    return kept(by_view(context, owned, parts), context.minimum_group)


def _few(context: StepContext, table: Aligned | Stacked | SharedTable) -> SecureArray:
    """Bits (columns,): a centre would say how many of a cluster have one of a column's few values."""
    match table:
        case Stacked():
            return Tallied(context, table).few()
        case SharedTable():
            return constant(context.backend, np.ones(len(table.columns)), 0) if table.few is None else table.few
        case Aligned():
            return concatenate([own_few(context, part) for part in table.tables if part.columns])


def draw(seed: int, rows: int, count: int) -> NDArray[np.int64]:
    """Distinct row numbers from a public seed, the same at every party: SHAKE-256, eight bytes each, modulo the rows."""
    found: dict[int, None] = {}
    stream = shake_256(b"tallystick/draw/v1" + seed.to_bytes(8, "big"))
    wanted = 8 * (count + 64)
    while len(found) < count:
        data = stream.digest(wanted)
        found = dict.fromkeys(int.from_bytes(data[at : at + 8], "big") % rows for at in range(0, wanted, 8))
        wanted *= 2
    return np.array(list(found)[:count], dtype=np.int64)


def _rows(context: StepContext, table: Aligned | Stacked | SharedTable) -> SecureArray:
    if isinstance(table, SharedTable):
        width, limit = table.rows.shape[1], table.rows.limit
        return table.rows.rescaled(min(table.rows.fraction_bits, _bits(context, width, limit)))
    if isinstance(table, Stacked):
        limit = context.decimal("limit")
        return share_stacked(context, table, _bits(context, len(table.columns), limit), limit)
    limit = context.decimal("limit") if table.limit is None else table.limit
    width = sum(len(part.columns) for part in table.tables)
    return share_aligned(context, table, _bits(context, width, limit), limit)


def _bits(context: StepContext, width: int, limit: float) -> int:
    """A squared distance is at most 4·width·limit²; its scores must fit a comparison."""
    return finest(context.backend, 4 * width * limit**2, spare=4) // 2


def _scores(rows: SecureArray, centroids: SecureArray) -> SecureArray:
    """Squared distances less the row's square, shape (rows, k)."""
    bits, width = rows.fraction_bits, rows.shape[1]
    norms = centroids.multiply(centroids, fraction_bits=2 * bits).sum(axis=1)
    inner = rows.matmul(centroids.T, fraction_bits=2 * bits, limit=1.01 * width * rows.limit**2)
    return norms.reshape(1, -1) - 2 * inner


def _moved(rows: SecureArray, members: SecureArray, before: SecureArray, limit: float) -> SecureArray:
    """The members' means, or the old centroid where there are none."""
    count, bits = rows.shape[0], rows.fraction_bits
    sums = members.T.matmul(rows, fraction_bits=bits, limit=limit * count)
    sizes = members.sum(axis=0, limit=count).reshape(-1, 1)
    means = quotient(sums, sizes, most=count, limit=limit, fraction_bits=bits)
    kept_ = before.multiply(1 - (sizes >= 1), fraction_bits=bits)
    return (means + kept_).within(limit, because="a mean of rows, or an earlier one")


def _inertia(rows: SecureArray, scores: SecureArray, members: SecureArray) -> SecureArray:
    """Sum of |x|² plus every row's least score."""
    bits, (count, width) = rows.fraction_bits, rows.shape
    total = finest(rows.backend, 4 * count * width * rows.limit**2)
    squares = rows.multiply(rows, fraction_bits=2 * bits).sum(axis=1)
    least = scores.multiply(members, fraction_bits=2 * bits).sum(axis=1, limit=scores.limit)
    distances = (squares + least).rescaled(min(total, 2 * bits))
    return distances.sum(limit=4 * count * width * rows.limit**2)


def _plus(rows: SecureArray, k: int, seed: int) -> SecureArray:
    """k-means++ on a sample: the next centroid is the first row at which the running sum of distances passes u·total."""
    sample = rows[draw(seed, rows.shape[0], min(rows.shape[0], max(SAMPLE, k)))]
    size, width = sample.shape
    bits = sample.fraction_bits
    fractions = _fractions(seed, k)
    most = 4 * width * sample.limit**2
    short = finest(rows.backend, most * size, spare=4 + 24, at_most=2 * bits)
    norms = sample.multiply(sample, fraction_bits=2 * bits).sum(axis=1)
    chosen = [sample[:1]]
    nearest: SecureArray | None = None
    for fraction in fractions[1:]:
        distance = (norms + _scores(sample, chosen[-1]).reshape(-1)).within(most, because="a squared distance")
        nearest = (
            distance
            if nearest is None
            else nearest - (nearest - distance).multiply(nearest >= distance, fraction_bits=2 * bits)
        )
        nearest = nearest.within(most, because="the smaller of two squared distances")
        sums = _running(nearest.rescaled(short))
        passed = (sums - sums[-1:].multiply(fraction, fraction_bits=short)).at_least([0])[0]
        first = passed - concatenate([constant(rows.backend, np.zeros(1), 0), passed[:-1]])
        chosen.append(first.reshape(1, -1).matmul(sample, fraction_bits=bits, limit=sample.limit))
    return concatenate(chosen).within(sample.limit, because="rows of the sample")


def _running(values: SecureArray) -> SecureArray:
    return np.tril(np.ones((values.shape[0],) * 2, dtype=np.int64)) @ values


def _fractions(seed: int, count: int) -> list[float]:
    data = shake_256(b"tallystick/fractions/v1" + seed.to_bytes(8, "big")).digest(4 * count)
    return [int.from_bytes(data[4 * at : 4 * at + 4], "big") / 2**32 for at in range(count)]
