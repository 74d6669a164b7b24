"""Parameters of programs, a line each."""

from typing import Final

from protocol.programs import ParameterSpec, Words
from protocol.sql.query import DEFAULT


def decimal(name: str, default: str, low: str, high: str, english: str, chinese: str) -> ParameterSpec:
    """A decimal fraction from ``low`` to ``high``."""
    return ParameterSpec(name, "decimal", default, low, high, (), Words(english, chinese))


def integer(name: str, default: int, low: int, high: int, english: str, chinese: str) -> ParameterSpec:
    """A whole number from ``low`` to ``high``."""
    return ParameterSpec(name, "integer", default, str(low), str(high), (), Words(english, chinese))


def choice(name: str, choices: tuple[str, ...], english: str, chinese: str) -> ParameterSpec:
    """One of several words; the first is the default."""
    return ParameterSpec(name, "choice", choices[0], "", "", choices, Words(english, chinese))


def recipe(name: str, english: str, chinese: str) -> ParameterSpec:
    """What happens to raw columns (:mod:`protocol.recipes`); by default nothing."""
    return ParameterSpec(name, "recipe", "", "", "", (), Words(english, chinese))


def columns(name: str, default: str, english: str, chinese: str) -> ParameterSpec:
    """Names of columns (:mod:`protocol.column_names`)."""
    return ParameterSpec(name, "columns", default, "", "", (), Words(english, chinese))


KEYS: Final = columns(
    "keys",
    "",
    "The columns that rows are matched by, which are called alike in all data sets, as `reference, payer, day`; by default the identifier",
    "用于匹配各行的列，在各数据集中名称相同，写作 `reference, payer, day`；默认为行标识",
)
"""Of programs that match rows."""


def sql(name: str, english: str, chinese: str) -> ParameterSpec:
    """A query (:mod:`protocol.sql`); by default one that counts the rows."""
    return ParameterSpec(name, "sql", DEFAULT, "", "", (), Words(english, chinese))
