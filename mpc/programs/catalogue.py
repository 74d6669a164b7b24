"""All programs of this release: a folder each, a line each.

A folder holds ``description.py`` (what is published), ``run.py`` (the implementation, imported in the MPC child only)
and ``cost.py`` (what its seconds are fitted to). Importing this imports no implementation and no mpyc.
"""

import functools
import importlib
from typing import Final, cast

from mpc.programs.costs import Cost
from mpc.workflow import digest
from mpc.workflow.context import Alone, Implementation, Outlining
from mpc.workflow.program import Program
from protocol.errors import RefusedError
from protocol.programs import ProgramDescriptor

FOLDERS: Final = (
    "prepare.table",
    "prepare.folds",
    "prepare.fold",
    "alignment.psi_align",
    "alignment.psi_join",
    "alignment.table_stack",
    "features.standardize",
    "features.standardize_pooled",
    "features.bin",
    "features.woe_iv",
    "features.select",
    "glm.logistic",
    "glm.logistic_federated",
    "linear.ridge",
    "glm.poisson",
    "glm.softmax",
    "survival.cox",
    "evaluation.binary",
    "evaluation.multiclass",
    "evaluation.regression",
    "evaluation.stability",
    "stats.describe",
    "stats.correlation",
    "stats.crosstab",
    "stats.groupby",
    "stats.sql",
    "gwas.assoc",
    "reconcile.flows",
    "graph.propagate",
    "clustering.kmeans",
    "tree.boost",
    "tree.regress",
    "scoring.glm",
    "scoring.tree",
    "scoring.card",
    "scoring.points",
)


def _described(folder: str) -> Program:
    return cast("Program", importlib.import_module(f"{__package__}.{folder}.description").PROGRAM)


def implementation(program: str) -> Implementation:
    """The code of a program of this catalogue: importing it is for the MPC child and for plans."""
    return cast("Implementation", importlib.import_module(f"{__package__}.{FOLDER_OF[program]}.run").run)


def outline_of(program: str) -> Outlining:
    """What a program that works on rows at their owners gives and sends for data sets of so many rows: its ``shape.outline``."""
    return cast("Outlining", importlib.import_module(f"{__package__}.{FOLDER_OF[program]}.shape").outline)


def alone_of(program: str) -> Alone:
    """What one owner can try by itself of a program whose rows stay with their owners: its ``run.alone``."""
    return cast("Alone", importlib.import_module(f"{__package__}.{FOLDER_OF[program]}.run").alone)


def cost_of(program: str) -> Cost:
    """What a program's seconds are fitted to: its ``cost.py``."""
    return cast("Cost", importlib.import_module(f"{__package__}.{FOLDER_OF[program]}.cost"))


FOLDER_OF: Final = {_described(folder).program: folder for folder in FOLDERS}
CATALOGUE: Final = {program: _described(folder) for program, folder in FOLDER_OF.items()}


def find(program: str) -> Program:
    """The program with this id (``name@version``)."""
    found = CATALOGUE.get(program)
    if found is None:
        raise RefusedError(
            "program.unknown", f"This node has no program {program!r}.", f"Installed: {', '.join(sorted(CATALOGUE))}."
        )
    return found


def code_digest(program: str) -> bytes:
    """The digest that the installed program is registered under; ``program.unknown`` when it is not installed."""
    return _code_digest(find(program).program, digest.snapshot())


def engine_digest() -> bytes:
    """The digest that the installed engine, :data:`digest.ENGINE`, is registered under."""
    return _engine_digest(digest.snapshot())


def descriptors() -> tuple[ProgramDescriptor, ...]:
    """All programs in the published form, with the digest of what is installed."""
    now = digest.snapshot()
    return tuple(program.descriptor(_code_digest(name, now)) for name, program in CATALOGUE.items())


# A node asks three times a task, for every program: what it read for one snapshot of the sources holds for that snapshot.
@functools.lru_cache(maxsize=2 * len(FOLDERS))
def _code_digest(program: str, now: bytes) -> bytes:
    del now
    return digest.program_digest(CATALOGUE[program], FOLDER_OF[program])


@functools.lru_cache(maxsize=2)
def _engine_digest(now: bytes) -> bytes:
    del now
    return digest.engine_digest()
