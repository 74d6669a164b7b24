"""One problem that preflight found in a task contract."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem; ``where`` points into the contract."""

    code: str
    what: str
    fix: str
    where: str
