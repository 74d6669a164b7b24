"""What programs declare of their columns, and what they do with them: the same, for every program, input, kind and range."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.values import Source
from protocol import columns
from protocol.catalogue import Column
from protocol.contract import Input, RowFilter, Step
from protocol.errors import TallyError
from protocol.programs import VALUES, Words
from tests.unit.mpc.programs.steps import run_step
from tests.unit.mpc.programs.test_every_program import CASES, execute
from workers import child, sources
from workers.pipe import Kind
from workers.sources.schema import Schema

WORDS = Words("column", "列")
BANK, SHOP = "loans-" + "a" * 32, "orders-" + "b" * 32
DESCRIPTORS = {name: program.published() for name, program in CATALOGUE.items()}
TABLES = ("table", "aligned", "stacked", "shared", "label", "stacked-label")
COLUMN_CODES = {
    "input.kind",
    "input.null",
    "frame.label",
    "frame.not_whole",
    "stats.category",
    "frame.too_large",
}
"""What a run says of a column that a program cannot take, whatever its other values are."""
PORTS = [
    (name, port)
    for name, program in CATALOGUE.items()
    for port in program.inputs
    if set(port.kinds) & set(TABLES)
]  # fmt: skip
CASE_OF = {
    ("feature.woe_iv", "tables"): "woe, columns", ("feature.woe_iv", "label"): "woe, label",
    ("stats.sql", "tables"): "query, columns",
    ("stats.groupby", "tables"): "groupby, columns", ("stats.groupby", "by"): "groupby, groups",
    ("stats.crosstab", "row"): "crosstab, columns", ("stats.crosstab", "column"): "crosstab, column",
    ("linear.ridge", "features"): "ridge, columns", ("linear.ridge", "label"): "ridge, label",
    ("glm.poisson", "features"): "poisson, columns", ("glm.poisson", "label"): "poisson, counts",
    ("glm.softmax", "features"): "softmax, columns", ("glm.softmax", "label"): "softmax, classes",
    ("glm.logistic", "features"): "logistic, columns", ("glm.logistic", "label"): "logistic, label",
    ("glm.logistic_federated", "features"): "federated", ("glm.logistic_federated", "label"): "federated, label",
    ("stats.describe", "table"): "describe, columns", ("stats.correlation", "tables"): "correlation, columns",
    ("feature.standardize_pooled", "tables"): "pooled scaling", ("feature.standardize", "tables"): "scaling",
    ("feature.bin", "tables"): "binning", ("feature.select", "tables"): "selection", ("kmeans", "tables"): "k-means, columns",
    ("score.glm", "tables"): "scoring", ("score.tree", "tables"): "scoring with trees",
    ("tree.boost", "features"): "trees, columns", ("tree.boost", "label"): "trees, label",
    ("tree.regress", "features"): "regression trees, columns", ("tree.regress", "label"): "regression trees, label",
    ("score.points", "tables"): "points",
    ("survival.cox", "features"): "survival, columns", ("survival.cox", "time"): "survival, time",
    ("survival.cox", "event"): "survival, event",
    ("eval.stability", "expected"): "stability, expected", ("eval.stability", "actual"): "stability, actual",
    ("prepare.folds", "tables"): "folds", ("prepare.folds", "label"): "folds, label", ("prepare.fold", "tables"): "fold",
}  # fmt: skip
"""The case of :data:`CASES` whose spoilt column stands at that input."""
LEFT_OUT = {("feature.standardize", "label"), ("feature.standardize_pooled", "label"), ("feature.bin", "label"), ("feature.select", "label")}  # fmt: skip
"""A column that the step leaves out, which may hold any numbers."""
DECLARED: dict[str, tuple[Column, list[float]]] = {
    "boolean": (Column("y", "boolean", WORDS, nullable=False), [0, 1]),
    "0 to 1": (Column("y", "integer", WORDS, False, "0", "1"), [0, 1]),
    "1 to 2": (Column("y", "integer", WORDS, False, "1", "2"), [1, 2]),
    "-1 to 1": (Column("y", "integer", WORDS, False, "-1", "1"), [-1, 0, 1]),
    "0 to 3": (Column("y", "integer", WORDS, False, "0", "3"), [0, 1, 2, 3]),
    "0 to 9": (Column("y", "integer", WORDS, False, "0", "9"), list(range(10))),
    "decimal": (Column("y", "decimal", WORDS, False, "0", "1", 1), [0, 0.5, 1]),
}


def first(kinds: tuple[str, ...]) -> tuple[Step, str, str]:
    """The step that makes a table of these kinds of two data sets, its output, and one column of that."""
    program, output = ("psi.align", "aligned") if {"aligned", "label"} & set(kinds) else ("table.stack", "stacked")
    step = Step("join", f"{program}@1.0.0", (), (("tables", (BANK, SHOP)),))
    column = "join.aligned.bank.y" if output == "aligned" else "join.stacked.y"
    return step, f"join.{output}", column


def found(
    program: str, port: Any, column: Column, parameters: dict[str, Any] | None = None, *filters: RowFilter
) -> Any:
    """What the rule says of a column ``y`` of the bank's at an input, behind the step that joins both owners' tables."""
    inputs = (Input(BANK, 1, "bank", ("x", "y"), filters), Input(SHOP, 1, "shop", ("x", "z"), ()))
    others = tuple(Column(name, "decimal", WORDS, nullable=False) for name in ("x", "z"))
    identifier = Column("id", "identifier", WORDS, nullable=False)
    known = {BANK: (identifier, *others, column), SHOP: (identifier, *others)}
    join, whole, one = first(port.kinds)
    if port.kinds == ("table",):
        steps: tuple[Step, ...] = (replace(join, program=program, inputs=((port.name, (BANK, SHOP)[: port.most]),)),)
    else:
        source = one if {"label", "stacked-label"} & set(port.kinds) and "aligned" not in port.kinds else whole
        steps = (join, Step("step", program, tuple((parameters or {}).items()), ((port.name, (source,)),)))
    return tuple(item for item in columns.examine(inputs, steps, known, DESCRIPTORS) if item.column == "y")


def test_every_port_that_has_columns_says_what_they_hold() -> None:
    for program in CATALOGUE.values():
        for port in program.inputs:
            assert (port.values != "any") == bool(set(port.kinds) & set(TABLES)), (program.program, port.name)
            assert port.values in VALUES
            assert port.values != "kept"
            assert (port.values in ("levels", "raw", "genotypes", "keyed")) == bool(port.levels)
            assert port.values != "prepared"
            assert not port.levels or port.levels in {spec.name for spec in program.parameters}
        for port in program.outputs:
            assert (port.values != "any") == (port.kind in ("table", "aligned", "stacked", "shared")), (
                program.program,
                port.name,
            )


def test_every_input_with_columns_has_a_case() -> None:
    joins = {(name, port.name) for name, port in PORTS if port.kinds == ("table",)}
    walked = {(f"{program}@1.0.0", port) for program, port in {*CASE_OF, *LEFT_OUT}}
    assert walked | joins == {(name, port.name) for name, port in PORTS}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("declared", DECLARED)
@pytest.mark.parametrize("where", CASE_OF, ids=".".join)
def test_what_is_declared_is_what_a_run_does(where: tuple[str, str], declared: str) -> None:
    """Columns that hold every value of their range: refused by the rule exactly where the owner's own side refuses them."""
    program, name = where
    port = next(port for port in CATALOGUE[f"{program}@1.0.0"].inputs if port.name == name)
    column, values = DECLARED[declared]
    case = CASE_OF[where]
    said = found(f"{program}@1.0.0", port, column, CASES[case][2])

    def spoil(good: Any) -> Any:
        cycle = np.resize(np.array(values, dtype=float), len(good))
        return cycle if np.ndim(good) == 1 else np.column_stack([cycle, *np.asarray(good).T[1:]])

    try:
        execute(case, spoil)
        refused = ""
    except TallyError as error:
        refused = error.code
    assert (refused in COLUMN_CODES) == bool(said), (refused, said)
    assert {item.code for item in said} <= {"input.kind"}


CELLS = {
    "boolean": ("", "true", "false"), "integer": ("low = 0\nhigh = 9", "1", "2"), "decimal": ("low = 0\nhigh = 9\nscale = 1", "1.5", "2"),
    "date": ("", "2024-01-05", "2024-02-01"), "text": ("", "12", "13"), "category": ('choices = ["a", "b"]', "a", "b"),
}  # fmt: skip
"""Each kind as its owner declares it, with two cells; a text that looks like a number is a text."""


def read(folder: Path, kind: str, cells: tuple[str, ...], *, null: bool, identified: bool = True) -> tuple[Schema, Any]:
    """An owner's table as the MPC child gets it: declared, read, selected and handed over."""
    declaration = CELLS[kind][0] + ("\nnull = true" if null else "")
    identifier = '[[columns]]\nname = "id"\nkind = "identifier"\n' if identified else ""
    (folder / "s.toml").write_text(
        'format = "tallystick/declared-schema/v2"\ntitle = { en = "t", zh = "t" }\ndata_level = 3\nsensitive = []\n'
        f'{identifier}[[columns]]\nname = "y"\nkind = "{kind.replace("category", "text")}"\n{declaration}\n'
    )
    with (folder / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "y"] if identified else ["y"])
        writer.writerows([[f"p{i}", cell] if identified else [cell] for i, cell in enumerate(cells)])
    schema = Schema.read(folder / "s.toml")
    table = sources.read(folder / "t.csv", schema)

    class Pipe:
        def read(self, kind: Kind) -> bytes:
            return schema.data() if kind == Kind.SCHEMA else table.snapshot()

    return schema, child._read_table(Pipe())  # type: ignore[arg-type]


@pytest.mark.parametrize("null", [False, True], ids=["filled", "nullable"])
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    "program",
    sorted(
        {
            name
            for name, port in PORTS
            if port.kinds == ("table",) and port.name in ("table", "tables") and port.values != "genotypes"
        }
    ),
)
def test_tables_are_taken_and_refused_as_declared(program: str, kind: str, null: bool, tmp_path: Path) -> None:
    """An owner's real cells, an empty one among them where the schema allows it."""
    cells = ("", *CELLS[kind][1:]) if null else (*CELLS[kind][1:], CELLS[kind][1])
    schema, own = read(tmp_path, kind, cells, null=null)
    port = next(port for name, port in PORTS if name == program)
    given = ((port.name, (BANK, SHOP)[: port.most]),)

    def inputs(me: str, _: Any) -> dict[str, Any]:
        sets = ((BANK, "bank"), (SHOP, "shop"))[: port.most]
        return {port.name: tuple(Source(name, owner, ("y",), own if owner == me else None) for name, owner in sets)}

    described = {BANK: tuple(column.described() for column in schema.columns)}
    asked = (Input(BANK, 1, "bank", ("y",), ()), Input(SHOP, 1, "shop", ("y",), ()))
    said = columns.examine(asked, (Step("join", program, (), given),), described, DESCRIPTORS)
    numeric = kind in ("boolean", "integer", "decimal")
    assert [item.code for item in said] == ([] if numeric and not null else ["input.null" if numeric else "input.kind"])
    try:
        run_step(program, inputs, wanted=[each.name for each in CATALOGUE[program].outputs if each.kind != "shares"])
        refused = ""
    except TallyError as error:
        refused = error.code
    assert refused == ("" if not said else "input.null" if numeric else "input.kind")


@pytest.mark.parametrize("null", [False, True], ids=["filled", "nullable"])
@pytest.mark.parametrize("kind", CELLS)
def test_lines_are_found_by_columns_of_any_kind(kind: str, null: bool, tmp_path: Path) -> None:
    """Real cells as a key, and beside one as an amount; an empty one is refused in either place."""
    schema, own = read(tmp_path, kind, ("", *CELLS[kind][1:]) if null else CELLS[kind][1:], null=null)
    amounts = replace(own, columns={**own.columns, "amount": np.arange(float(len(own.ids)))})
    described = tuple(column.described() for column in schema.columns)
    described += (Column("amount", "decimal", WORDS, nullable=False),)
    for keys, names, table in (("y", ("amount", "y"), amounts), ("id", ("id", "y"), own)):
        given = {"keys": keys}

        def inputs(me: str, _: Any, names: tuple[str, ...] = names, table: Any = table) -> dict[str, Any]:
            bank, shop = (
                Source(name, owner, names, table if owner == me else None)
                for name, owner in ((BANK, "bank"), (SHOP, "shop"))
            )
            return {"reported": (bank,), "banks": (shop,)}

        asked = (Input(BANK, 1, "bank", names, ()), Input(SHOP, 1, "shop", names, ()))
        step = Step(
            "compare", "reconcile.flows@1.0.0", tuple(given.items()), (("banks", (SHOP,)), ("reported", (BANK,)))
        )
        said = {item.code for item in columns.examine(asked, (step,), {BANK: described, SHOP: described}, DESCRIPTORS)}
        taken = keys == "y" or kind in ("boolean", "integer", "decimal")
        assert said == ({"input.null"} if taken and null else set() if taken else {"input.kind"})
        try:
            run_step("reconcile.flows@1.0.0", inputs, given, wanted=["lines"])
            refused = set()
        except TallyError as error:
            refused = {error.code}
        assert refused == said


LISTED = f"3:{'a' * 64}"
GENOTYPES = Column("g", "genotypes", WORDS, nullable=False, levels=(LISTED,))


def associated(*sets: tuple[Column, ...], variants: int = 3) -> Any:
    """What the rule says of these columns, a centre's each, at a test of association."""
    names = (BANK, SHOP)[: len(sets)]
    inputs = tuple(
        Input(name, 1, f"owner-{at}", tuple(column.name for column in sets[at]), ()) for at, name in enumerate(names)
    )
    step = Step("test", "gwas.assoc@1.0.0", (("variants", variants),), (("tables", names),))
    return columns.examine(inputs, (step,), dict(zip(names, sets, strict=True)), DESCRIPTORS)


@pytest.mark.parametrize("declared", ["boolean", "0 to 1"])
def test_centres_with_one_list_are_associated(declared: str) -> None:
    case = DECLARED[declared][0]
    assert associated((case, GENOTYPES), (case, GENOTYPES)) == ()
    (said,) = associated((replace(case, nullable=True), GENOTYPES), (case, GENOTYPES))
    assert (said.code, said.data_set, said.column) == ("input.null", BANK, "y")


@pytest.mark.parametrize("declared", ["1 to 2", "0 to 3", "decimal"])
def test_cases_are_zero_or_one(declared: str) -> None:
    (said,) = associated((DECLARED[declared][0], GENOTYPES))
    assert (said.code, said.column) == ("input.kind", "y")
    assert "who is a case" in said.what.english


def test_another_list_is_refused_before_anybody_signs() -> None:
    """Attack: swapped alleles turn an effect round; only descriptions are needed to see them."""
    case, other = DECLARED["boolean"][0], replace(GENOTYPES, levels=(f"3:{'b' * 64}",))
    (said,) = associated((case, GENOTYPES), (case, other))
    assert (said.code, said.data_set, said.column) == ("input.kind", SHOP, "g")
    assert "another list of variants" in said.what.english
    assert "位点列表" in said.what.chinese
    said = associated((case, GENOTYPES), (case, GENOTYPES), variants=4)
    assert [(item.column, item.fix.english) for item in said] == [("g", "Set variants to 3.")] * 2


def test_genotypes_stand_at_no_other_input() -> None:
    for program, port in PORTS:
        if port.values != "genotypes":
            said = found(program, port, replace(GENOTYPES, name="y"))
            assert [item.code for item in said] == ["input.kind"], (program, port.name)
            assert "genotypes over 3 variants" in said[0].what.english


def test_every_finding_says_column_place_and_way_out_in_both_languages() -> None:
    """Every program, input and kind: the rule is never silent about what, and names no value."""
    kinds = [Column("y", kind, WORDS, nullable=True) for kind in ("text", "date", "identifier", "decimal")]
    for program, port in PORTS:
        for column in kinds:
            for item in found(program, port, column):
                assert item.column == "y"
                assert (item.data_set, item.owner) == (BANK, "bank")
                for words in (item.what, item.fix):
                    assert words.english.endswith(".")
                    assert words.chinese.endswith("。")
                assert "Column y of" in item.what.english
                assert "列 y" in item.what.chinese
                assert item.step in item.what.english
            assert found(program, port, column), (program, port.name, column.kind)


def test_what_a_description_does_not_say_is_no_finding() -> None:
    """Version 1 says nothing about empty cells, and a range that is not public is not known."""
    port = next(port for port in CATALOGUE["glm.logistic@1.0.0"].inputs if port.name == "label")
    assert found("glm.logistic@1.0.0", port, Column("y", "integer", WORDS, None)) == ()
    (said,) = found("glm.logistic@1.0.0", port, Column("y", "text", WORDS, None))
    assert said.code == "input.kind"


def test_a_filter_on_a_column_leaves_its_empty_cells_out(tmp_path: Path) -> None:
    """The way out that the sentence names works, for the rule and for the rows."""
    port = next(port for port in CATALOGUE["stats.describe@1.0.0"].inputs)
    column = Column("y", "integer", WORDS, nullable=True)
    (said,) = found("stats.describe@1.0.0", port, column)
    assert "y ge" in said.fix.english
    assert "y ge" in said.fix.chinese
    assert found("stats.describe@1.0.0", port, column, None, RowFilter("y", "ge", "0")) == ()
    schema, _ = read(tmp_path, "integer", ("", "1", "2"), null=True)
    table = sources.read(tmp_path / "t.csv", schema).select(("y",), [("y", "ge", "0")])
    assert table.numbers("y").tolist() == [1, 2]


def test_rows_without_an_identifier_are_not_matched_by_their_place() -> None:
    """Regression: two tables without ids were aligned by row number, and a model was fitted to strangers' rows."""
    inputs = (Input(BANK, 1, "bank", ("y",), ()), Input(SHOP, 1, "shop", ("y",), ()))
    known = {name: (Column("y", "integer", WORDS, nullable=False),) for name in (BANK, SHOP)}
    align, stack = (
        Step("join", name, (), (("tables", (BANK, SHOP)),)) for name in ("psi.align@1.0.0", "table.stack@1.0.0")
    )
    said = columns.examine(inputs, (align,), known, DESCRIPTORS)
    assert [(item.code, item.data_set, item.column) for item in said] == [
        ("input.kind", BANK, ""),
        ("input.kind", SHOP, ""),
    ]
    assert columns.examine(inputs, (stack,), known, DESCRIPTORS) == ()


def test_columns_are_followed_through_the_steps() -> None:
    """A label taken from where it was standardised is no label any more; bins are whole numbers."""
    join = Step("join", "psi.align@1.0.0", (), (("tables", (BANK, SHOP)),))
    scale = Step("scale", "feature.standardize@1.0.0", (), (("tables", ("join.aligned",)),))
    cut = Step("cut", "feature.bin@1.0.0", (), (("label", ("join.aligned.bank.y",)), ("tables", ("join.aligned",))))
    known = {
        BANK: (Column("id", "identifier", WORDS, False), Column("x", "decimal", WORDS, False), DECLARED["0 to 1"][0])
    }
    inputs = (Input(BANK, 1, "bank", ("x", "y"), ()), Input(SHOP, 1, "shop", ("z",), ()))

    def said(*steps: Step) -> Any:
        return [(item.step, item.port, item.column) for item in columns.examine(inputs, steps, known, DESCRIPTORS)]

    def fit(features: str, label: str) -> Step:
        return Step("fit", "glm.logistic@1.0.0", (), (("features", (features,)), ("label", (label,))))

    assert said(join, scale, fit("scale.features", "join.aligned.bank.y")) == []
    assert said(join, scale, fit("scale.features", "scale.features.bank.y")) == [("fit", "label", "y")]
    weigh = Step("woe", "feature.woe_iv@1.0.0", (), (("label", ("join.aligned.y",)), ("tables", ("cut.binned",))))
    assert said(join, cut, weigh) == []
    raw = replace(weigh, inputs=(("label", ("join.aligned.y",)), ("tables", ("join.aligned",))))
    assert said(join, raw) == [("woe", "tables", "x")]
