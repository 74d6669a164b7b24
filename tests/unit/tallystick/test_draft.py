"""A draft gives the contracts of the guides; what is misnamed or out of range is refused where it is said."""

import json
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.ask import complete
from protocol.contract import TaskContract
from protocol.errors import RangeError, TallyError
from tallystick import Draft, Source
from tests.unit.tallystick.catalogue import PROGRAMS, data_set, draft, program

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
BANKS = [
    data_set(f"loans-{digit * 32}", owner, "age", "default", "income")
    for digit, owner in (("2", "bank-west"), ("0", "bank-east"), ("1", "bank-north"))
]


def example(name: str) -> TaskContract:
    found = TaskContract.parse(json.loads((EXAMPLES / f"{name}.json").read_text("utf-8")))
    return complete(found, {each: program(each) for each in found.programs})


def test_a_draft_of_the_guides_horizontal_model_is_that_contract() -> None:
    made, owners = draft(), ("bank-west", "bank-east", "bank-north")
    sources = [made.use(bank) for bank in BANKS]
    rows = made.step("stack", "table.stack", tables=sorted(sources, key=str))["stacked"]
    fit = made.step("fit", "glm.logistic@1.0.0", features=rows, label=rows["default"], c=0.5, train_fraction="0.7")
    judge = made.step("judge", "eval.binary", scores=[fit["scores"]], labels=[fit["labels"]])
    made.give(fit["coefficients"], fit["intercept"], fit["means"], fit["deviations"], judge["auc"], to=owners)
    assert made.contract() == example("horizontal-model")
    assert made.contract().digest() == made.contract().digest()


def test_a_draft_of_the_guides_statistic_is_that_contract() -> None:
    made = draft(
        proposer="insurer",
        committee=["clinic", "exchange", "ministry"],
        purpose="Cost of stays by ward [ref 77c0d9e8f1a2b3c4d5e6f708192a3b4c]",
        legal_basis="Statute on hospital statistics [ref 0a1b2c3d4e5f60718293a4b5c6d7e8f9]",
    )
    visits = [
        data_set(f"visits-{digit * 32}", owner, "cost", "days", "ward", "unused")
        for digit, owner in (("3", "clinic"), ("4", "hospital"))
    ]
    sources = [made.use(each, columns=["ward", "cost", "days"]) for each in visits]
    rows = made.step("stack", "table.stack", tables=sources)["stacked"]
    wards = made.step("wards", "stats.groupby", tables=rows, by=rows["ward"], groups=4, limit=20000)
    for output in ("count", "shown", "mean"):
        made.give(wards[output], to="insurer")
    assert made.contract() == example("statistics")
    assert "wards.groups" not in str(made.filled)
    said = {line.split(" = ")[0] for line in made.filled}
    written = {f"{step.id}.{name}" for step in made.contract().steps for name, _ in step.parameters}
    assert said == written - {"wards.groups", "wards.limit"}


def test_a_model_may_stay_and_rows_may_be_chosen() -> None:
    made = draft()
    made.use(BANKS[0], columns=["age", "default"], where=[("age", "ge", "18")])
    rows = made.step("stack", "table.stack", tables=[Source(BANKS[0].data_set, "table"), made.use(BANKS[1])])["stacked"]
    fit = made.step("fit", "glm.logistic", features=rows, label=rows["default"])
    made.give(fit["coefficients"], to="bank-east")
    made.give(fit["coefficients"], to=["bank-west"])
    made.keep(fit["model"], users="bank-east", until=1_900_000_000)
    contract = made.contract()
    assert contract.outputs[0].users == ("bank-east", "bank-west")
    assert (contract.keeps[0].source, contract.keeps[0].users) == ("fit.model", ("bank-east",))
    assert contract.input_of(BANKS[0].data_set).filters[0].value == "18"
    assert contract.protection_level == min(PROGRAMS[name].protection_level for name in ("table.stack", "glm.logistic"))


def test_in_no_program_do_an_input_and_a_parameter_share_a_name() -> None:
    """Both are given by name to a step, beside its own name and its program."""
    for found in PROGRAMS.values():
        names = [it.name for it in (*found.inputs, *found.parameters)]
        assert len({*names, "name", "program", "self"}) == len(names) + 3, found.program


def stacked(made: Draft) -> Source:
    return made.step("stack", "table.stack", tables=BANKS)["stacked"]


WRONG = {
    "draft.no_name": lambda made: made.step("fit", "glm.logistic", feature=stacked(made)),
    "draft.no_output": lambda made: made.step("stack", "table.stack", tables=BANKS)["rows"],
    "draft.input_missing": lambda made: made.step("fit", "glm.logistic", features=stacked(made)),
    "draft.kind": lambda made: made.step("fit", "glm.logistic", features=stacked(made), label=stacked(made)),
    "draft.source": lambda made: made.step("fit", "glm.logistic", features="stack.stacked"),
    "draft.parameter": lambda made: made.step("fit", "glm.logistic", c=BANKS[0]),
    "program.parameter": lambda made: made.step(
        "fit", "glm.logistic", features=(rows := stacked(made)), label=rows["default"], solver="guess"
    ),
    "draft.no_column": lambda made: made.use(BANKS[0], columns=["salary"]),
    "draft.used": lambda made: (made.use(BANKS[0]), made.use(BANKS[0], columns=["age"])),
    "contract.empty": lambda made: made.contract(),
}


@pytest.mark.parametrize("code", WRONG)
def test_what_is_misnamed_or_out_of_range_is_refused_with_what_there_is(code: str) -> None:
    with pytest.raises(TallyError) as refused:
        WRONG[code](draft())
    assert refused.value.code == code
    assert refused.value.fix
    if code in ("draft.no_name", "draft.input_missing", "draft.kind", "draft.parameter", "program.parameter"):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in refused.value.fix), (
            "a program's words are in both languages"
        )


def test_a_column_that_is_not_there_is_refused_in_a_filter_too() -> None:
    with pytest.raises(TallyError, match=r"draft\.no_column.*salary"):
        draft().use(BANKS[0], where=[("salary", "ge", "1")])


def given_c(value: object) -> object:
    made = draft()
    rows = stacked(made)
    made.step("fit", "glm.logistic", features=rows, label=rows["default"], c=value)  # type: ignore[arg-type]
    return made._steps[-1]["parameters"]["c"]


LOW, HIGH = (
    Decimal(getattr(next(s for s in PROGRAMS["glm.logistic"].parameters if s.name == "c"), end))
    for end in ("low", "high")
)


@given(
    st.floats(float(LOW), float(HIGH))
    | st.decimals(LOW, HIGH, places=6)
    | st.integers(math.ceil(LOW), math.floor(HIGH))
)
def test_a_decimal_is_written_as_the_number_that_it_is(value: float | Decimal) -> None:
    said = given_c(value)
    assert isinstance(said, str)
    assert "e" not in said.lower()
    assert float(said) == float(value)
    if isinstance(value, Decimal):
        assert Decimal(said) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "0,5", "1e999", 10**9])
def test_attack_no_number_passes_for_a_parameter(value: object) -> None:
    with pytest.raises(RangeError, match=r"program\.parameter"):
        given_c(value)
