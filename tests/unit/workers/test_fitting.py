"""What people's own files cannot do, known before anybody signs: the practice files' columns against programs, at the coordinator
by their public descriptions and at the owner by the whole schema.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from mpc.programs.catalogue import CATALOGUE
from protocol import columns
from protocol.catalogue import DataSetDescriptorV1, read_description
from protocol.contract import Input, RowFilter, Step, TaskContract
from protocol.errors import FormatError
from protocol.plans import PARTY_MEMORY
from tests.unit.mpc.test_plan import MANY, poisson
from tests.unit.orchestrator import sample
from workers import sources
from workers.fitting import column_findings, room
from workers.sources.schema import FORMAT, Schema

PRACTICE = Path(__file__).parents[4] / "shared" / "data" / "practice"
HOSPITAL, LAB = "diagnoses-" + "a" * 32, "markers-" + "b" * 32
PROGRAMS = {name: program.published() for name, program in CATALOGUE.items()}


def practice(name: str) -> Schema:
    path = PRACTICE / f"{name}.toml"
    if not path.exists():
        pytest.skip("needs shared/data/practice beside the repository")
    return Schema.parse({**tomllib.loads(path.read_text("utf-8")), "format": FORMAT})


def logistic(hospital: Schema, lab: Schema, filters: tuple[RowFilter, ...] = ()) -> TaskContract:
    """The model that the files are for: the diagnosis from one owner's columns and another's."""
    named = [tuple(sorted(set(schema.names) - {schema.identifier})) for schema in (hospital, lab)]
    table = ("tables", ("align.aligned",))
    label = ("label", ("align.aligned.hospital.malignant",))
    return sample.contract(
        inputs=(Input(HOSPITAL, 1, "hospital", named[0], filters), Input(LAB, 1, "laboratory", named[1], ())),
        steps=(
            Step("align", "psi.align@1.0.0", (), (("tables", (HOSPITAL, LAB)),)),
            Step("scale", "feature.standardize@1.0.0", (), (label, table)),
            Step("fit", "glm.logistic@1.0.0", (), (("features", ("scale.features",)), label)),
        ),
    )


def public(hospital: Schema, lab: Schema, filters: tuple[RowFilter, ...] = ()) -> list[tuple[str, str, str]]:
    contract = logistic(hospital, lab, filters)
    described = {
        name: read_description(schema.descriptor(name, 1, owner, 200).data()).columns
        for name, owner, schema in ((HOSPITAL, "hospital", hospital), (LAB, "laboratory", lab))
    }
    found = columns.examine(contract.inputs, contract.steps, described, PROGRAMS)
    return [(item.code, item.step, item.column) for item in found]


def own(hospital: Schema, lab: Schema) -> list[tuple[str, str, str]]:
    found = column_findings(logistic(hospital, lab), {HOSPITAL: hospital}, PROGRAMS)
    return [(item.code, item.step, item.column) for item in found]


def told(schema: Schema) -> Schema:
    """The same schema whose owner declares ranges public."""
    return replace(schema, columns=tuple(replace(c, public=bool(c.low or c.choices)) for c in schema.columns))


def test_a_nullable_feature_is_refused_by_its_public_description() -> None:
    hospital, lab = practice("null_hospital"), practice("null_lab")
    assert public(hospital, lab) == own(hospital, lab) == [("input.null", "align", "age")]
    assert public(hospital, lab, (RowFilter("age", "ge", "0"),)) == []
    table = sources.read(PRACTICE / "null_hospital.csv", hospital)
    assert table.array("age").null_count
    assert len(table.select(("age",), [("age", "ge", "0")]).numbers("age")) == 200 - table.array("age").null_count


def test_a_text_feature_is_refused_by_its_public_description() -> None:
    hospital, lab = practice("pf_text_feature"), practice("pf_lab")
    assert public(hospital, lab) == own(hospital, lab) == [("input.kind", "align", "city")]


def test_a_label_of_1_and_2_is_refused_at_its_owner_and_publicly_where_ranges_are_public() -> None:
    hospital, lab = practice("pf_label_12"), practice("pf_lab")
    assert public(hospital, lab) == []  # the range stays with the owner
    assert own(hospital, lab) == [("input.kind", "fit", "malignant")]
    assert public(told(hospital), lab) == [("input.kind", "fit", "malignant")]
    (said,) = column_findings(logistic(hospital, lab), {HOSPITAL: hospital}, PROGRAMS)
    assert "from 1 to 2" in said.what.english
    assert "0 and 1" in said.fix.english
    assert "1 至 2" in said.what.chinese


@pytest.mark.parametrize("name", ["pf_constant_column"])
def test_what_only_the_rows_tell_is_not_known_from_a_description(name: str) -> None:
    """A column that does not vary is the owner's to find in its rows."""
    hospital, lab = practice(name), practice("pf_lab")
    assert public(told(hospital), told(lab)) == own(hospital, lab) == []


def test_every_practice_schema_is_described_and_its_text_dates_and_empty_cells_are_found() -> None:
    """All files: what their public description says suffices to refuse what a model could not take."""
    seen = 0
    for path in sorted(PRACTICE.glob("*.schema.toml")):
        try:
            schema = practice(path.stem)
        except FormatError:
            continue
        seen += 1
        wrong = {c.name for c in schema.columns if c.kind in ("text", "date") or c.null}
        named = tuple(sorted(set(schema.names) - {schema.identifier}))
        inputs = (Input(HOSPITAL, 1, "hospital", named, ()),)
        step = Step("stack", "table.stack@1.0.0", (), (("tables", (HOSPITAL,)),))
        described = {HOSPITAL: schema.descriptor(HOSPITAL, 1, "hospital", 5).columns}
        found = columns.examine(inputs, (step,), described, PROGRAMS)
        assert {item.column for item in found} == wrong, path.name
    if not seen:
        pytest.skip("needs shared/data/practice beside the repository")
    assert seen > 30


def test_a_description_of_version_1_is_read_and_says_nothing_of_empty_cells() -> None:
    hospital, lab = practice("null_hospital"), practice("null_lab")
    now = hospital.descriptor(HOSPITAL, 1, "hospital", 200)
    old = DataSetDescriptorV1(
        HOSPITAL, 1, "hospital", now.title, tuple(replace(c, nullable=None) for c in now.columns), 200, 3, ()
    )
    read = read_description(old.data())
    assert read == old
    assert read.digest() == old.digest() != now.digest()
    contract = logistic(hospital, lab)
    assert columns.examine(contract.inputs, contract.steps, {HOSPITAL: read.columns}, PROGRAMS) == ()


def test_the_node_plans_what_a_task_takes_and_what_has_no_room() -> None:
    """Poisson of a wide range: the sums of many rows have no room, which public sizes tell."""
    contract, rows = poisson(MANY)
    found = room(contract, rows, {}, PARTY_MEMORY)
    assert found.step == "fit"
    assert found.refusal is not None
    assert found.refusal.code == "linear.headroom"
    assert found.costs is None
    small = room(*poisson(300), {}, PARTY_MEMORY)
    assert small.refusal is None
    assert small.costs is not None
    assert small.costs.rounds > 0
