"""How often a data set's rows were computed over, for whom: the one thing that an owner alone can see of differences between tasks.

One task keeps its minimum group; two tasks whose rows differ by one person do not. Nobody can tell that from a contract: other
filters, versions and counterparts make other rows. So the owner's node counts, by data set and reader, and says it where the owner looks
and before it signs (docs/adr/0071).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mpc.programs.catalogue import CATALOGUE
from protocol.ask import per_person
from protocol.contract import TaskContract
from protocol.programs import Words
from workers.state import State


@dataclass(frozen=True, slots=True)
class Read:
    """Tasks over a data set's rows that ``reader`` reads: how many, and how many of them only give aggregates."""

    reader: str
    tasks: int
    aggregates: int

    def words(self, data_set: str) -> Words:
        """As the owner reads it."""
        return Words(
            f"{data_set}: tasks over its rows that {self.reader} reads: {self.tasks}, of which {self.aggregates} give aggregates only.",
            f"{data_set}：其数据行已在 {self.tasks} 个任务中使用，读取方为 {self.reader}，其中 {self.aggregates} 个仅输出汇总结果。",
        )


def readers_of(contract: TaskContract) -> tuple[tuple[str, bool], ...]:
    """Each reader of a task, and whether nothing that it reads is about single people."""
    known = {name: found.published() for name, found in CATALOGUE.items()}
    single = {*per_person(contract, known)}
    return tuple(
        (user, not any(user in out.users and out.source in single for out in contract.outputs))
        for user in contract.result_users
    )


def keep(state: State, task: bytes, data_sets: Iterable[str], contract: TaskContract) -> None:
    """Count a task that passed the party check."""
    for data_set in data_sets:
        for reader, aggregate in readers_of(contract):
            state.add_reader(data_set, reader, task, aggregate=aggregate)


def before(state: State, data_set: str, readers: Iterable[str] | None = None, but: bytes = b"") -> tuple[Read, ...]:
    """What was read of a data set, by reader; of these ``readers`` only, and other tasks than ``but``."""
    wanted = None if readers is None else {*readers}
    found = (Read(*row) for row in state.readers(data_set, but))
    return tuple(read for read in found if wanted is None or read.reader in wanted)
