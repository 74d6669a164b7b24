"""One place where a defence stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """``file`` says ``defence`` once; ``without`` stands there instead. ``tests`` are pytest's arguments."""

    name: str
    file: str
    defence: str
    without: str
    tests: tuple[str, ...]
