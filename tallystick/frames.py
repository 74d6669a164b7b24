"""Results as pandas objects: each number under the names of its axes."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TypeAlias

import numpy as np
import pandas as pd

from client.association import VariantTest, associations
from client.evaluation import Group, Point, evaluations
from client.inference import NOT_GIVEN, inferences
from client.report import page
from client.result_file import NamedOutput, NamedResult
from protocol.errors import RefusedError
from protocol.variants import read_list

Frame: TypeAlias = "float | pd.Series | pd.DataFrame"
"""No axis: a number; one: a series; two: a data frame; more: a series with an index of as many levels."""


class Result(Mapping[str, Frame]):
    """What one result user received, by output (``step.output``).

    ``checked`` says that one share more than needed agreed; ``exact`` has every number as its exact decimal text.
    """

    def __init__(self, exact: NamedResult) -> None:
        self.exact = exact
        self._outputs = {it.source: it for it in exact.outputs}

    @property
    def task(self) -> str:
        """The task's id."""
        return self.exact.task

    @property
    def checked(self) -> bool:
        """Whether all shares agreed, and the result's hash was attested."""
        return self.exact.checked

    def __getitem__(self, output: str) -> Frame:
        """An output's numbers (``result.no_output`` when this user did not receive it)."""
        found = self._outputs.get(output)
        if found is None:
            raise RefusedError(
                "result.no_output", f"There is no output {output!r}.", f"There are {', '.join(self._outputs)}."
            )
        return frame(found)

    def inference(self, step: str) -> pd.DataFrame:
        """What follows of a fit, a line for each coefficient: standard errors, z, p, intervals, odds ratios; NaN where not given.

        ``attrs`` has ``figures`` (rows, events, deviance, AIC by name) and ``withheld``, why something is not given, in English.
        Raises ``result.no_fit``.
        """
        for fit in inferences(self.exact):
            if fit.step == step:
                lines = [asdict(each) for each in fit.estimates]
                found = pd.DataFrame(lines).set_index("name").astype(float)
                found.attrs = {
                    "figures": dict(fit.figures),
                    "withheld": {key: NOT_GIVEN[key].english for key in fit.withheld},
                }
                return found
        raise RefusedError(
            "result.no_fit",
            f"There is no fit of step {step!r} here.",
            "Name a regression whose coefficients you received.",
        )

    def evaluation(self, step: str) -> pd.DataFrame:
        """What follows of an evaluation of two classes, a line for each point of its curve: counts, rates, precision, lift.

        ``attrs`` has ``figures`` (AUC, KS, and of the confusion at the cutoff accuracy, precision, recall, specificity, F1 by name) and
        ``calibration``, a frame of groups with rows, expected and observed share. Raises ``result.no_evaluation``.
        """
        for each in evaluations(self.exact):
            if each.step == step:
                points = pd.DataFrame([asdict(point) for point in each.points], columns=[*Point.__slots__])
                found = points.set_index("threshold").astype(float)
                groups = pd.DataFrame([asdict(group) for group in each.groups], columns=[*Group.__slots__])
                found.attrs = {"figures": dict(each.figures), "calibration": groups}
                return found
        raise RefusedError(
            "result.no_evaluation",
            f"There is no evaluation of two classes of step {step!r} here.",
            "Name a step of eval.binary whose outputs you received.",
        )

    def association(self, step: str, bim: bytes = b"") -> pd.DataFrame:
        """What follows of a test of association, a line for each variant that shows its counts, by its place in the list.

        ``bim`` is the ``.bim`` file that names the variants. ``attrs`` has ``controls``, ``cases``, ``hidden`` and ``inflation``. Raises
        ``result.no_association``, or ``result.other_list`` where it is not the list that was counted.
        """
        for found in associations(self.exact, read_list(bim) if bim else ()):
            if found.step == step:
                lines = [asdict(each) for each in found.tested]
                names = pd.DataFrame([line.pop("variant") or {} for line in lines])
                tests = pd.DataFrame(lines, columns=[name for name in VariantTest.__slots__ if name != "variant"])
                table = pd.concat([names, tests.astype(float)], axis=1).set_index("place")
                table.index = table.index.astype(int)
                table.attrs = {name: getattr(found, name) for name in ("controls", "cases", "hidden", "inflation")}
                return table
        raise RefusedError(
            "result.no_association",
            f"There is no test of association of step {step!r} here.",
            "Name a step of gwas.assoc whose counts you received.",
        )

    def report(self, bim: bytes = b"") -> str:
        """The page about this result, in English and Chinese: one HTML file without scripts; ``bim`` names variants."""
        return page(self.exact, read_list(bim) if bim else ())

    def __contains__(self, output: object) -> bool:
        return output in self._outputs

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __repr__(self) -> str:
        return f"<Result of {self.task}: {', '.join(self._outputs)}{'' if self.checked else ' (unchecked)'}>"


def frame(output: NamedOutput) -> Frame:
    """One output; numbers are the doubles nearest to the exact decimals."""
    values = np.array([float(value) for _, value in output.cells()])
    if not output.axes:
        return float(values[0])
    indexes = [pd.Index(axis.names, name=axis.of, dtype=object) for axis in output.axes]
    if len(indexes) == 1:
        return pd.Series(values, indexes[0], name=output.source)
    if len(indexes) == 2:
        return pd.DataFrame(values.reshape(len(indexes[0]), len(indexes[1])), indexes[0], indexes[1])
    return pd.Series(values, pd.MultiIndex.from_product(indexes), name=output.source)
