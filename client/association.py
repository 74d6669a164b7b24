"""What follows from the genotype counts that ``gwas.assoc`` opened, in the clear, at who may read them: a line of tests for each variant.

Nothing here is computed among parties and nothing needs the data. Counts are whole numbers, so every statistic is one division of
exact integers: the same table as from the pooled genotypes. Of a variant, with A1 the counted allele:

* the allelic test: Pearson's chi-square of alleles by group, one degree of freedom; the odds ratio of A1 with Woolf's 95 % interval
  (Woolf, Annals of Human Genetics 1955; none where a cell is 0);
* the trend test (Armitage, Biometrics 1955): copies 0, 1, 2 as scores, variance with N as PLINK has it; right also where genotypes are not in
  Hardy-Weinberg proportions;
* Hardy-Weinberg proportions in the controls: Pearson's chi-square, one degree of freedom;
* the genomic inflation: the median of the trend statistics over the median of chi-square with one degree (Devlin, Roeder, Biometrics 1999).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from client.distributions import two_sided, two_sided_point
from client.result_file import MadeBy, NamedOutput, NamedResult
from protocol.errors import FormatError
from protocol.variants import Variant, listed

MEDIAN: Final = two_sided_point(0.5, None) ** 2
"""Of chi-square with one degree of freedom: 0.4549."""
GENOME_WIDE: Final = 5e-8
"""The level of a million independent tests (Pe'er et al., Genetic Epidemiology 2008)."""
SUGGESTIVE: Final = 1e-5
_COUNTS: Final = 6
_REACH: Final = two_sided_point(0.05, None)
_ASSOCIATION: Final = {"variants"}
"""What a test of association could be given: no code outside the programs knows one by name."""


@dataclass(frozen=True, slots=True)
class VariantTest:
    """One variant that shows its counts; ``place`` counts from 1 in the list. None: not defined, as of a variant without variation.

    Frequencies are those of the counted allele among the known ones, missing rates those of people; ``low`` and ``high`` bound the odds ratio.
    """

    place: int
    variant: Variant | None
    case_frequency: float | None
    control_frequency: float | None
    case_missing: float | None
    control_missing: float | None
    allelic: float | None
    allelic_p: float | None
    trend: float | None
    trend_p: float | None
    odds: float | None
    low: float | None
    high: float | None
    hardy_weinberg: float | None
    hardy_weinberg_p: float | None


@dataclass(frozen=True, slots=True)
class Association:
    """All variants of one step that show; ``hidden`` ones have a count below the minimum group, or nobody's dosage is known."""

    step: str
    program: str
    tested: tuple[VariantTest, ...]
    hidden: int
    controls: int | None
    cases: int | None
    inflation: float | None


def associations(result: NamedResult, variants: Sequence[Variant] = ()) -> tuple[Association, ...]:
    """What follows of every test of association, in the contract's order; ``variants`` name the places.

    Raises ``FormatError`` where the list is not the one that was counted (``result.other_list``), or nobody can tell (``result.no_list``).
    """
    found = [_association(result, step, variants) for step in result.steps if set(step.parameters) == _ASSOCIATION]
    return tuple(each for each in found if each is not None)


def _association(result: NamedResult, step: MadeBy, variants: Sequence[Variant]) -> Association | None:
    mine = {
        output.source.partition(".")[2]: output
        for output in result.outputs
        if output.source.partition(".")[0] == step.step
    }
    counts = mine.get("counts")
    if counts is None or len(counts.axes) != 2 or len(counts.axes[1].names) != _COUNTS:
        return None
    if variants:
        _check(mine.get("variant_list"), variants)
    controls, cases = _whole(mine["people"]) if "people" in mine else (0, 0)
    numbers = _whole(counts)
    lines = [numbers[at : at + _COUNTS] for at in range(0, len(numbers), _COUNTS)]
    tested = tuple(
        _tested(place, variants[place - 1] if variants else None, line, controls, cases)
        for place, line in enumerate(lines, 1)
        if any(line)
    )
    known = [each.trend for each in tested if each.trend is not None]
    inflation = statistics.median(known) / MEDIAN if known else None
    return Association(
        step.step, step.program, tested, len(lines) - len(tested), controls or None, cases or None, inflation
    )


def _check(given: NamedOutput | None, variants: Sequence[Variant]) -> None:
    """The names are those of the list that was counted."""
    if given is None:
        raise FormatError(
            "result.no_list",
            "This reader did not receive `variant_list`, so nothing says which list was counted.",
            "Read the report without names, or ask for that output in the next task.",
        )
    if b"".join(word.to_bytes(2, "big") for word in _whole(given)) != listed(tuple(variants)).digest:
        raise FormatError(
            "result.other_list",
            "The .bim file is not the list of variants that was counted.",
            "Name the file that the centres agreed on.",
        )


def _whole(output: NamedOutput) -> list[int]:
    return [int(value) for value in output.values]


def _tested(place: int, variant: Variant | None, line: Sequence[int], controls: int, cases: int) -> VariantTest:
    control, case = line[:3], line[3:]
    # counted and other alleles of either group
    a, b = case[1] + 2 * case[2], case[1] + 2 * case[0]
    c, d = control[1] + 2 * control[2], control[1] + 2 * control[0]
    allelic = _ratio((a + b + c + d) * (a * d - b * c) ** 2, (a + b) * (c + d) * (a + c) * (b + d))
    trend, hardy = _trend(control, case), _hardy_weinberg(control)
    odds = low = high = None
    if a and b and c and d:
        odds = (a * d) / (b * c)
        error = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        low, high = odds * math.exp(-_REACH * error), odds * math.exp(_REACH * error)
    return VariantTest(
        place,
        variant,
        _ratio(a, a + b),
        _ratio(c, c + d),
        _ratio(cases - sum(case), cases),
        _ratio(controls - sum(control), controls),
        allelic,
        _p(allelic),
        trend,
        _p(trend),
        odds,
        low,
        high,
        hardy,
        _p(hardy),
    )


def _trend(control: Sequence[int], case: Sequence[int]) -> float | None:
    every = [x + y for x, y in zip(control, case, strict=True)]
    people, cases = sum(every), sum(case)
    scored, in_cases = every[1] + 2 * every[2], case[1] + 2 * case[2]
    spread = people * (every[1] + 4 * every[2]) - scored**2
    return _ratio(people * (people * in_cases - cases * scored) ** 2, cases * (people - cases) * spread)


def _hardy_weinberg(counts: Sequence[int]) -> float | None:
    """N (4·n0·n2 - n1²)² / ((2·n0 + n1)² (2·n2 + n1)²): Pearson's statistic in one fraction."""
    none, one, two = counts
    first, second = 2 * none + one, 2 * two + one
    return _ratio((none + one + two) * (4 * none * two - one**2) ** 2, (first * second) ** 2)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _p(statistic: float | None) -> float | None:
    return None if statistic is None else two_sided(math.sqrt(statistic), None)
