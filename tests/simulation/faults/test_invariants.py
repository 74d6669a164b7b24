"""Each invariant against a history in which it was broken by hand: a checker that cannot fail checks nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import structlog

from chain.endpoint import RawLog
from protocol import events, ids
from protocol.event import Event
from protocol.vocabulary import TaskState
from tests.simulation.faults import invariants
from tests.simulation.faults.nodes import Touch
from tests.simulation.faults.template import CANARY, Template, keys_of
from tests.simulation.faults.world import Sealed, World, world

Plant = Callable[[World], object]


@pytest.fixture
def finished(made: Template) -> Iterator[World]:
    """A task that completed, undisturbed."""
    with world(made, 0) as found:
        for operation in (("submit",), ("consent", 0, 0), ("consent", 1, 0)):
            found.apply(operation)
        found.finish()
        assert invariants.violations(found) == []
        yield found


def task_of(w: World) -> bytes:
    return next(iter(w.accepted.tasks))


def tell(w: World, statement: str) -> None:
    """Changes the coordinator's tables past its rights."""
    connection = w.made.store.connection
    connection.execute("RESET ROLE")
    connection.execute(statement.encode())
    connection.execute("SET ROLE tally_app")


def emit(w: World, contract: str, event: Event, before: type[Event] | None = None) -> None:
    """One more event on the chain: in the last block, or just before the first of a kind."""
    blocks = w.chain.blocks
    place = len(blocks) - 1
    if before is not None:
        place = next(n for n, block in enumerate(blocks) if any(isinstance(one, before) for _, one in block.emitted))
    blocks[place] = replace(blocks[place], emitted=((contract, event), *blocks[place].emitted))


def first(w: World, kind: type[Event]) -> Event:
    return next(event for _, _, event in w.chain.history if isinstance(event, kind))


def log_data(w: World, data: bytes) -> None:
    last = w.chain.blocks[-1]
    w.chain.blocks[-1] = replace(
        last, logs=(RawLog("0x", (), data, last.number, last.hash, bytes(32), 0, 0, last.time),)
    )


def end_otherwise(w: World) -> None:
    storage = w.chain.newest
    storage.tasks[task_of(w)] = replace(storage.tasks[task_of(w)], state=TaskState.EXPIRED)


def state_again(w: World) -> None:
    log = w.parties["hospital"].node.evidence._log
    log.append([log.entry(0)])


def revoke_before_start(w: World) -> None:
    digest, given = next(iter(w.chain.newest.given.items()))
    emit(w, "Consents", events.AuthorizationRevoked(digest, given.owner), before=events.TaskStarted)


PLANTS: dict[str, list[Plant]] = {
    "everybody_runs_again": [lambda w: setattr(w.processes["exchange"], "alive", False)],
    "nobody_says_defect": [lambda _: structlog.get_logger().error("job.defect")],
    "every_task_ends": [lambda w: tell(w, "UPDATE tally.tasks SET state = 'proposed'")],
    "ends_are_in_time": [
        lambda w: w.chain.blocks.__setitem__(slice(None), [replace(b, time=b.time + 10_000) for b in w.chain.blocks])
    ],
    "ends_have_reasons": [
        lambda w: emit(w, "Tasks", events.TaskAborted(task_of(w), ids.on_chain("exchange"), 2, 0, bytes(32), 1))
    ],
    "no_data_without_consent": [
        lambda w: w.computation.touches.append(Touch("hospital", task_of(w), 1, started=False, consumed=True)),
        lambda w: w.computation.touches.append(Touch("hospital", task_of(w), 1, started=True, consumed=False)),
    ],
    "nothing_secret_leaves": [
        lambda w: w.broker.said.append(f"a {CANARY}3 b".encode()),
        lambda w: log_data(w, keys_of("exchange").node_key),
    ],
    "no_names_on_chain": [lambda w: log_data(w, w.contracts[0][1].purpose.encode())],
    "uses_are_counted": [
        lambda w: emit(w, "Consents", first(w, events.UseConsumed)),
        revoke_before_start,
    ],
    "logs_only_grow": [
        lambda w: emit(w, "Anchors", events.Anchored(ids.on_chain("exchange"), 0, 0, 1, b"\1" * 32, 1), before=events.Anchored),
    ],
    "nothing_is_released_early": [
        lambda w: w.sealed.append(Sealed("exchange", task_of(w), TaskState.STARTED, 2)),
        lambda w: w.sealed.append(Sealed("exchange", task_of(w), TaskState.COMPLETED, 2)),
        lambda w: w.sealed.append(Sealed("exchange", task_of(w), TaskState.COMPLETED, 3, releasable=False)),
    ],
    "no_run_after_input": [lambda w: w.computation.inputs.append(w.computation.inputs[0])],
    "nothing_is_stated_twice": [state_again],
    "nothing_happens_twice_on_chain": [lambda w: emit(w, "Tasks", first(w, events.RunCommitted))],
    "what_was_accepted_happens": [
        lambda w: w.accepted.revocations.append(("hospital", w.given["hospital"][0])),
        lambda w: w.accepted.through.__setitem__("hospital", 1),
        lambda w: w.chain.newest.given.clear(),
        lambda w: w.chain.newest.tasks.clear(),
    ],
    "a_word_holds_at_once": [lambda w: w.accepted.words.append((w.given["hospital"][0], 0))],
    "the_index_equals_the_chain": [
        lambda w: tell(w, "UPDATE tally.tasks_now SET state = 'expired'"),
        lambda w: tell(w, "UPDATE tally.authorizations_now SET uses_left = 1"),
        lambda w: tell(w, "UPDATE tally.authorizations_now SET revoked = true"),
    ],
    "nothing_is_owed": [
        lambda w: tell(w, "INSERT INTO tally.faults (loop, item, tries, next_at, dead, code, cause) VALUES"
                       " ('relay', '1', 8, now(), true, 'x', 'y')"),
        lambda w: tell(w, "UPDATE tally.relay_jobs SET state = 'waiting', done_block = NULL, finished_at = NULL"),
        lambda w: tell(w, "UPDATE tally.outbox SET published_at = NULL"),
        lambda w: (w.parties["exchange"].folder / "work" / "left").mkdir(),
    ],
    "no_job_is_blamed_wrongly": [
        lambda w, kind=kind: tell(w, "UPDATE tally.relay_jobs SET state = 'failed', done_block = NULL, code = 'x', what = 'x', fix = 'x'"
                       f" WHERE kind = '{kind}'")
        for kind in ("anchor", "commit", "propose")
    ],
    "evidence_is_whole": [lambda w: tell(w, "DELETE FROM tally.log_evidence WHERE party = 'exchange'")],
    "results_are_read": [
        lambda w: (w.parties["hospital"].folder / "results" / task_of(w).hex() / "result.json").unlink(),
        lambda w: w.chain.newest.attested.clear(),
    ],
    "delays_only_delay": [end_otherwise],
}  # fmt: skip
"""How each invariant is broken."""
_NAMED = [(name, place) for name, plants in PLANTS.items() for place in range(len(plants))]


def test_each_invariant_is_broken_by_somebody() -> None:
    assert set(PLANTS) == {check.__name__ for check in invariants.CHECKS}


@pytest.mark.parametrize(("name", "place"), _NAMED)
def test_a_broken_invariant_is_found(finished: World, name: str, place: int) -> None:
    PLANTS[name][place](finished)
    found = {text.partition(":")[0] for text in invariants.violations(finished)}
    assert name in found
