"""Where a step's inputs come from, as the contract writes it, and what kind of value stands there.

A source is a data set, a kept model's name, ``step.output`` or ``step.output.column`` (of an aligned output
``step.output.owner.column``).
"""

from typing import Final

TABLE: Final = "table"
"""The kind of a data set."""

MODEL: Final = "model"
"""The kind of a model that an earlier task left."""

OPENED: Final = "shares"
"""The only kind that a contract can give to result users."""

_COLUMN_KINDS: Final = {"aligned": "label", "stacked": "stacked-label", "shared": "shares"}


def split_source(source: str) -> tuple[str, str, str]:
    """``step.output.column`` in its parts; the column is empty for a whole output, the output for a data set."""
    step, _, rest = source.partition(".")
    output, _, column = rest.partition(".")
    return step, output, column


def source_kind(output_kind: str, column: str) -> str:
    """The kind of an output, or of one column of it."""
    return _COLUMN_KINDS.get(output_kind, output_kind) if column else output_kind
