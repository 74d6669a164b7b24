"""Delivers what the node owes: to the coordinator, and onto the chain by itself when the coordinator does not relay.

Everything is idempotent by digest, so any delivery may be repeated. A silent coordinator delays, it does not block: after
``relay_wait`` seconds a signed request is sent with the node's own key (gas is free on our chains).
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

import structlog

from client.transport import failure
from logs.context import about
from protocol import canonical
from protocol.errors import FormatError, RefusedError, TallyError, UnavailableError, VerificationError
from protocol.limits import LIMITS
from protocol.messages import MOST_AT_ONCE, ChainRequest, PostedReceipt
from protocol.typed import Abort, ResultAttestation, RunCommitment
from protocol.vocabulary import TaskState
from workers.chain_view import Head
from workers.node import Desk
from workers.state import OutboxItem

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 60
_GIVEN_UP: Final = 20
"""Attempts after which the coordinator's "no" to a receipt is taken for final; its statement stays in the log."""
_ENDED: Final = frozenset(
    {TaskState.COMPLETED, TaskState.DISPUTED, TaskState.ABORTED, TaskState.REFUSED, TaskState.EXPIRED}
)
OF_THE_SENDER: Final = ("access.", "signature.", "party.")
"""What is wrong with who sends, not with what: a clock, keys that the coordinator has yet to read. It passes."""
_SAID_BEFORE: Final = frozenset({"chain.revert.AlreadyAttested", "chain.revert.AlreadyCommitted"})


class Outbox:
    """Two passes, each called by its own thread: a hanging coordinator must not delay the chain."""

    def __init__(self, node: Desk) -> None:
        self._node = node

    def deliver(self, *, stopping: bool = False) -> None:
        """Post what is due to the coordinator; stops at the first sign that it does not answer.

        ``stopping``: a last round while the node shuts down.
        """
        node = self._node
        due = [item for item in node.state.due(node.clock()) if not item.acknowledged]
        waiting = deque(_batches(due))
        while waiting and (stopping or not node.stopping.is_set()):
            batch = waiting.popleft()
            try:
                outcomes = node.coordinator.receipts([PostedReceipt.parse(item.body) for item in batch])
            except (UnavailableError, FormatError, RefusedError, VerificationError) as error:  # of the whole body
                if isinstance(error, UnavailableError) or error.code.startswith(OF_THE_SENDER):
                    for item in batch:
                        self._later(item, error)
                    return
                if len(batch) == 1:
                    self._refused(batch[0], error)
                # one that cannot be read or is too large must not take the others with it
                waiting.extendleft([item] for item in reversed(batch) if len(batch) > 1)
                continue
            for item, outcome in zip(batch, outcomes, strict=True):
                if outcome.problem is None or outcome.problem.code == "receipt.log_covered":
                    node.state.acknowledge(item.digest, node.clock(), settled=item.kind not in ("chain", "anchor"))
                else:
                    self._refused(item, failure(outcome.problem.status, outcome.problem.to_json()))

    def reach_chain(self) -> None:
        """Settle requests that the chain shows; send those that nobody relayed in time."""
        node = self._node
        waiting = [item for item in node.state.due(1 << 62, limit=1000) if item.kind == "chain" and item.task]
        if not waiting:
            return
        at = node.chain.head()
        for item in waiting:
            request = ChainRequest.parse(item.body["body"])
            if self._settled(request, at):
                node.state.settle(item.digest, node.clock())
            elif node.clock() >= item.created + node.config.relay_wait:
                self._send(item, request)

    def _settled(self, request: ChainRequest, at: Head) -> bool:
        chain, message = self._node.chain, request.message
        if isinstance(message, RunCommitment):
            if chain.commitment(message.task, message.party, at) is not None:
                return True
            return chain.task(message.task, at).state in _ENDED
        if isinstance(message, Abort):
            facts = chain.task(message.task, at)
            if facts.state == TaskState.NONE:  # the endpoint is behind: there was something to end
                return False
            return facts.state in _ENDED or at.time > facts.deadline + LIMITS.deadline_grace
        if isinstance(message, ResultAttestation):
            return chain.attested(request, at)
        return False

    def _send(self, item: OutboxItem, request: ChainRequest) -> None:
        with about(item.task):
            self._sent(request)

    def _sent(self, request: ChainRequest) -> None:
        node = self._node
        try:
            node.chain.send(request)
        except TallyError as error:
            if error.code in _SAID_BEFORE:
                return  # the newest block has it; it is settled when a final one does, which no reorganisation replaces
            _log.warning("outbox.not_on_chain", kind=request.kind, code=error.code)
            return
        _log.info("outbox.sent_to_chain", kind=request.kind)

    def _later(self, item: OutboxItem, error: TallyError) -> None:
        node = self._node
        if item.kind == "progress" and item.attempts:
            node.state.settle(item.digest, node.clock())  # stale by now
            return
        node.state.retry_later(item.digest, node.clock() + min(2 ** min(item.attempts, 10), _LONGEST_PAUSE))
        with about(item.task):
            _log.info("outbox.coordinator_unavailable", code=error.code)

    def _refused(self, item: OutboxItem, error: TallyError) -> None:
        node = self._node
        with about(item.task):
            _log.warning("outbox.refused", kind=item.kind, code=error.code, attempts=item.attempts)
        if item.kind == "progress" or (item.attempts >= _GIVEN_UP and item.task and item.kind != "chain"):
            node.state.settle(item.digest, node.clock())
        else:
            node.state.retry_later(item.digest, node.clock() + min(2 ** min(item.attempts, 10), _LONGEST_PAUSE))


def _batches(items: list[OutboxItem]) -> Iterator[list[OutboxItem]]:
    """Items in their order, as many at once as one body may hold."""
    batch, size = list[OutboxItem](), 0
    for item in items:
        length = len(canonical.dumps(item.body))
        if batch and (len(batch) == MOST_AT_ONCE or size + length > LIMITS.delivery):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch
