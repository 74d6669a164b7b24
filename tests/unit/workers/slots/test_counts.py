"""How many slots a node has by default, and by its settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from protocol.errors import TallyError
from tests.unit.workers.world import World
from workers.config import NodeConfig
from workers.slots.counts import MOST, default_task_slots
from workers.slots.runs import Kind

GIB = 1024**3


@pytest.mark.parametrize(
    ("cores", "memory", "slots"),
    [(1, 2 * GIB, 1), (8, 8 * GIB, 1), (8, 23 * GIB, 4), (2, 64 * GIB, 2), (512, 4096 * GIB, MOST)],
)
def test_as_many_runs_as_cores_and_memory_carry(cores: int, memory: int, slots: int) -> None:
    assert default_task_slots(4 * GIB, cores, memory) == slots


def test_settings_come_back_and_count_the_kinds_apart(world: World) -> None:
    folder: Path = world.folder / "hospital"
    config = replace(world.nodes["hospital"].config, task_slots=3, session_slots=2)
    config.save(folder)
    assert NodeConfig.load(folder) == config
    assert config.slots == {Kind.TASK: 3, Kind.SESSION: 2}
    assert replace(config, task_slots=0).slots[Kind.TASK] >= 1


@pytest.mark.parametrize("setting", ["task_slots = -1", "session_slots = 65", 'task_slots = "2"'])
def test_settings_out_of_range_are_refused(world: World, setting: str) -> None:
    folder: Path = world.folder / "hospital"
    world.nodes["hospital"].config.save(folder)
    path = folder / "node.toml"
    name = setting.split(" ", maxsplit=1)[0]
    lines = [line for line in path.read_text().splitlines() if not line.startswith(name)]
    path.write_text("\n".join([*lines, setting]) + "\n")
    with pytest.raises(TallyError):
        NodeConfig.load(folder)
