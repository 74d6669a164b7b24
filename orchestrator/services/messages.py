"""What is put into parties' queues, and when: outbox rows beside the event that causes them."""

from orchestrator.store import catalogue, current, receipts, tasks, work
from orchestrator.store.database import Transaction
from orchestrator.store.index import Position
from protocol import canonical
from protocol.commitments import output_name
from protocol.contract import TaskContract
from protocol.messages import COLLECT_TASK, RELEASE_TASK, RUN_TASK, RunDispatch, SignedAuthorization, TaskNotice


def dispatch(tx: Transaction, at: Position, task: bytes, authorizations: tuple[bytes, ...]) -> None:
    """``tally.task.run`` for the committee and the owners of a started task that was submitted here.

    Every owner has consented to it: whoever takes part works with them from now on.
    """
    contract = _contract(tx, task)
    if contract is None:
        return
    signed = [
        SignedAuthorization.parse(canonical.parse(data))
        for data in tasks.authorizations_by_digest(tx, list(authorizations))
    ]
    people = {contract.scheduler, *contract.participants}
    catalogue.introduce(tx, sorted(contract.owners), sorted(people))
    announcements = receipts.announcements(tx, list(contract.committee))
    message = RunDispatch(
        task,
        contract.data(),
        tuple(sorted(signed, key=lambda item: item.message.data_set)),
        tuple(announcements[party] for party in contract.committee if party in announcements),
    )
    _put(tx, at, RUN_TASK, task, people=sorted({*contract.committee, *contract.owners}), body=message.to_json())


def release(tx: Transaction, at: Position, task: bytes, *, reviewed: bool) -> None:
    """``tally.task.release`` for those who ran it: at completion, or at the review where the contract asks for one."""
    contract = _contract(tx, task)
    if contract is None or bool(contract.reviewer) != reviewed:
        return
    people = sorted({*contract.committee, *contract.owners})
    _put(tx, at, RELEASE_TASK, task, people=people, body=TaskNotice(task).to_json())


def collect(tx: Transaction, task: bytes, user: str) -> None:
    """``tally.result.collect`` for a result user once the task completed and every compute party's share for it is there.

    Called after either has been written: the last share may come before the index has seen the completion. The task is
    locked first, so that of two shares arriving at the same moment the second sees the first.
    """
    current.lock_task(tx, task)
    row = tasks.get(tx, task)
    if row is None or row["state"] != "completed":
        return
    contract = TaskContract.read(bytes(row["contract"]))
    if set(contract.committee) <= released_by(tx, task, contract, user):
        at = Position(row["block_number"], row["log_index"])
        _put(tx, at, COLLECT_TASK, task, people=[user], body=TaskNotice(task).to_json())


def collect_all(tx: Transaction, task: bytes) -> None:
    """As :func:`collect` for all result users: at completion."""
    contract = _contract(tx, task)
    for user in () if contract is None else contract.result_users:
        collect(tx, task, user)


def released_by(tx: Transaction, task: bytes, contract: TaskContract, user: str) -> set[str]:
    """The parties that sealed every output that a result user is to read."""
    wanted = {output_name(output.source) for output in contract.outputs if user in output.users}
    return {party for party, outputs in receipts.sealed_outputs(tx, task, user).items() if wanted <= outputs}


def _contract(tx: Transaction, task: bytes) -> TaskContract | None:
    row = tasks.get(tx, task)
    return None if row is None else TaskContract.read(bytes(row["contract"]))


def _put(tx: Transaction, at: Position, name: str, task: bytes, *, people: list[str], body: dict[str, object]) -> None:
    data = canonical.dumps(body)
    for party in people:
        work.add_message(
            tx,
            party=party,
            name=name,
            task_id=task,
            body=data,
            block_number=at.block_number,
            log_index=at.log_index,
        )
