"""What programs declare, how parameters are checked, and that describing them needs no mpyc."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cost.cases import cases
from mpc import programs
from mpc.programs.alignment.psi_align.description import PROGRAM as PSI_ALIGN
from mpc.programs.catalogue import CATALOGUE, FOLDER_OF, FOLDERS, cost_of, descriptors, find, implementation
from mpc.programs.glm.logistic.description import PROGRAM as GLM_LOGISTIC
from protocol.errors import TallyError
from protocol.programs import COMMITTEES, CostModel, ProgramDescriptor
from tests.patience import scaled

ROOT = Path(__file__).parents[4]


def test_describing_programs_imports_neither_mpyc_nor_implementations() -> None:
    code = (
        "import sys; import mpc.workflow.graph as w; w.find('glm.logistic@1.0.0');"
        "import mpc.programs.catalogue as c; c.descriptors();"
        "import mpc.workflow.values, mpc.session;"
        "ours = [m for m in sys.modules if m.startswith('mpc.programs.') and m.rsplit('.')[-1] in ('run', 'cost')];"
        "bad = [m for m in sys.modules if m.split('.')[0] == 'mpyc'] + ours;"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True, timeout=scaled(60))


def test_descriptors_survive_their_published_form() -> None:
    for descriptor in descriptors():
        assert ProgramDescriptor.parse(descriptor.to_json()) == descriptor
        assert len(descriptor.code_digest) == 32
        assert descriptor.min_parties >= 3  # I4
        assert descriptor.committee == "three"


@pytest.mark.parametrize(("committee", "fewest"), [("three", 3), ("owners", 2), ("none", 1)])
def test_no_fewer_commit_than_the_kind_of_committee_needs(committee: str, fewest: int) -> None:
    good = {**GLM_LOGISTIC.published().to_json(), "committee": committee, "min_parties": fewest, "max_parties": fewest}
    assert ProgramDescriptor.parse(good).committee == committee
    for wrong in ({"min_parties": fewest - 1}, {"max_parties": fewest - 1}, {"committee": "everybody"}):
        with pytest.raises(TallyError):
            ProgramDescriptor.parse({**good, **wrong})


def test_kinds_of_committees_are_numbered_as_on_chain() -> None:
    source = (ROOT / "contracts" / "src" / "Types.sol").read_text("utf-8")
    body = source[source.index("enum CommitteeKind {") :].split("{", 1)[1].split("}", 1)[0]
    named = [line.strip(" ,") for line in body.splitlines() if line.strip() and not line.strip().startswith("//")]
    assert tuple(name.lower() for name in named) == COMMITTEES


@pytest.mark.parametrize("program", CATALOGUE.values(), ids=CATALOGUE)
def test_implementations_exist_and_defaults_are_valid(program: object) -> None:
    assert program in CATALOGUE.values()
    assert callable(implementation(program.program))  # type: ignore[attr-defined]
    defaults = program.validate_params({})  # type: ignore[attr-defined]
    assert set(defaults) == {spec.name for spec in program.parameters}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"epochs": 3}, "program.unknown_parameter"),
        ({"c": "0"}, "program.parameter"),
        ({"c": "1e9"}, "program.parameter"),
        ({"c": "NaN"}, "program.parameter"),
        ({"c": 0.1}, "program.parameter"),
        ({"c": "one"}, "program.parameter"),
        ({"iterations": "4"}, "program.parameter"),
        ({"iterations": True}, "program.parameter"),
        ({"iterations": 0}, "program.parameter"),
        ({"iterations": 1001}, "program.parameter"),
        ({"solver": "lbfgs"}, "program.parameter"),
    ],
)
def test_parameters_are_refused_with_a_code_and_a_fix(given: dict[str, object], code: str) -> None:
    with pytest.raises(TallyError) as caught:
        GLM_LOGISTIC.validate_params(given)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert caught.value.fix


def test_given_parameters_override_defaults() -> None:
    values = GLM_LOGISTIC.validate_params({"c": "0.1"})
    assert values["c"] == "0.1"
    assert values["iterations"] == 12


def test_unknown_programs_are_refused() -> None:
    with pytest.raises(TallyError, match=r"program\.unknown"):
        find("glm.logistic@9.0.0")


def test_costs_grow_with_the_shape() -> None:
    assert 0 < GLM_LOGISTIC.seconds_at(100, 10, 2, {}) < GLM_LOGISTIC.seconds_at(1000, 30, 2, {})


def test_every_description_says_what_its_seconds_were_measured_at() -> None:
    """Every size, and every number parameter that the formula names."""
    for name, program in CATALOGUE.items():
        numbers = {spec.name for spec in program.parameters if spec.kind in ("integer", "decimal")}
        named = program.seconds.variables & numbers
        assert {item.name for item in program.measured} == {"rows", "columns", "owners"} | named, name
        assert [item.name for item in program.measured] == sorted(item.name for item in program.measured)


def test_protection_levels_and_disclosures() -> None:
    assert PSI_ALIGN.protection_level == 3
    assert {item.name for item in PSI_ALIGN.disclosures} == {
        "intersection_size", "table_sizes", "overlaps", "matched_rows",
    }  # fmt: skip
    assert GLM_LOGISTIC.protection_level == 4
    assert {item.name for item in GLM_LOGISTIC.disclosures} == {"converged", "every_class_occurs"}


def test_every_folder_of_a_program_is_in_the_catalogue_and_whole() -> None:
    """A new program is one folder and one line: what lies there and is not listed, or lacks a part, is found."""
    root = Path(programs.__file__).parent
    found = {path.parent.relative_to(root).as_posix().replace("/", ".") for path in root.rglob("run.py")}
    assert found == set(FOLDERS)
    for folder in FOLDERS:
        path = root / folder.replace(".", "/")
        assert {"description.py", "run.py", "cost.py"} <= {each.name for each in path.iterdir()}
    for program, description in CATALOGUE.items():
        shape = root / FOLDER_OF[program].replace(".", "/") / "shape.py"
        assert shape.exists() == description.rows_stay


def test_every_program_is_a_step_of_some_measured_case() -> None:
    measured = {step.program for case in cases([(100, 5, 2), (100, 5, 3)]) for step in case.steps}
    assert measured == set(CATALOGUE)


def test_terms_of_formulas_are_terms() -> None:
    """What may be fitted can be published."""
    for program, description in CATALOGUE.items():
        terms = cost_of(program).TERMS
        values = description.published().cost_variables(100, 5, 3, ())
        for term in terms.work:
            assert CostModel(term or "1").at(values) >= 0
