"""What follows from genotype counts, against scipy and statsmodels on the pooled people; and when nothing does."""

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table, Table2x2

from client import report
from client.association import GENOME_WIDE, MEDIAN, Association, VariantTest, associations
from client.association_page import variants_csv
from client.genome_pictures import manhattan, quantiles, strength
from client.result_file import MadeBy, NamedResult
from mpc.programs.gwas.words import COPIES
from protocol.axes import Axis
from protocol.errors import TallyError
from protocol.variants import Variant, listed
from tallystick import frames
from tests.unit.client.fitted import tensor
from tests.unit.mpc.programs.genotypes import counted, drawn
from tests.unit.mpc.programs.real_data import DATA
from tests.unit.workers.sources.plink import bim
from workers.results import Result

RNG = np.random.default_rng(3)
VARIANTS = 60
CASES, DOSAGES = drawn(RNG, 700, VARIANTS)
LIST = tuple(Variant("1" if at < 40 else "X", f"rs{at}", 1000 * at, "A", "G") for at in range(VARIANTS))


def kept(counts: Any, people: Any = None, digest: bytes | None = None) -> bytes:
    """The result file."""
    outputs = {"counts": counts} | ({} if people is None else {"people": people})
    if digest is not None:
        outputs["variant_list"] = np.frombuffer(digest, ">u2").astype(float)
    names = {
        f"test.{name}": tuple(
            Axis("figure", COPIES) if at else Axis("variant", tuple(map(str, range(1, size + 1))))
            for at, size in enumerate(np.shape(values))
        )
        for name, values in outputs.items()
    }
    made = tuple((f"test.{name}", (bytes(32),), tensor(values)) for name, values in outputs.items())
    steps = (MadeBy("test", "gwas.assoc@1.0.0", {"variants": str(len(counts))}),)
    return Result(b"\7" * 32, b"\2" * 32, True, made, names, steps).data()


def result(counts: Any, people: Any = None, digest: bytes | None = None) -> NamedResult:
    return NamedResult.read(kept(counts, people, digest))


def of(cases: Any, dosages: Any) -> NamedResult:
    people = [(np.asarray(cases) == 0).sum(), (np.asarray(cases) == 1).sum()]
    return result(counted(cases, dosages), np.array(people), listed(LIST).digest)


def only(found: NamedResult) -> Association:
    (one,) = associations(found)
    return one


def standing(place: int, chi: float, p: float) -> VariantTest:
    """A variant of which the trend alone matters."""
    given: dict[str, Any] = {**dict.fromkeys(VariantTest.__slots__), "place": place, "trend": chi, "trend_p": p}
    return VariantTest(**given)


def near(ours: float | None, theirs: Any) -> None:
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_every_statistic_is_the_pooled_one() -> None:
    """To 1e-12, of the alleles and genotypes of all people, one by one. statsmodels' trend has N - 1 in its variance, PLINK's has N."""
    found = only(of(CASES, DOSAGES))
    assert [each.place for each in found.tested] == [at for at in range(1, VARIANTS + 1) if at != 2]
    for each in found.tested[1:]:
        column = DOSAGES[:, each.place - 1]
        known = column >= 0
        table = np.array([[((column == copies) & (case == CASES)).sum() for copies in (0, 1, 2)] for case in (0, 1)])
        alleles = table @ np.array([[0, 2], [1, 1], [2, 0]])  # A1, A2 of controls and cases
        pearson: Any = stats.chi2_contingency(alleles, correction=False)
        near(each.allelic, pearson.statistic)
        near(each.allelic_p, pearson.pvalue)
        total = known.sum()
        trend: Any = Table(table, shift_zeros=False).test_ordinal_association(col_scores=np.arange(3))
        near(each.trend, trend.zscore**2 * total / (total - 1))
        near(each.trend_p, stats.chi2.sf(each.trend, 1))
        near(each.case_frequency, column[known & (CASES == 1)].mean() / 2)
        near(each.control_frequency, column[known & (CASES == 0)].mean() / 2)
        near(each.case_missing, (~known)[CASES == 1].mean())
        near(each.control_missing, (~known)[CASES == 0].mean())
        odds: Any = Table2x2(alleles[::-1], shift_zeros=False)
        near(each.odds, odds.oddsratio)
        for ours, theirs in zip((each.low, each.high), odds.oddsratio_confint(), strict=True):
            near(ours, theirs)
        frequency = column[known & (CASES == 0)].mean() / 2
        expected = table[0].sum() * np.array([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2])
        near(each.hardy_weinberg, stats.chisquare(table[0], expected, ddof=1).statistic)
        near(each.hardy_weinberg_p, stats.chisquare(table[0], expected, ddof=1).pvalue)
    trends = [each.trend for each in found.tested if each.trend is not None]
    near(found.inflation, float(np.median(trends)) / stats.chi2.median(1))
    near(MEDIAN, stats.chi2.median(1))
    assert (found.controls, found.cases, found.hidden) == ((CASES == 0).sum(), (CASES == 1).sum(), 1)


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ((0, 0, 30, 0, 0, 20), {"case_frequency": 1.0, "control_frequency": 1.0}),
        (
            (10, 5, 5, 0, 0, 0),
            {"control_frequency": 0.375, "hardy_weinberg": pytest.approx(20 * (200 - 25) ** 2 / 375**2)},
        ),
        ((0, 0, 0, 3, 4, 3), {"case_frequency": 0.5}),
        ((9, 0, 0, 0, 0, 9), {"allelic": 36.0, "trend": 18.0, "case_frequency": 1.0, "control_frequency": 0.0}),
    ],
    ids=["monomorphic", "no cases", "no controls", "apart"],
)
def test_ugly_tables_have_what_is_defined_and_nothing_else(line: tuple[int, ...], given: dict[str, Any]) -> None:
    (each,) = only(result(np.array([line], float))).tested
    for name, value in given.items():
        assert getattr(each, name) == value
    undefined = {name for name in VariantTest.__slots__ if getattr(each, name) is None}
    assert {"odds", "low", "high", "case_missing", "control_missing"} <= undefined
    assert (each.trend is None) == ("trend" not in given)
    assert (each.trend_p is None) == (each.trend is None)


def test_hidden_and_unknown_variants_are_counted_and_not_tested() -> None:
    found = only(result(np.zeros((3, 6))))
    assert (found.tested, found.hidden, found.inflation) == ((), 3, None)
    assert manhattan(found) == quantiles(found) == ""
    assert "Variants without counts" in report.page(result(np.zeros((3, 6))))


def test_names_are_those_of_the_list_that_was_counted() -> None:
    """Attack: a list with other alleles would name the effect of the other allele."""
    found = of(CASES, DOSAGES)
    (named,) = associations(found, LIST)
    assert named.tested[5].variant == LIST[named.tested[5].place - 1]
    with pytest.raises(TallyError, match=r"result\.other_list"):
        associations(found, LIST[::-1])
    with pytest.raises(TallyError, match=r"result\.no_list"):
        associations(result(counted(CASES, DOSAGES)), LIST)


def test_other_steps_are_no_tests_of_association() -> None:
    made = result(np.ones((2, 6)))
    other = NamedResult(made.task, made.run, True, None, made.outputs, (MadeBy("test", "x@1.0.0", {"c": "1"}),))
    assert associations(other) == ()
    assert associations(NamedResult(made.task, made.run, True, None, (), made.steps)) == ()


def test_a_p_value_below_the_smallest_double_still_has_a_height() -> None:
    """Regression: -log10 of 0; the asymptotic tail meets erfc where both are known."""

    def height(chi: float, p: float) -> float:
        return strength(standing(1, chi, p))

    for chi in (200.0, 1200.0):
        assert height(chi, 0.0) == pytest.approx(-float(stats.chi2.logsf(chi, 1)) / math.log(10), rel=1e-4)
    assert height(1200.0, float(stats.chi2.sf(1200, 1))) == pytest.approx(height(1200.0, 0.0), rel=1e-4)


def test_the_page_draws_both_pictures_and_the_strongest_variants() -> None:
    cases, dosages = CASES.copy(), DOSAGES.copy()
    dosages[:, 7] = np.where(cases == 1, 2, RNG.integers(0, 2, len(cases)))
    text = report.page(of(cases, dosages), LIST)
    for words in ("Manhattan plot", "曼哈顿图", "Q-Q plot", "基因组膨胀因子", "rs7", ">X</text>", "Hardy–Weinberg"):
        assert words in text
    assert "<script" not in text
    assert text.index("rs7<") < text.index("rs8<")
    (found,) = associations(of(cases, dosages), LIST)
    assert strength(found.tested[6]) > -math.log10(GENOME_WIDE)


def test_names_of_a_list_are_escaped() -> None:
    """Attack: a .bim file is another's text."""
    evil = (Variant("<b>", "<i>x", 1, "A", "G"), *LIST[1:])
    counts = counted(CASES, DOSAGES)
    text = report.page(result(counts, np.array([400, 300]), listed(evil).digest), evil)
    assert "<b>" not in text
    assert "<i>" not in text


def test_many_points_make_a_small_picture() -> None:
    tested = tuple(
        standing(at, float(chi), math.erfc(math.sqrt(chi / 2))) for at, chi in enumerate(RNG.chisquare(1, 20_000), 1)
    )
    found = Association("test", "gwas.assoc@1.0.0", tested, 0, None, None, 1.0)
    assert len(manhattan(found)) < 200_000
    assert len(quantiles(found)) < 20_000


def test_all_variants_as_a_table() -> None:
    lines = list(csv.DictReader(io.StringIO(variants_csv(of(CASES, DOSAGES), LIST))))
    found = only(of(CASES, DOSAGES))
    assert [int(line["place"]) for line in lines] == [each.place for each in found.tested]
    for line, each in zip(lines, found.tested, strict=True):
        assert line["name"] == LIST[each.place - 1].name
        assert line["trend_p"] == ("" if each.trend_p is None else repr(each.trend_p))


def test_a_frame_has_a_line_for_each_variant() -> None:
    counts, names = counted(CASES, DOSAGES), bim(VARIANTS)
    made = frames.Result(result(counts, np.array([400, 300]), listed(frames.read_list(names)).digest))
    table = made.association("test", names)
    assert table.loc[3, "name"] == "rs2"
    assert table.loc[3, "trend"] == only(made.exact).tested[1].trend
    assert table.attrs["hidden"] == 1
    assert "Manhattan" in made.report(names)
    assert "name" not in made.association("test")
    with pytest.raises(TallyError, match=r"result\.no_association"):
        made.association("fit")


def test_a_published_data_set() -> None:
    """The test data of Secure GWAS (Cho, Wu, Berger 2018): 1000 people, 1000 variants, no strong signal."""
    source = DATA / "gwas_securegwas"
    if not source.exists():
        pytest.skip(f"needs the public data set {source}")
    dosages = np.loadtxt(source / "geno.txt.gz", dtype=int)
    cases = np.loadtxt(source / "pheno.txt")
    counts = np.stack(
        [((dosages == copies) & (cases == case)[:, None]).sum(axis=0) for case in (0, 1) for copies in (0, 1, 2)],
        axis=1,
    )
    found = only(result(counts, np.array([(cases == 0).sum(), (cases == 1).sum()])))
    assert len(found.tested) == 1000
    assert found.inflation == pytest.approx(1.05, abs=0.05)
    # the trend statistic is N times the squared correlation
    moved = [each.trend is not None for each in found.tested]
    r = np.array([np.corrcoef(dosages[:, at], cases)[0, 1] for at in np.flatnonzero(moved)])
    ours = np.array([each.trend for each in found.tested if each.trend is not None])
    assert np.abs(ours - 1000 * r**2).max() < 1e-9
    assert ours.max() == pytest.approx(7.9, abs=0.1)
