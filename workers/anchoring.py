"""Anchors of the node's log: one at a time, covering many tasks, never in the way of a commitment.

The chain refuses a commitment whose log size is below the last anchor. So while a signed commitment of this node is
not yet on chain (and still can be), no new anchor is signed. The chain's own head is compared with the log before each
anchor: a log that does not extend it was lost or forked, and the node says so instead of signing (I6).
"""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import structlog

from protocol.errors import RefusedError, TallyError
from protocol.messages import ChainRequest
from protocol.typed import AnchorUpdate
from protocol.vocabulary import CHAIN_ENDS
from workers.chain_view import LogFacts
from workers.jobs.stages import Stage
from workers.node import Node

_log = structlog.get_logger()
_KEPT: Final = 255
"""Anchors remembered: a job hands over its evidence within a tick or two of its own."""


class Anchoring:
    """The node's anchors. ``tick`` is called by one thread."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.RLock()
        self._wanted = 0

    @contextmanager
    def paused(self) -> Generator[None]:
        """No anchor is signed inside: a commitment is being signed."""
        with self._lock:
            yield

    def want(self, size: int) -> None:
        """Something up to ``size`` is waiting for an anchor."""
        self._wanted = max(self._wanted, size)

    def covers(self, size: int) -> bool:
        """Whether an anchor on chain covers the first ``size`` entries."""
        return any(new >= size for _, new in self._done())

    def anchor_for(self, size: int) -> tuple[int, int]:
        """(size before, size) of the first anchor on chain that covers ``size``."""
        for old, new in self._done():
            if new >= size:
                return old, new
        raise RefusedError("anchor.none", f"No anchor covers {size} entries.", "Wait for the chain.")

    def tick(self) -> None:
        """Notice anchors that are on chain; sign the next one when something waits for it."""
        with self._lock:
            node, pending = self._node, self._pending()
            if pending is None and (not self._wanted or self.covers(self._wanted)):
                return
            facts = node.chain.log(node.party, node.chain.head())
            self._compare(facts)
            if pending is not None and facts.size >= pending[1]:
                self._finish(pending)
                pending = None
            if pending is None:
                if self._wanted > facts.size and not self.covers(self._wanted) and not self._commitment_waits():
                    self._sign(facts)
            elif node.clock() > pending[2] + node.config.relay_wait:
                self._send(pending[1], facts)

    def _sign(self, facts: LogFacts) -> None:
        node, (size, _) = self._node, self._node.evidence.head()
        node.evidence.publish()
        request = self._request(size, facts)
        with node.state.transaction():
            node.state.set_fact(self._fact("pending"), json.dumps([facts.size, size, node.clock()]))
            digest = node.state.post(request, None, "anchor", node.clock())
            node.state.set_fact(self._fact("receipt"), digest.hex())
        _log.info("anchor.signed", size=size)

    def _send(self, size: int, facts: LogFacts) -> None:
        """The coordinator did not relay it in time: the node sends it itself, with proofs for the chain as it is now."""
        try:
            self._node.chain.send(self._request(size, facts))
        except TallyError as error:
            _log.warning("anchor.not_sent", code=error.code, size=size)

    def _request(self, size: int, facts: LogFacts) -> ChainRequest:
        node = self._node
        message = AnchorUpdate(node.party, node.evidence.epoch, size, node.evidence.root(size))
        signature = node.keys.sign_typed(message, node.chain.domain("Anchors"))
        noted = tuple(node.evidence.consistency(old, size) for old, _ in facts.noted)
        last = node.evidence.consistency(facts.size, size) if facts.size else ()
        return ChainRequest("anchor", message, signature, last, noted)

    def _compare(self, facts: LogFacts) -> None:
        node = self._node
        if facts.epoch != node.evidence.epoch:
            raise RefusedError(
                "anchor.other_epoch",
                f"The chain's open epoch is {facts.epoch}, this log's is {node.evidence.epoch}.",
                "Start the node with the log folder of the open epoch.",
            )
        for size, root in ((facts.size, facts.root), *facts.noted):
            if size:
                node.evidence.require(size, root)

    def _commitment_waits(self) -> bool:
        """A signed commitment that is not on chain but still can be: an anchor now could make the chain refuse it."""
        node = self._node
        at = node.chain.head()
        for job in node.state.jobs(open_only=True):
            if job.stage not in (Stage.COMPUTED, Stage.COMMITTED):
                continue
            # one that is not over may wait, even where an endpoint that is behind does not show its start yet
            if node.chain.task(job.task, at).state in CHAIN_ENDS:
                continue
            if node.chain.commitment(job.task, node.party, at) is None:
                return True
        return False

    def _finish(self, pending: tuple[int, int, int]) -> None:
        node = self._node
        receipt = node.state.fact(self._fact("receipt"))
        with node.state.transaction():
            node.state.set_fact(self._fact("done"), json.dumps([*self._done()[-_KEPT:], pending[:2]]))
            node.state.set_fact(self._fact("pending"), "")
            if receipt:
                node.state.settle(bytes.fromhex(receipt), node.clock())
        _log.info("anchor.on_chain", size=pending[1])

    def _pending(self) -> tuple[int, int, int] | None:
        text = self._node.state.fact(self._fact("pending"))
        return tuple(json.loads(text)) if text else None

    def _done(self) -> list[tuple[int, int]]:
        return [(old, new) for old, new in json.loads(self._node.state.fact(self._fact("done")) or "[]")]

    def _fact(self, name: str) -> str:
        return f"anchor/{self._node.evidence.epoch}/{name}"
