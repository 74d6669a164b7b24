"""Takes each defence out in turn and asks whether a test notices: ``python -m tools.mutants [WORD]``.

A mutant is one place where a defence stands, what stands there without it, and the tests that must fail then (mutation
testing: DeMillo, Lipton, Sayward, "Hints on Test Data Selection", 1978). Each runs in a copy of the tree. ``WORD`` takes
only the mutants whose name has it. A mutant that survives is a defence that nobody would miss.
"""

from typing import Final

from tools.mutants.coordinator import COORDINATOR
from tools.mutants.engine import ENGINE
from tools.mutants.law import LAW
from tools.mutants.lookup import LOOKUP
from tools.mutants.mutant import Mutant as Mutant
from tools.mutants.node import NODE
from tools.mutants.openings import OPENINGS
from tools.mutants.pages import PAGES
from tools.mutants.passkeys import PASSKEYS
from tools.mutants.sessions import SESSIONS
from tools.mutants.witnesses import WITNESSES
from tools.mutants.words import WORDS

MUTANTS: Final = (
    *ENGINE,
    *WORDS,
    *COORDINATOR,
    *NODE,
    *PAGES,
    *LAW,
    *LOOKUP,
    *OPENINGS,
    *PASSKEYS,
    *SESSIONS,
    *WITNESSES,
)
