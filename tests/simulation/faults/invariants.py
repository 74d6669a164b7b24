"""What must hold at the end of every history, each by name. I1-I15 are ARCHITECTURE.md's; the simulation sees those named here.

Not seen here: I4 and I5 and I12 and I14 (the computation is simulated), I8 (bundles and their proofs need a real chain), I11 (records),
I15 (what it costs).
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from orchestrator.store.database import Row
from protocol import canonical, dsse, events, ids, statements
from protocol.event import Event
from protocol.limits import LIMITS
from protocol.vocabulary import ENDED, TaskState
from tests.simulation.faults.nodes import VALUE, Party
from tests.simulation.faults.template import CANARY, OWNERS, keys_of
from tests.simulation.faults.world import World
from workers.jobs.stages import Stage

Check = Callable[[World], Iterator[str]]
LATEST: Final = LIMITS.deadline_grace + 120
"""Seconds after a deadline by which the chain says that a task is over: the grace, and the two pauses of a minute that the end takes."""
DEFECTS: Final = frozenset(
    {
        "job.defect",
        "job.failed",
        "engine.step_crashed",
        "engine.item_failed",
        "engine.dead_letter",
        "index.event_failed",
    }
)
FATAL: Final = frozenset(
    {
        "revoke",
        "revoke_all",
        "refuse",
        "withdraw",
        "suspend",
        "break",
        "lose",
        "skew",
        "disk_full",
        "kill_node",
        "put_back",
    }
)
"""What may end a task, or keep it from starting; all else only delays."""


def everybody_runs_again(w: World) -> Iterator[str]:
    """I10: whatever befell it, a process starts on what it left behind."""
    for name, process in w.processes.items():
        if not process.alive:
            said = w.parties[name].surprises[-1:] if name in w.parties else []
            yield f"{name} does not run; {said}"


def nobody_says_defect(w: World) -> Iterator[str]:
    """No line of any log speaks of a defect: what a full disk or a kill does is none."""
    for event, line, error in w.lines.wrong:
        full = isinstance(error, OSError | sqlite3.OperationalError)
        if event in DEFECTS and not full:
            told = {key: line[key] for key in ("task", "stage", "code", "loop", "item") if key in line}
            yield f"{event} {told} {error!r}"


def every_task_ends(w: World) -> Iterator[str]:
    """I9: everywhere, by its deadline and the grace."""
    for task in w.accepted.tasks:
        row = w.row(task)
        state = "nothing" if row is None else row["state"]
        if state not in ENDED:
            yield f"{task.hex()[:8]} is {state} at the coordinator"
        on_chain = w.chain.newest.tasks.get(task)
        if on_chain is not None and on_chain.state in (TaskState.PROPOSED, TaskState.STARTED):
            yield f"{task.hex()[:8]} is {on_chain.state.name} on chain"
    for party in w.parties.values():
        for job in party.node.state.jobs(open_only=True):
            yield f"{job.task.hex()[:8]} is {job.stage} at {party.name}"


def ends_are_in_time(w: World) -> Iterator[str]:
    """I9."""
    for time, _, event in w.chain.history:
        if isinstance(event, events.TaskExpired | events.TaskAborted | events.TaskCompleted | events.TaskDisputed):
            held = w.chain.newest.tasks.get(event.task)
            late = 0 if held is None else time - held.proposal.deadline
            if late > LATEST:
                yield f"{event.task.hex()[:8]} ended {late} s after its deadline"


def ends_have_reasons(w: World) -> Iterator[str]:
    """I9: a reason that a person can act on, and who."""
    for task in w.accepted.tasks:
        row = w.row(task)
        if row is not None and row["state"] == "failed" and not row["failed_code"]:
            yield f"{task.hex()[:8]} failed at the coordinator without a reason"
    for _, _, event in w.chain.history:
        if isinstance(event, events.TaskAborted) and event.reason == 0:
            yield f"{event.task.hex()[:8]} was aborted without a reason"
    for party in w.parties.values():
        for job in party.node.state.jobs():
            own = _own_end(w, party, job.task)
            if job.stage in (Stage.ABORTED, Stage.REFUSED) and own and not job.reason:
                yield f"{job.task.hex()[:8]} ended at {party.name} without a reason"


def _own_end(w: World, party: Party, task: bytes) -> bool:
    """Whether the chain has this party's own word that it is over."""
    return any(
        isinstance(event, events.TaskAborted) and (event.task, event.party) == (task, ids.on_chain(party.name))
        for _, _, event in w.chain.history
    )


def no_data_without_consent(w: World) -> Iterator[str]:
    """I1: rows went into a run only where the node's chain showed the task as started with its own authorization consumed."""
    for touch in w.computation.touches:
        if not touch.started or not touch.consumed:
            yield f"{touch.party} touched its data for {touch.task.hex()[:8]}: {touch}"


def nothing_secret_leaves(w: World) -> Iterator[str]:
    """I2: rows, keys and opened outputs are in nothing that was sent, stored at the coordinator or written to the chain."""
    secret = {f"rows of {owner}": CANARY.encode() for owner in OWNERS}
    for party in w.parties.values():
        for period in range(1, party.period + 1):
            for kind in ("node_signer", "node_key", "seal_key", "storage_key"):
                value: bytes = getattr(keys_of(party.name, period), kind)
                secret |= {f"{kind} of {party.name}": value, f"{kind} of {party.name} in hex": value.hex().encode()}
    said: dict[str, bytes] = {
        f"receipts of {party.name}": b"\n".join(canonical.dumps(item.to_json()) for item in party.port.posted)
        for party in w.parties.values()
    }
    said["queues"] = b"\n".join(w.broker.said)
    said["chain"] = b"\n".join(log.data + b"".join(log.topics) for block in w.chain.blocks for log in block.logs)
    for where, data in said.items():
        yield from (f"{what} in {where}" for what, value in secret.items() if value in data)


def no_names_on_chain(w: World) -> Iterator[str]:
    """I2b: neither data sets nor purposes nor columns nor programs by name."""
    names = [found.data_set for found in w.made.stored.values()]
    names += [word for _, contract in w.contracts for word in (contract.purpose, contract.legal_basis)]
    data = b"".join(log.data + b"".join(log.topics) for block in w.chain.blocks for log in block.logs)
    yield from (f"{name!r} on chain" for name in {*names, "patient", "stats.describe"} if name.encode() in data)


def uses_are_counted(w: World) -> Iterator[str]:
    """I3: no authorization serves more tasks than it says, nor one that its owner had taken back before."""
    most: dict[bytes, int] = {}
    owner: dict[bytes, tuple[bytes, int]] = {}
    used: Counter[bytes] = Counter()
    revoked: set[bytes] = set()
    through: dict[bytes, int] = {}
    for _, _, event in w.chain.history:
        match event:
            case events.AuthorizationSubmitted():
                most[event.authorization] = event.signed.max_uses
                owner[event.authorization] = event.owner, event.sequence
            case events.AuthorizationRevoked():
                revoked.add(event.authorization)
            case events.AllRevoked():
                through[event.owner] = event.through
            case events.UseReturned():
                used[event.authorization] -= event.uses
            case events.UseConsumed():
                digest = event.authorization
                used[digest] += event.uses
                by, number = owner[digest]
                if used[digest] > most[digest]:
                    yield f"use {used[digest]} of {most[digest]} of {digest.hex()[:8]}"
                if digest in revoked or number <= through.get(by, 0):
                    yield f"{digest.hex()[:8]} was used after it was revoked"
            case _:
                pass


def logs_only_grow(w: World) -> Iterator[str]:
    """I6: a party's log begins with everything that it ever vouched for on chain."""
    for party in w.parties.values():
        name, size, epoch = ids.on_chain(party.name), 0, party.node.epoch
        for _, _, event in w.chain.history:
            if not isinstance(event, events.Anchored | events.RunCommitted | events.EpochOpened) or event.party != name:
                continue
            if isinstance(event, events.EpochOpened):
                size = 0
            elif isinstance(event, events.RunCommitted):
                if event.epoch == epoch:  # an epoch's log was whole when it was closed
                    yield from _extends(party, event.log_size, event.log_root)
            else:
                if event.old_size != size or event.size < size:
                    yield f"{party.name} anchored {event.size} after {size}"
                size = event.size
                if event.epoch == epoch:
                    yield from _extends(party, event.size, event.root)


def _extends(party: Party, size: int, root: bytes) -> Iterator[str]:
    held, _ = party.node.evidence.head()
    if size > held or party.node.evidence.root(size) != root:
        yield f"{party.name}'s log of {held} entries does not extend the {size} it vouched for"


def nothing_is_released_early(w: World) -> Iterator[str]:
    """I7: an output share leaves only once every commitment is final on chain, and the named reviewer's yes."""
    for found in w.sealed:
        if found.state != TaskState.COMPLETED or found.commitments != len(w.parties) or not found.releasable:
            yield f"{found.party} sealed a share of {found.task.hex()[:8]}, which was {found.state.name} with {found.commitments}"


def no_run_after_input(w: World) -> Iterator[str]:
    """I10: a run that has sent input never resumes."""
    for (party, task), times in Counter((party, task) for party, task, _ in w.computation.inputs).items():
        if times > 1:
            yield f"{party} sent its input for {task.hex()[:8]} {times} times"


def nothing_is_stated_twice(w: World) -> Iterator[str]:
    """I10: each statement once, and none after the task's last word."""
    for party in w.parties.values():
        seen: Counter[str] = Counter()
        over: set[bytes] = set()
        for statement in _statements(party):
            if statement.task in over:
                yield f"{party.name} stated {statement.KIND} of {statement.task.hex()[:8]} after its last word"
            if isinstance(statement, statements.TaskEnd):
                over.add(statement.task)
            body = json.loads(statements.serialise(statement))
            text = json.dumps(body, sort_keys=True).replace(str(statement.time), "")
            seen[text] += 1
        yield from (f"{party.name} stated {times} times: {text[:120]}" for text, times in seen.items() if times > 1)


def _statements(party: Party) -> list[statements.Statement]:
    evidence = party.node.evidence
    size, _ = evidence.head()
    return [statements.parse(dsse.parse(evidence._log.entry(place)).payload) for place in range(size)]


def nothing_happens_twice_on_chain(w: World) -> Iterator[str]:
    """I10: what the contracts take once is there once, and nothing is done that changes nothing."""
    kinds = (
        events.TaskProposed, events.TaskStarted, events.RunCommitted, events.TaskCompleted, events.TaskAborted, events.TaskExpired,
        events.ResultAttested, events.AuthorizationSubmitted, events.AuthorizationRevoked, events.UseConsumed,
    )  # fmt: skip
    found: Counter[tuple[str, ...]] = Counter()
    for _, _, event in w.chain.history:
        if isinstance(event, kinds):
            found[_key(event)] += 1
    yield from (f"{' '.join(key)} {times} times" for key, times in found.items() if times > 1)


def _key(event: Event) -> tuple[str, ...]:
    fields = ("task", "party", "result_user", "authorization", "owner")
    return (type(event).__name__, *(getattr(event, name).hex()[:8] for name in fields if hasattr(event, name)))


def what_was_accepted_happens(w: World) -> Iterator[str]:
    """Nothing is lost: what people were told is taken is on the chain at the end, or its owner can read why not."""
    s = w.chain.newest
    jobs = {row["key"]: row for row in w.coordinator.rows("SELECT key, state, code FROM tally.relay_jobs")}

    def failed(key: str) -> bool:
        row = jobs.get(key)
        return row is not None and row["state"] == "failed" and bool(row["code"])

    for task in w.accepted.tasks:
        row = w.row(task)
        if row is None or (task not in s.tasks and row["state"] != "failed"):
            yield f"proposal {task.hex()[:8]} is not on chain"
    for digest, (owner, _) in w.accepted.consents.items():
        revoked = s.revoked.get((digest, ids.on_chain(owner)))
        if digest not in s.given and not revoked and not failed(f"submit:{digest.hex()}"):
            yield f"authorization {digest.hex()[:8]} of {owner} is not on chain"
    for owner, digest in w.accepted.revocations:
        if not s.revoked.get((digest, ids.on_chain(owner))) and not failed(f"revoke:{digest.hex()}:{owner}"):
            yield f"revocation of {digest.hex()[:8]} by {owner} is not on chain"
    for owner, through in w.accepted.through.items():
        if s.through.get(ids.on_chain(owner), 0) < through and not failed(f"revoke-all:{owner}:{through}"):
            yield f"{owner}'s revocation of all up to {through} is not on chain"
    for party, task in w.accepted.ends:
        found = s.tasks.get(task)
        if found is not None and found.state in (TaskState.PROPOSED, TaskState.STARTED):
            yield f"{party}'s end of {task.hex()[:8]} is not on chain"


def a_word_holds_at_once(w: World) -> Iterator[str]:
    """What an owner's revocation was accepted for is in no start that the coordinator sends from then on, on chain or not yet."""
    for digest, place in w.accepted.words:
        for function, arguments in w.chain.asked[place:]:
            if function == "start" and digest in arguments[1]:
                yield f"a task was started with {digest.hex()[:8]} after its owner had taken it back"


def the_index_equals_the_chain(w: World) -> Iterator[str]:
    """Nothing is lost: the coordinator's tables say what the chain says."""
    s = w.chain.newest
    state = {
        bytes(row["task_id"]): row["state"] for row in w.coordinator.rows("SELECT task_id, state FROM tally.tasks_now")
    }
    chain_state = {task: found.state.name.lower() for task, found in s.tasks.items()}
    if state != chain_state:
        yield f"tasks {_named(state)}, on chain {_named(chain_state)}"
    rows = w.coordinator.rows("SELECT digest, uses_left, revoked FROM tally.authorizations_now WHERE submitted")
    uses = {bytes(row["digest"]): row["uses_left"] for row in rows}
    if uses != {digest: found.uses_left for digest, found in s.given.items()}:
        yield "the uses that are left differ"
    for row in rows:
        digest, found = bytes(row["digest"]), s.given.get(bytes(row["digest"]))
        if found is not None:
            taken = bool(s.revoked.get((digest, found.owner))) or found.sequence <= s.through.get(found.owner, 0)
            if row["revoked"] != taken:
                yield f"{digest.hex()[:8]} is {'revoked' if taken else 'in force'} on chain, not so in the index"
    kept = w.coordinator.rows("SELECT count(*) AS n FROM tally.chain_events")[0]["n"]
    if kept != len(w.chain.history):
        yield f"{kept} events are kept, the chain has {len(w.chain.history)}"


def _named(states: dict[bytes, str]) -> dict[str, str]:
    return {task.hex()[:8]: state for task, state in states.items()}


def nothing_is_owed(w: World) -> Iterator[str]:
    """No dead letters, no queue that stays full, no working copy that stays on a disk."""
    for row in w.coordinator.rows("SELECT loop, item, code FROM tally.faults WHERE dead"):
        yield f"dead letter {row['loop']} {row['item']} {row['code']}"
    for row in w.coordinator.rows("SELECT key, code FROM tally.relay_jobs WHERE state = 'waiting'"):
        yield f"{row['key'][:20]} waits ({row['code']})"
    for row in w.coordinator.rows("SELECT party, name FROM tally.outbox WHERE published_at IS NULL"):
        yield f"{row['name']} to {row['party']} is not published"
    for party in w.parties.values():
        for item in party.node.state.due(1 << 62):
            yield f"{party.name} owes a receipt of kind {item.kind} ({item.attempts} attempts)"
        folder = party.folder / "work"
        yield from (f"{party.name} keeps {one.name[:8]}" for one in folder.iterdir())
        yield from (f"{party.name} keeps {one}" for one in party.folder.rglob("*.new"))


def no_job_is_blamed_wrongly(w: World) -> Iterator[str]:
    """A relay job whose effect is on chain is not shown as refused: somebody would look for a fault that there is not."""
    s = w.chain.newest
    for row in w.coordinator.rows("SELECT key, kind, party, code FROM tally.relay_jobs WHERE state = 'failed'"):
        kind, _, rest = row["key"].partition(":")
        if kind == "anchor":
            party, epoch, size, _ = rest.split(":")
            if (ids.on_chain(party), int(epoch), int(size)) in s.roots:
                yield f"anchor of {size} by {party} is on chain and shown as {row['code']}"
        elif kind == "commit" and (bytes.fromhex(rest.split(":")[0]), ids.on_chain(row["party"])) in s.committed:
            yield f"commitment of {row['party']} is on chain and shown as {row['code']}"
        elif kind == "propose" and bytes.fromhex(rest) in s.tasks:
            yield f"proposal {rest[:8]} is on chain and shown as {row['code']}"


def evidence_is_whole(w: World) -> Iterator[str]:
    """I13: of every task that a party stated something about, the coordinator has all of it, last word included."""
    rows = w.coordinator.rows("SELECT task_id, party, entries FROM tally.log_evidence")
    sent = {(bytes(row["task_id"]), row["party"]): row["entries"] for row in rows}
    for party in w.parties.values():
        stated: dict[bytes, list[statements.Statement]] = {}
        for statement in _statements(party):
            stated.setdefault(statement.task, []).append(statement)
        for task, own in stated.items():
            if task not in w.accepted.tasks:
                continue
            if not isinstance(own[-1], statements.TaskEnd):
                yield f"{party.name} has no last word on {task.hex()[:8]}"
            if sent.get((task, party.name)) != len(own):
                yield f"{party.name} stated {len(own)} times of {task.hex()[:8]}, the coordinator has {sent.get((task, party.name))}"


def results_are_read(w: World) -> Iterator[str]:
    """Of a completed task every result user has the result, right and attested."""
    s = w.chain.newest
    for task, found in s.tasks.items():
        if not found.releasable:
            continue
        for party in w.parties.values():
            if ids.on_chain(party.name) not in found.proposal.result_users or party.name in w.put_back:
                continue  # what was read after a backup is fetched again by hand
            path = party.folder / "results" / task.hex() / "result.json"
            if not path.exists():
                yield f"{party.name} has no result of {task.hex()[:8]}"
                continue
            result = json.loads(path.read_text())
            values = [value for output in result["outputs"].values() for value in _flat(output["values"])]
            if not (result["checked"] or w.put_back) or set(values) != {VALUE / (1 << 18)}:
                yield f"{party.name} has {values} of {task.hex()[:8]}"
            if (task, ids.on_chain(party.name)) not in s.attested and not w.put_back:
                yield f"{party.name} has not attested the result of {task.hex()[:8]}"


def _flat(values: object) -> list[float]:
    return [one for item in values for one in _flat(item)] if isinstance(values, list) else [values]  # type: ignore[list-item]


def delays_only_delay(w: World) -> Iterator[str]:
    """I10: what no fatal operation befell completes, however often processes died and whatever came late or twice."""
    names = {("kill_node" if one[0] == "kill" and one[1] >= 2 else one[0]) for one in w.applied}
    if names & FATAL or w.clock.now > w.begun_finishing + 10_000:
        return
    for task, contract in w.accepted.tasks.items():
        owners = {owner for owner, about in w.accepted.consents.values() if about == task}
        in_time = w.begun_finishing < contract.deadline - 300
        found = w.chain.newest.tasks.get(task)
        if owners == set(OWNERS) and in_time and (found is None or found.state != TaskState.COMPLETED):
            yield f"{task.hex()[:8]} is {'nowhere' if found is None else found.state.name}, and nothing had befallen it"


CHECKS: Final[tuple[Check, ...]] = (
    everybody_runs_again, nobody_says_defect,
    every_task_ends, ends_are_in_time, ends_have_reasons, no_data_without_consent, nothing_secret_leaves, no_names_on_chain,
    uses_are_counted, logs_only_grow, nothing_is_released_early, no_run_after_input, nothing_is_stated_twice,
    nothing_happens_twice_on_chain, what_was_accepted_happens, a_word_holds_at_once, the_index_equals_the_chain,
    nothing_is_owed, no_job_is_blamed_wrongly, evidence_is_whole, results_are_read, delays_only_delay,
)  # fmt: skip


def violations(w: World) -> list[str]:
    """Everything that does not hold."""
    if down := [f"everybody_runs_again: {found}" for found in everybody_runs_again(w)]:
        return down  # nobody can be asked
    return [f"{check.__name__}: {found}" for check in CHECKS for found in check(w)]


def rows(w: World, statement: str) -> list[Row]:
    """For those who look closer."""
    return w.coordinator.rows(statement)
