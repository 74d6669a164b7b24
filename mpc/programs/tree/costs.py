"""The terms of what boosted trees cost."""

from typing import Final

from mpc.programs.costs import Terms

_LEVELS: Final = "trees*depth"
# a tree has 2^depth leaves, which depth^3 follows from 3 to 6 levels
TERMS: Final = Terms(
    work=[
        "", "rows", "rows*columns*bins", _LEVELS, f"{_LEVELS}*rows", f"{_LEVELS}*rows*columns*bins", "trees*depth^3*columns*bins",
        "trees*depth^3*rows", "trees*depth^3*rows*columns*bins", "rows*columns*bins*[layout=stacked]",
    ],
)  # fmt: skip
