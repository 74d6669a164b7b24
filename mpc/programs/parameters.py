"""Parameters of programs, a line each."""

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


def sql(name: str, english: str, chinese: str) -> ParameterSpec:
    """A query (:mod:`protocol.sql`); by default one that counts the rows."""
    return ParameterSpec(name, "sql", DEFAULT, "", "", (), Words(english, chinese))
