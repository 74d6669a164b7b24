"""All programs of this release, described. Importing this imports no implementation and no mpyc."""

from typing import Final

from mpc.programs.catalogue import alignment, clustering, evaluation, features, glm, linear, scoring, stats
from mpc.workflow.digest import code_digest
from mpc.workflow.program import Program
from protocol.errors import RefusedError
from protocol.programs import ProgramDescriptor

CATALOGUE: Final = {
    program.program: program
    for family in (alignment, features, glm, linear, evaluation, stats, clustering, scoring)
    for program in family.PROGRAMS
}


def find(program: str) -> Program:
    """The program with this id (``name@version``)."""
    found = CATALOGUE.get(program)
    if found is None:
        raise RefusedError(
            "program.unknown", f"This node has no program {program!r}.", f"Installed: {', '.join(sorted(CATALOGUE))}."
        )
    return found


def descriptors() -> tuple[ProgramDescriptor, ...]:
    """All programs in the published form, with the digest of what is installed."""
    return tuple(program.descriptor(code_digest(program.program)) for program in CATALOGUE.values())
