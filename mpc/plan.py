"""Whether a task's programs have room for its tables: by its public facts, before any input.

:func:`refusal` runs the installed programs on shapes (:mod:`mpc.workflow.planning`). ``python -m mpc.plan`` answers a
:class:`~protocol.plans.PlanQuestion` on its standard input with a :class:`~protocol.plans.PlanAnswer`, in a process of its own: who
names the shapes is not trusted, so time and memory are bounded by the kernel before anything is read. Programs that are
installed with other code than the question says are not planned.
"""

import asyncio
import resource
import sys
from collections.abc import Mapping
from typing import Final

from mpc.programs.catalogue import FOLDER_OF, find
from mpc.workflow import digest
from mpc.workflow.graph import Workflow
from mpc.workflow.planning import room
from protocol.contract import TaskContract
from protocol.errors import TallyError
from protocol.plans import MEMORY, SECONDS, PlanAnswer, PlanQuestion, unknown

_UNSAID: Final = frozenset({"plan.kept_model", "plan.talks", "plan.uncounted"})
"""What a plan cannot know is no refusal."""


def main() -> int:
    """Answer one question."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read(PlanQuestion.LIMIT + 1)).data())
    return 0


def answer(data: bytes) -> PlanAnswer:
    """What is to be said about a question; anything that goes wrong on the way says nothing about the task."""
    try:
        question = PlanQuestion.read(data)
        if any(_installed(name) != registered for name, registered in question.programs):
            return unknown("plan.other_code")
        found = refusal(question.contract, dict(question.rows))
    except TallyError as error:
        return unknown(error.code)
    except MemoryError:
        return unknown("plan.memory")
    except Exception as error:  # noqa: BLE001 - a program that fails on shapes says nothing about the task
        return unknown(f"plan.{type(error).__name__.lower()}")
    return PlanAnswer("room") if found is None else PlanAnswer("none", found[0], *_told(found[1]))


def refusal(contract: TaskContract, rows: Mapping[str, int]) -> tuple[str, TallyError] | None:
    """The step that has no room for these tables, with its own refusal; None where there is room, or a plan cannot know."""
    loop = asyncio.new_event_loop()  # of its own: a run's is not touched
    try:
        found = loop.run_until_complete(room(Workflow.of(contract), rows, _least(contract, rows)))
    finally:
        loop.close()
    return None if found is None or found[1].code in _UNSAID else found


def _installed(program: str) -> bytes:
    """Without the versions of what only a run needs and a coordinator has not."""
    return digest.program_digest(find(program), FOLDER_OF[program])


def _told(error: TallyError) -> tuple[str, str, str]:
    return error.code, error.what, error.fix


def _least(contract: TaskContract, rows: Mapping[str, int]) -> dict[str, int]:
    """Rows that are there at least: filters leave some out, nobody knows how many ids are common."""
    aligned = {
        source
        for step in contract.steps
        if any(port.kind == "aligned" for port in find(step.program).outputs)
        for _, sources in step.inputs
        for source in sources
    }
    few = max(2, contract.minimum_group)
    uncertain = aligned | {item.data_set for item in contract.inputs if item.filters}
    return {name: min(count, few) if name in uncertain else count for name, count in rows.items()}


if __name__ == "__main__":
    sys.exit(main())
