"""Whether a task's programs have room for its tables and what they would take: by its public facts, before any input.

:func:`fits` runs the installed programs on shapes (:mod:`mpc.workflow.planning`). ``python -m mpc.plan`` answers a
:class:`~protocol.plans.PlanQuestion` on its standard input with a :class:`~protocol.plans.PlanAnswer`, in a process of its own: who
names the shapes is not trusted, so time and memory are bounded by the kernel before anything is read. Programs that are
installed with other code than the question says are not planned. ``--stand-by`` answers one question after another, each in a fork
with bounds of its own; questions and answers are then frames (:mod:`chain.asking`).
"""

import asyncio
import os
import resource
import select
import sys
from collections.abc import Mapping
from typing import Final

from mpc.programs.catalogue import FOLDER_OF, find, implementation
from mpc.workflow import digest
from mpc.workflow.graph import Workflow
from mpc.workflow.planning import Fit, fit
from protocol.contract import TaskContract
from protocol.errors import TallyError
from protocol.plans import MEMORY, SECONDS, PlanAnswer, PlanQuestion, unknown

_UNSAID: Final = frozenset({"plan.kept_model", "plan.talks", "plan.uncounted"})
"""What a plan cannot know is no refusal."""
FEWER_ROWS: Final = "plan.fewer_rows"
"""There may be room, as filters or an alignment may leave fewer rows than are registered; for all of them there is none."""

_IDLE: Final = 600.0
"""Seconds without a question after which a stand-by ends: it holds some 60 MB."""
_HEAD: Final = 4


def main() -> int:
    """Answer one question, or (``--stand-by``) one after another."""
    if sys.argv[1:] == ["--stand-by"]:
        return _stand_by()
    _bound()
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read(PlanQuestion.LIMIT + 1)).data())
    return 0


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _stand_by() -> int:
    for program in FOLDER_OF:  # once, for all forks
        implementation(program)
        _installed(program)
    asked, told = sys.stdin.fileno(), sys.stdout.fileno()
    while select.select([asked], [], [], _IDLE)[0]:
        length = int.from_bytes(_read(asked, _HEAD))
        question = _read(asked, length)
        if not question or len(question) < length or length > PlanQuestion.LIMIT:
            break  # nobody asks any more
        found = _forked(question)
        _write(told, len(found).to_bytes(_HEAD) + found)
    return 0


def _forked(question: bytes) -> bytes:
    """The answer of a process of its own; nothing when that came to its bounds."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(out)
            _bound()
            _write(into, answer(question).data())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(into)
    found = _read(out, PlanAnswer.LIMIT + 1)
    os.close(out)
    _, status = os.waitpid(child, 0)
    return found if status == 0 else b""


def _read(descriptor: int, size: int) -> bytes:
    """So many bytes, or as many as there are before the end."""
    found = bytearray()
    while len(found) < size and (piece := os.read(descriptor, size - len(found))):
        found += piece
    return bytes(found)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def answer(data: bytes) -> PlanAnswer:
    """What is to be said about a question; anything that goes wrong on the way says nothing about the task."""
    try:
        question = PlanQuestion.read(data)
        if any(_installed(name) != registered for name, registered in question.programs):
            return unknown("plan.other_code")
        found = fits(question.contract, dict(question.rows))
    except TallyError as error:
        return unknown(error.code)
    except MemoryError:
        return unknown("plan.memory")
    except Exception as error:  # noqa: BLE001 - a program that fails on shapes says nothing about the task
        return unknown(f"plan.{type(error).__name__.lower()}")
    if found.refusal is not None:
        return PlanAnswer("none", found.refusal[0], *_told(found.refusal[1]))
    if not found.steps:
        return PlanAnswer("room", code=FEWER_ROWS)
    return PlanAnswer("room", steps=tuple(step.costs for step in found.steps))


def fits(contract: TaskContract, rows: Mapping[str, int], models: Mapping[str, bytes] | None = None) -> Fit:
    """What the steps take on these tables, or the one that has no room for them with its own refusal; ``models`` are a node's parts
    of what the task reads from earlier ones.

    Raises what a plan cannot know (``plan.kept_model``, ``plan.talks``, ``plan.uncounted``).
    """
    loop = asyncio.new_event_loop()  # of its own: a run's is not touched
    try:
        found = loop.run_until_complete(fit(Workflow.of(contract), rows, _least(contract, rows), models))
    finally:
        loop.close()
    if found.refusal is not None and found.refusal[1].code in _UNSAID:
        raise found.refusal[1]
    return found


def _installed(program: str) -> bytes:
    """Without the versions of what only a run needs and a coordinator has not."""
    return digest.program_digest(find(program), FOLDER_OF[program])


def _told(error: TallyError) -> tuple[str, str, str]:
    return error.code, error.what, error.fix


def _least(contract: TaskContract, rows: Mapping[str, int]) -> dict[str, int]:
    """Rows that are there at least: filters leave some out, nobody knows how many ids are common."""
    matched = {
        source
        for step in contract.steps
        if any(port.identified for port in find(step.program).inputs)
        for _, sources in step.inputs
        for source in sources
    }
    few = max(2, contract.minimum_group)
    uncertain = matched | {item.data_set for item in contract.inputs if item.filters}
    return {name: min(count, few) if name in uncertain else count for name, count in rows.items()}


if __name__ == "__main__":
    sys.exit(main())
