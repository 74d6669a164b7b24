"""What the node tells a monitor: counts of its own work, never whose task or whose data it is."""

import shutil
from collections import Counter
from collections.abc import Iterator
from typing import Final

from metrics.board import Board, Reading, each
from workers.jobs.stages import ENDED, Stage
from workers.node import Node
from workers.sessions.stating import Stating
from workers.slots.scheduler import Scheduler

_ABSENT: Final = "absent"
_BUSY: Final = "busy"


def node_board(node: Node, scheduler: Scheduler, stating: Stating) -> Board:
    """The node's metrics; stages and ends are counted as jobs move."""
    board = Board("node")

    def moved(left: Stage, now: Stage, seconds: int) -> None:
        board.observe("tally_node_stage_seconds", seconds, left)
        if now in ENDED:
            board.count("tally_node_tasks_ended_total", now)

    node.state.on_move = moved
    board.reads("state", lambda: _state(node))
    board.reads("slots", lambda: _slots(node, scheduler))
    board.reads("sessions", lambda: _sessions(stating))
    board.reads("chain", lambda: _chain(node))
    board.reads("disk", lambda: [Reading("tally_disk_free_bytes", shutil.disk_usage(node.folder).free)])
    return board


def _state(node: Node) -> Iterator[Reading]:
    yield from each("tally_node_tasks", node.state.stages())
    oldest = node.state.oldest_owed()
    yield Reading("tally_node_receipts_owed", node.state.unsettled())
    yield Reading("tally_node_receipts_oldest_seconds", 0 if oldest is None else max(0, node.clock() - oldest))


def _slots(node: Node, scheduler: Scheduler) -> Iterator[Reading]:
    rows = scheduler.rows()
    used = Counter(row.kind for row in rows if row.phase != "waiting")
    yield from each("tally_node_slots", {kind.value: most for kind, most in node.config.slots.items()})
    yield from each("tally_node_slots_used", used)
    yield Reading("tally_node_runs_waiting", sum(row.phase == "waiting" for row in rows))
    waited = {
        (name, how) for row in rows for name, _, how in (item.partition(":") for item in row.waits.split(",") if item)
    }
    states = Counter(how for _, how in waited)
    found = {"connected": scheduler.channels, _ABSENT: states[_ABSENT], _BUSY: states[_BUSY]}
    yield from each("tally_node_peers", found)


def _sessions(stating: Stating) -> Iterator[Reading]:
    pace = stating.pace()
    yield Reading("tally_node_sessions", pace.open)
    yield Reading("tally_node_answers_waiting", pace.waiting)
    yield Reading("tally_node_answers_delay_used", pace.delay_used)


def _chain(node: Node) -> Iterator[Reading]:
    head = node.chain.head()
    yield Reading("tally_chain_head", head.number)
    yield Reading("tally_node_chain_age_seconds", node.clock() - head.time)
