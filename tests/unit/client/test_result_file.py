"""A result under its names, exact: as the file keeps it, as JSON, as CSV that no spreadsheet takes for a formula."""

import csv
import io
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.cost.cases import Case
from client.result_file import EXPORT, FIRST, FORMAT, NamedOutput, NamedResult, decimals, harmless, meant
from mpc.arrays.interface import SecureArray
from mpc.programs import axes
from protocol.axes import Axis
from protocol.backends import MODULUS
from protocol.commitments import SHARE_BYTES, Tensor
from protocol.errors import FormatError
from tests.unit.mpc.programs.test_axes import ALL, values
from workers.results import Result

SIGNED = st.integers(-(2**100), 2**100)


def tensor(shape: tuple[int, ...], bits: int, numbers: list[int]) -> Tensor:
    return Tensor(shape, bits, b"".join((number % MODULUS).to_bytes(SHARE_BYTES, "little") for number in numbers))


def result(outputs: dict[str, Tensor], names: dict[str, tuple[Axis, ...]]) -> NamedResult:
    found = Result(b"\1" * 32, b"\2" * 32, True, tuple((n, (bytes(32),), t) for n, t in outputs.items()), names)
    return NamedResult.read(found.data())


def rows_of(text: str) -> list[dict[str, str]]:
    return [{key: meant(cell) for key, cell in row.items()} for row in csv.DictReader(io.StringIO(text))]


@given(st.integers(0, 60), st.lists(SIGNED, min_size=1, max_size=5))
@example(0, [-7])
@example(30, [1, -1, 0, 1 << 30])
def test_numbers_are_exact(bits: int, numbers: list[int]) -> None:
    found = decimals(tensor((len(numbers),), bits, numbers))
    assert [Fraction(text) * 2**bits for text in found] == numbers
    assert all("E" not in text and text != "-0" for text in found)


@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.layout}-{case.name}")
def test_every_output_of_every_program_survives_both_forms(case: Case) -> None:
    """Shapes and names from the programs themselves; the numbers differ from each other."""
    outputs: dict[str, Tensor] = {}
    for step, found in values(case).items():
        for name, value in found.items():
            if isinstance(value, SecureArray):
                size = 1
                for each in value.shape:
                    size *= each
                outputs[f"{step}.{name}"] = tensor(value.shape, 24, [(at - 3) * 7_654_321 for at in range(size)])
    names = {source: axes.axes(case.workflow, source, it.shape) for source, it in outputs.items()}
    kept = result(outputs, names)
    assert {it.source: it.axes for it in kept.outputs} == names
    exported: dict[str, Any] = json.loads(kept.data())
    assert exported["format"] == EXPORT
    assert [tuple(it["values"]) for it in exported["outputs"]] == [decimals(it) for it in outputs.values()]
    assert [tuple(Axis(a["of"], tuple(a["names"])) for a in it["axes"]) for it in exported["outputs"]] == [
        *names.values()
    ]
    told = [
        (row["output"], tuple(row[f"name_{at}"] for at in (1, 2) if row.get(f"of_{at}")), row["value"])
        for row in rows_of(kept.csv())
    ]
    assert told == [(it.source, cell, value) for it in kept.outputs for cell, value in it.cells()]


HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "'=1",
    "''@x",
    '=HYPERLINK("http://x")',
]


@pytest.mark.parametrize("name", HOSTILE)
def test_attack_a_label_that_a_spreadsheet_would_run(name: str) -> None:
    kept = NamedResult("t", "r", True, None, (NamedOutput("fit.x", (Axis("group", (name,)),), ("-1.5",)),))
    cells = next(iter([*csv.reader(io.StringIO(kept.csv(), newline=""))][1:]))
    assert cells[2].startswith("'")
    assert cells[2] != name
    assert cells[3] == "-1.5"
    assert meant(cells[2]) == name


@given(st.text(max_size=12) | st.sampled_from(HOSTILE) | st.decimals(allow_nan=False, allow_infinity=False).map(str))
def test_what_is_made_harmless_can_be_read_back(text: str) -> None:
    made = harmless(text)
    assert meant(made) == text
    assert made[:1] not in tuple("=+@\t\r＝＋－＠")
    assert not made.startswith("-") or Decimal(made) == Decimal(text)


def test_the_first_version_is_still_read_and_its_places_are_counted() -> None:
    document = json.loads(
        Result(b"\1" * 32, b"\2" * 32, False, (("fit.x", (bytes(32),), tensor((2,), 1, [3, -1])),)).data()
    )
    document["format"] = FIRST
    del document["outputs"]["fit.x"]["axes"]
    (output,) = NamedResult.read(json.dumps(document).encode()).outputs
    assert output == NamedOutput("fit.x", (Axis("place", ("1", "2")),), ("1.5", "-0.5"))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(format="tallystick/result/v9"),
        lambda d: d.pop("outputs"),
        lambda d: d["outputs"]["fit.x"].pop("axes"),
        lambda d: d["outputs"]["fit.x"].update(axes=[{"of": "row", "names": ["1"]}]),
        lambda d: d["outputs"]["fit.x"].update(axes=[{"of": "other", "names": ["1", "2"]}]),
        lambda d: d["outputs"]["fit.x"].update(elements="AA"),
        lambda d: d["outputs"]["fit.x"].update(shape=[3]),
    ],
)
def test_what_is_no_result_is_refused(change: Any) -> None:
    document = json.loads(
        Result(b"\1" * 32, b"\2" * 32, False, (("fit.x", (bytes(32),), tensor((2,), 1, [3, -1])),)).data()
    )
    assert document["format"] == FORMAT
    NamedResult.read(json.dumps(document).encode())
    change(document)
    with pytest.raises(FormatError, match=r"result\.format"):
        NamedResult.read(json.dumps(document).encode())
