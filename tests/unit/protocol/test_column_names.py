"""Lists of columns in a contract's parameters: one way to write each, and a clear refusal of all else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.column_names import MOST, parse
from protocol.errors import RangeError
from protocol.programs import ParameterSpec, Words

NAME = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)


@given(st.lists(NAME, min_size=1, max_size=MOST, unique=True))
def test_names_are_read_as_they_are_written(names: list[str]) -> None:
    assert parse(", ".join(names)) == tuple(names)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a,b", "a,  b", "a, ", ", a", "a, a", "A", "a b", "a\n", "流水号", "x" * 64, ", ".join("abcdefghi")],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    spec = ParameterSpec("keys", "columns", "reference", "", "", (), Words("keys", "键"))
    for read in (parse, spec.check):
        with pytest.raises(RangeError) as error:
            read(text)
        assert error.value.code == "program.columns"
        assert "reference, payer, day" in error.value.fix


@pytest.mark.parametrize("value", [7, True])
def test_what_is_no_text_is_refused(value: int) -> None:
    spec = ParameterSpec("keys", "columns", "reference", "", "", (), Words("keys", "键"))
    with pytest.raises(RangeError, match="a list of columns, a text") as error:
        spec.check(value)
    assert error.value.code == "program.parameter"
