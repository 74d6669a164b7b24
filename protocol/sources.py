"""Where a step's inputs come from, as the contract writes it, and what kind of value stands there.

A source is a data set, the name of what an earlier task left at the nodes, ``step.output`` or ``step.output.column`` (of an
aligned output ``step.output.owner.column``).
"""

import re
from typing import Final

TABLE: Final = "table"
"""The kind of a data set."""

SHARES: Final = "shares"
"""A secret array: the only kind that a contract can give to result users."""

SHARED: Final = "shared"
"""A secret matrix with named columns."""

_MODEL: Final = "model:"
"""What the kinds of models begin with; their family follows."""

KEPT_KIND: Final = re.compile(r"shares|shared|model:[a-z][a-z0-9-]{0,30}")
"""Kinds that can stay at the nodes: what is made of shares."""

_COLUMN_KINDS: Final = {"aligned": "label", "stacked": "stacked-label", SHARED: SHARES}


def model_kind(family: str) -> str:
    """The kind of the models of a family: ports that take one family take no other."""
    return _MODEL + family


def family_of(kind: str) -> str:
    """The family of a kind of models, "" for other kinds."""
    return kind.removeprefix(_MODEL) if kind.startswith(_MODEL) else ""


def split_source(source: str) -> tuple[str, str, str]:
    """``step.output.column`` in its parts; the column is empty for a whole output, the output for a data set."""
    step, _, rest = source.partition(".")
    output, _, column = rest.partition(".")
    return step, output, column


def source_kind(output_kind: str, column: str) -> str:
    """The kind of an output, or of one column of it."""
    return _COLUMN_KINDS.get(output_kind, output_kind) if column else output_kind
