"""What a node tells a monitor while a task goes through it: how much, never whose."""

from dataclasses import replace

from metrics.board import Board
from metrics.catalogue import of_process
from protocol.errors import UnavailableError
from tests.unit.metrics.test_board import told
from tests.unit.workers.world import COMMITTEE, World
from workers.anchoring import Anchoring
from workers.measuring import node_board
from workers.node import Node
from workers.sessions.stating import Stating
from workers.slots.scheduler import Scheduler
from workers.state import SlotRow


class Runs:
    """The scheduler as far as a monitor asks it."""

    channels = 2

    def __init__(self, *rows: SlotRow) -> None:
        self._rows = rows

    def rows(self) -> tuple[SlotRow, ...]:
        return self._rows


def board_of(node: Node, *rows: SlotRow) -> Board:
    return node_board(node, Runs(*rows), Stating(node, Anchoring(node)))  # type: ignore[arg-type]


def test_a_task_is_counted_from_its_dispatch_to_its_end(world: World) -> None:
    machine = world.machines["hospital"]
    world.dispatch(world.start())
    assert told(board_of(machine.node))["tally_node_tasks", (("stage", "received"),)] == 1
    board = board_of(machine.node)
    world.turns(6)
    found = told(board)
    assert found["tally_node_tasks_ended_total", (("outcome", "done"),)] == 1
    assert sum(value for (name, _), value in found.items() if name == "tally_node_tasks") == 0
    for stage in ("received", "checked", "running", "input_sent", "computed", "committed", "completed", "released"):
        assert found["tally_node_stage_seconds_count", (("stage", stage),)] >= 1, stage


def test_every_metric_of_the_catalogue_is_told_and_none_names_anybody(world: World) -> None:
    node = world.machines["hospital"].node
    rows = (
        SlotRow(b"\x01" * 32, "task", "running", ""),
        SlotRow(b"\x02" * 32, "task", "waiting", "laboratory:absent,exchange:busy"),
        SlotRow(b"\x03" * 32, "task", "waiting", "laboratory:absent"),
    )
    board = board_of(node, *rows)
    found = told(board)
    assert found["tally_node_slots_used", (("kind", "task"),)] == 1
    assert found["tally_node_runs_waiting", ()] == 2
    peers = {dict(labels)["state"]: value for (name, labels), value in found.items() if name == "tally_node_peers"}
    assert peers == {"connected": 2, "absent": 1, "busy": 1}, "a peer that two runs wait for is one"
    text = board.text().decode()
    for metric in of_process("node"):
        assert f"# TYPE {metric.name}".removesuffix("_total") in text, metric.name
    assert not [name for name in (*COMMITTEE, "01" * 32, "02" * 32) if name in text]


def test_a_chain_that_is_away_is_said_as_such(world: World) -> None:
    node = world.machines["hospital"].node

    class Away:
        def head(self) -> None:
            raise UnavailableError("chain.unreachable", "It does not answer.", "Wait.")

    node.chain = Away()  # type: ignore[assignment]
    found = told(board_of(node))
    assert found["tally_part_up", (("part", "chain"),)] == 0
    assert found["tally_part_up", (("part", "state"),)] == 1


def test_the_boards_scheduler_is_the_real_ones() -> None:
    assert {"rows", "channels"} <= set(dir(Scheduler))
    assert replace(SlotRow(b"", "task", "waiting", ""), waits="x:absent").waits == "x:absent"
