"""A result's file as people and programs read it: each number under the names of its axes, exact, as a table, CSV or JSON.

Numbers are fixed-point, so each is a finite decimal and is written in full. The first version of the file had no names: it is still read,
and its places are counted.
"""

import base64
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, Final, Self

from protocol import canonical
from protocol.axes import KINDS, Axis, counted
from protocol.backends import MODULUS
from protocol.commitments import SHARE_BYTES, Tensor
from protocol.errors import FormatError
from protocol.table import scaled_text

FORMAT: Final = "tallystick/result/v2"
FIRST: Final = "tallystick/result/v1"
EXPORT: Final = "tallystick/named-result/v1"
LIMIT: Final = 1 << 30
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
"""What a spreadsheet could take for a formula (OWASP: CSV injection), also behind the marks that keep it from that."""


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """One output: ``values`` are decimal texts, row-major along ``axes``; no axis for a single number."""

    source: str
    axes: tuple[Axis, ...]
    values: tuple[str, ...]

    def cells(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Each number with its name along every axis."""
        return zip(product(*(axis.names for axis in self.axes)), self.values, strict=True)


@dataclass(frozen=True, slots=True)
class MadeBy:
    """A step of the contract: what its outputs are read with. ``parameters`` as texts, defaults filled in where the program is known."""

    step: str
    program: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NamedResult:
    """All outputs that one result user received; ``steps`` is empty in files that were written before these were kept."""

    task: str
    run: str
    checked: bool
    result_hash: str | None
    outputs: tuple[NamedOutput, ...]
    steps: tuple[MadeBy, ...] = ()

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a result file of either version (``result.format`` for anything else)."""
        try:
            found: dict[str, Any] = json.loads(data)
            named = {FIRST: False, FORMAT: True}[found["format"]]
            outputs = tuple(_output(source, item, named=named) for source, item in found["outputs"].items())
            steps = tuple(_made_by(item) for item in found.get("steps", ()))
            return cls(found["task"], found["run"], found["checked"], found["result_hash"], outputs, steps)
        except (FormatError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError("result.format", "This is no result file.", "Fetch the result again.") from error

    def to_json(self) -> dict[str, object]:
        """Names and exact numbers, without the field elements and salts that only a check needs."""
        return {
            "format": EXPORT,
            "task": self.task,
            "run": self.run,
            "checked": self.checked,
            "result_hash": self.result_hash,
            "outputs": [
                {
                    "output": it.source,
                    "axes": [{"of": axis.of, "names": list(axis.names)} for axis in it.axes],
                    "values": list(it.values),
                }
                for it in self.outputs
            ],
        }

    def data(self) -> bytes:
        """The JSON form as canonical bytes."""
        return canonical.dumps(self.to_json())

    def csv(self) -> str:
        """One line for each number: output, then what and which along each of two axes, then the number (RFC 4180)."""
        text = io.StringIO()
        writer = csv.writer(text)
        width = max((len(it.axes) for it in self.outputs), default=0)
        writer.writerow(["output", *(f"{word}_{at}" for at in range(1, width + 1) for word in ("of", "name")), "value"])
        for it in self.outputs:
            for names, value in it.cells():
                told = [cell for axis, name in zip(it.axes, names, strict=True) for cell in (axis.of, name)]
                row = [it.source, *told, *[""] * (2 * width - len(told))]
                writer.writerow([*map(harmless, row), value])
        return text.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what begins like one; numbers stay numbers."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def meant(cell: str) -> str:
    """What :func:`harmless` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def decimals(tensor: Tensor) -> tuple[str, ...]:
    """Every signed fixed-point element as its exact decimal, row-major."""
    found: list[str] = []
    for at in range(0, len(tensor.data), SHARE_BYTES):
        element = int.from_bytes(tensor.data[at : at + SHARE_BYTES], "little")
        signed = element - MODULUS if element > MODULUS // 2 else element
        found.append(scaled_text(signed * 5**tensor.fraction_bits, tensor.fraction_bits))
    return tuple(found)


def shown(value: str) -> str:
    """A number for the eye: six digits; the files have all."""
    number = Decimal(value)
    return value if number == number.to_integral_value() else f"{number:.6g}"


def _made_by(item: Mapping[str, Any]) -> MadeBy:
    parameters = {str(name): str(value) for name, value in item["parameters"].items()}
    return MadeBy(str(item["step"]), str(item["program"]), parameters)


def _output(source: str, item: Mapping[str, Any], *, named: bool) -> NamedOutput:
    shape = tuple(int(size) for size in item["shape"])
    tensor = Tensor(shape, int(item["fraction_bits"]), base64.b64decode(item["elements"], validate=True))
    axes = tuple(Axis(str(it["of"]), tuple(map(str, it["names"]))) for it in item["axes"]) if named else counted(shape)
    if tuple(len(axis.names) for axis in axes) != shape or any(axis.of not in KINDS for axis in axes):
        raise ValueError
    return NamedOutput(source, axes, decimals(tensor))
