"""What follows from a fit's opened numbers, in the clear, at who may read them: z, p, intervals, odds ratios, deviance, AIC.

Nothing here is computed among parties and nothing needs the data. z, p and intervals are those of an estimate by maximum likelihood, so
they are withheld, with the reason, where the numbers themselves say that the fit is none:

* *not at its optimum*: the coefficients are off by at most sqrt(g'·V·g) <= Σ|g_j|·SE_j standard errors, g the gradient that the output
  ``convergence`` bounds; or some were cut off at their limit. Without that output nobody can tell.
* *held by the penalty*: with P for each slope (1/C of ``glm.logistic``, alpha times the rows of ``glm.poisson`` and ``survival.cox``), the penalty moves any estimate by at most sqrt((P·w)'·V·(P·w)) <= P·Σ|w_j|·SE_j
  standard errors (Cauchy–Schwarz, then the triangle inequality in V's norm), and P·SE_j² is its part in what is known of coefficient j.

Both bounds are of first order in the difference, as standard errors themselves are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from client.distributions import two_sided, two_sided_point
from client.result_file import MadeBy, NamedOutput, NamedResult
from protocol.programs import Words

LEVEL: Final = 0.95
FAR: Final = 0.1
"""Standard errors that an estimate may be off by before no z is given: 1.96 is then a level between 0.94 and 0.96."""
HELD: Final = 0.02
"""The penalty's part in what is known of a coefficient from which on no z is given: its standard error is 1 % too small there."""
_LOGISTIC: Final = frozenset({"c", "tolerance", "beyond_limit"})
_LINEAR: Final = frozenset({"alpha", "label_limit"})
_POISSON: Final = frozenset({"alpha", "mean_limit"})
_HAZARDS: Final = frozenset({"alpha", "risk_limit"})
"""What a fit is follows from what its step could be given: no code outside the programs knows one by name."""
_INTERCEPT: Final = "intercept"

NOT_GIVEN: Final = {
    "convergence": Words(
        "z, p and intervals are withheld: this reader did not receive `convergence`, so nothing says whether the fit had ended.",
        "未给出 z、p 与区间：本使用方未收到 convergence，无法判断拟合是否已结束。",
    ),
    "unfinished": Words(
        "z, p and intervals are withheld: the fit had not reached its optimum, so its standard errors are not to be relied on. More"
        " iterations, or a larger coefficient_limit (risk_limit), may help; where one value of a column tells the outcome there is no optimum.",
        "未给出 z、p 与区间：拟合尚未达到最优，其标准误不可依赖。可增加迭代次数或提高 coefficient_limit（risk_limit）；若某列的一个取值即可断定结局，则最优不存在。",
    ),
    "rows": Words(
        "z, p and intervals are withheld: this reader did not receive `fitted_rows`, so nothing says how strong the penalty is.",
        "未给出 z、p 与区间：本使用方未收到 fitted_rows，无法判断正则项的强度。",
    ),
    "flagged": Words(
        "t, p and intervals are withheld: a coefficient is flagged (cut off, too small for its last place, or of a column that does not vary),"
        " or this reader did not receive `flagged`.",
        "未给出 t、p 与区间：有系数被标记（被截断、小于末位精度或所属列无变化），或本使用方未收到 flagged。",
    ),
    "penalty": Words(
        "z, p and intervals are withheld: the penalty moves the estimates by a noticeable part of their standard errors. Fit with a larger c, or a smaller alpha,"
        " for estimates by maximum likelihood.",
        "未给出 z、p 与区间：正则项使估计值的偏移相对其标准误不可忽略。需要极大似然估计时请增大 c 或减小 alpha。",
    ),
    "held": Words(
        "No z, p and interval of a coefficient that the penalty decides rather than the data (a column that others nearly determine, or"
        " that hardly varies).",
        "若某系数主要由正则项而非数据决定（该列几乎由其他列决定或几乎无变化），则不给出其 z、p 与区间。",
    ),
    "none": Words(
        "No standard error of a column that all but depends on others, or that may not show under the minimum group.",
        "若某列几乎由其他列决定，或因最小分组不予显示，则无标准误。",
    ),
}
"""Why what is not there is not there."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One coefficient: per unit of the column as it was fitted (of logistic regression a standard deviation, but of a secret table its own unit). None: not given.

    ``odds`` is its exponential: an odds ratio, of counts a rate ratio, of times a hazard ratio. ``own`` is the coefficient, ``own_error`` its standard error and ``own_odds`` the odds ratio in the column's own unit, where its
    deviation is among the outputs. ``penalty`` is the penalty's part in what is known of it.
    """

    name: str
    coefficient: float
    error: float | None = None
    statistic: float | None = None
    p: float | None = None
    low: float | None = None
    high: float | None = None
    odds: float | None = None
    odds_low: float | None = None
    odds_high: float | None = None
    penalty: float | None = None
    own: float | None = None
    own_error: float | None = None
    own_odds: float | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """One fit. ``ratio`` is what exponentials of coefficients are: ``odds``, ``rate``, ``hazard`` or nothing; ``statistic`` is z, or t with ``freedom``; ``figures`` by name, those that can be computed; ``withheld`` keys of :data:`NOT_GIVEN`."""

    step: str
    program: str
    ratio: str
    statistic: str
    freedom: float | None
    estimates: tuple[Estimate, ...]
    figures: Mapping[str, float] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()


def inferences(result: NamedResult) -> tuple[Inference, ...]:
    """What follows of every fit with coefficients by column, in the contract's order."""
    found: list[Inference] = []
    for step in result.steps:
        fit = _Fit.of(result, step)
        if fit is not None:
            found.append(fit.inference())
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Fit:
    made: MadeBy
    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    outputs: Mapping[str, tuple[float, ...]]
    deviations: Mapping[str, float]

    @classmethod
    def of(cls, result: NamedResult, made: MadeBy) -> "_Fit | None":
        of_step = {it.source.partition(".")[2]: it for it in result.outputs if it.source.partition(".")[0] == made.step}
        slopes = of_step.get("coefficients")
        if (not _ratio(made) and not made.parameters.keys() >= _LINEAR) or slopes is None or len(slopes.axes) != 1:
            return None
        outputs = {name: _numbers(it) for name, it in of_step.items()}
        return cls(made, slopes.axes[0].names, _numbers(slopes), outputs, _deviations(result, made))

    def one(self, output: str, at: int = 0) -> float | None:
        """A number of an output; None where this reader did not receive it."""
        found = self.outputs.get(output)
        return None if found is None else found[at]

    def ratio(self) -> str:
        return _ratio(self.made)

    def likely(self) -> bool:
        """Whether it is an estimate by maximum likelihood, less a penalty, by iterations that may not have ended."""
        return bool(self.ratio())

    def inference(self) -> Inference:
        names = [*self.names, *([_INTERCEPT] if "intercept" in self.outputs else [])]
        values = [*self.coefficients, *self.outputs.get("intercept", ())]
        slopes = self.outputs.get("standard_errors", (0.0,) * len(self.names))
        errors = [*slopes, *([self.one("intercept_error") or 0.0] if len(names) > len(self.names) else [])]
        there = "standard_errors" in self.outputs or "intercept_error" in self.outputs
        withheld = self._withheld() if there else []
        freedom = self._freedom()
        reach = two_sided_point(1 - LEVEL, freedom) if freedom is None or freedom > 0 else None
        estimates: list[Estimate] = []
        for at, (name, value, error) in enumerate(zip(names, values, errors, strict=True)):
            part = self._penalty() * error**2 if at < len(self.names) else 0.0
            given = not withheld and error > 0 and part <= HELD and reach is not None
            estimates.append(self._estimate(name, value, error, part, reach if given else None, freedom))
        if there and any(error <= 0 for error in errors[: len(slopes)]):
            withheld = [*withheld, "none"]
        if there and any((each.penalty or 0) > HELD for each in estimates):
            withheld = [*withheld, "held"]
        kind = "z" if freedom is None else "t"
        return Inference(
            self.made.step,
            self.made.program,
            self.ratio(),
            kind,
            freedom,
            tuple(estimates),
            self._figures(),
            tuple(withheld),
        )

    def _estimate(
        self, name: str, value: float, error: float, part: float, reach: float | None, freedom: float | None
    ) -> Estimate:
        odds = _power(value) if self.ratio() and name != _INTERCEPT else None
        own = self.deviations.get(name, 0.0)
        scaled = own > 0
        low, high = (None, None) if reach is None else (value - reach * error, value + reach * error)
        return Estimate(
            name=name,
            coefficient=value,
            error=error if error > 0 else None,
            statistic=value / error if reach is not None else None,
            p=two_sided(value / error, freedom) if reach is not None else None,
            low=low,
            high=high,
            odds=odds,
            odds_low=None if odds is None or low is None else _power(low),
            odds_high=None if odds is None or high is None else _power(high),
            penalty=part if error > 0 and name != _INTERCEPT else None,
            own=value / own if scaled else None,
            own_error=error / own if scaled and error > 0 else None,
            own_odds=_power(value / own) if scaled and odds is not None else None,
        )

    def _penalty(self) -> float:
        """Of each slope, in the sum over the rows."""
        match self.ratio():
            case "odds":
                return 1 / float(self.made.parameters["c"])
            case "rate" | "hazard":
                return float(self.made.parameters["alpha"]) * self._rows()
            case _:
                return 0.0

    def _rows(self) -> float:
        return self.one("fitted_rows") or 0.0

    def _freedom(self) -> float | None:
        """Of t: rows less coefficients and intercept."""
        return None if self.likely() else self._rows() - len(self.names) - 1

    def _withheld(self) -> list[str]:
        if not self.likely():
            return [] if self.one("flagged") == 0 else ["flagged"]
        if "convergence" not in self.outputs:
            return ["convergence"]
        if self.ratio() in ("rate", "hazard") and not self._rows():
            return ["rows"]
        found: list[str] = []
        _, slope, *limited = self.outputs["convergence"]
        errors = self.outputs.get("standard_errors", ())
        known = [error for error in (*errors, self.one("intercept_error") or 0.0) if error > 0]
        rows = self._rows()
        # without the number of rows the gradient's size cannot be told: its mean alone must be at the fit's resolution
        off = slope * rows * sum(known) if rows else slope / 1e-6 * FAR
        if max(limited) > 0 or off > FAR:
            found.append("unfinished")
        moved = self._penalty() * sum(abs(w) * e for w, e in zip(self.coefficients, errors, strict=False))
        if moved > FAR:
            found.append("penalty")
        return found

    def _figures(self) -> dict[str, float]:
        """Rows, events, and what follows from them and from the mean log loss; none where the minimum group hides them."""
        rows, loss = self._rows(), self.one("loss")
        if rows <= 0:
            return {}
        if self.ratio() == "rate":
            return self._of_counts(rows, self.outputs["fitted_rows"][1])
        if self.ratio() == "hazard":
            return {"rows": rows, "events": self.outputs["fitted_rows"][1]} | self._partial_likelihood()
        if not self.likely():
            return self._least_squares(rows)
        events = self.outputs["fitted_rows"][1]
        found = {"rows": rows, "events": events}
        if self.made.parameters.get("class_weight", "none") != "none" or not 0 < events < rows:
            return found
        null = -2 * (events * math.log(events / rows) + (rows - events) * math.log(1 - events / rows))
        found |= {"null deviance": null, "null degrees of freedom": rows - 1}
        if loss is None:
            return found
        count, residual = len(self.names) + 1, 2 * rows * loss
        return found | {
            "residual deviance": residual,
            "residual degrees of freedom": rows - count,
            "log-likelihood": -residual / 2,
            "AIC": residual + 2 * count,
            "BIC": residual + count * math.log(rows),
            "McFadden's R²": 1 - residual / null,
        }

    def _of_counts(self, rows: float, counted: float) -> dict[str, float]:
        """Of counts: the likelihood is a Poisson law's, as in R and statsmodels."""
        found, means = {"rows": rows, "counted events": counted}, self.outputs.get("likelihood")
        if means is None or not any(means) or counted <= 0:
            return found
        kernel, largest, factorials = (rows * each for each in means)
        count, likelihood = len(self.names) + 1, kernel - factorials
        return found | {
            "null deviance": 2 * (largest - counted * math.log(counted / rows)),
            "null degrees of freedom": rows - 1,
            "residual deviance": 2 * (largest - counted - kernel),
            "residual degrees of freedom": rows - count,
            "log-likelihood": likelihood,
            "AIC": 2 * count - 2 * likelihood,
            "BIC": count * math.log(rows) - 2 * likelihood,
        }

    def _partial_likelihood(self) -> dict[str, float]:
        """Of Cox's partial likelihood; the test of all coefficients, and AIC, are those of an estimate without a penalty."""
        found = self.outputs.get("log_likelihood")
        if found is None:
            return {}
        null, fitted = found
        figures = {"null log partial likelihood": null, "log partial likelihood": fitted}
        errors = self.outputs.get("standard_errors", (0.0,))
        if self._penalty() or self._withheld() or min(errors) <= 0:
            return figures  # no maximum, or nobody knows of how many free coefficients
        count = len(self.names)
        return figures | {
            "likelihood ratio χ²": 2 * (fitted - null),
            "degrees of freedom": count,
            "AIC": 2 * count - 2 * fitted,
        }

    def _least_squares(self, rows: float) -> dict[str, float]:
        """Of least squares: what follows from the two spreads; the likelihood is that of normal errors, as in R and statsmodels."""
        found, spread = {"rows": rows}, self.outputs.get("spread")
        count = len(self.names) + 1
        if spread is None or rows <= count or min(spread) <= 0:
            return found
        residual, null = spread[0] ** 2 * (rows - count), spread[1] ** 2 * (rows - 1)
        likelihood = -rows / 2 * (math.log(2 * math.pi * residual / rows) + 1)
        return found | {
            "null deviance": null,
            "null degrees of freedom": rows - 1,
            "residual deviance": residual,
            "residual degrees of freedom": rows - count,
            "residual standard error": spread[0],
            "R²": 1 - residual / null,
            "adjusted R²": 1 - (spread[0] / spread[1]) ** 2,
            "log-likelihood": likelihood,
            "AIC": 2 * count - 2 * likelihood,
            "BIC": count * math.log(rows) - 2 * likelihood,
        }


def _ratio(made: MadeBy) -> str:
    """What an exponential of a coefficient is: nothing where the link is not a logarithm of something."""
    if made.parameters.keys() >= _LOGISTIC:
        return "odds"
    if made.parameters.keys() >= _HAZARDS:
        return "hazard"
    return "rate" if made.parameters.keys() >= _POISSON else ""


def _numbers(output: NamedOutput) -> tuple[float, ...]:
    return tuple(map(float, output.values))


def _deviations(result: NamedResult, made: MadeBy) -> dict[str, float]:
    """By column: those that the fit pooled, else those of the one output ``deviations`` that has the fit's columns."""
    whole = [it for it in result.outputs if it.source.partition(".")[2] == "deviations" and len(it.axes) == 1]
    own = [it for it in whole if it.source.partition(".")[0] == made.step]
    if not _ratio(made) or len(own or whole) != 1:
        return {}
    (found,) = own or whole
    return dict(zip(found.axes[0].names, _numbers(found), strict=True))


def _power(exponent: float) -> float:
    return math.exp(exponent) if exponent < 700 else math.inf
