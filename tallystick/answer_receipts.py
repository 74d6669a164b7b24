"""Receipts of answers against the chain: that one was anchored in time, or that a log does not have it.

The chain is read by the reader's own endpoint and its own deployment file. The block of an anchor is looked for among those of the time
that the terms allow, found by halving: how old the chain is does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chain.bindings import anchors, party_registry
from chain.deployment import Deployment
from chain.errors import ChainError
from chain.events import decode_logs
from chain.gateway import Gateway
from protocol import checkpoint, events, ids
from protocol.answers import Missing
from protocol.checkpoint import Origin
from protocol.errors import FormatError, RefusedError, UnavailableError, VerificationError
from protocol.programs import Words
from protocol.session_history import History
from protocol.sessions import AnswerReceipt, ReceiptBatch, SessionTerms
from protocol.verify_receipt import AnchoredHead
from workers.log import Published, published, published_checkpoint

_UNKNOWN: Final = "UnknownParty"


class ChainFacts:
    """:class:`protocol.verify_receipt.Facts` by a chain endpoint, at final blocks."""

    def __init__(self, rpc: str, deployment: Deployment) -> None:
        self.source = Words("the chain, by your endpoint", "您的链端点所示的链")
        self._gateway = Gateway(rpc, deployment)
        self._deployment = deployment
        self._keys: dict[str, tuple[bytes, ...]] = {}
        self._anchors: dict[tuple[Origin, int], AnchoredHead] = {}

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        """Every node key that the registry ever had of a party."""
        if party not in self._keys:
            found = ids.on_chain(ids.name(party, "party"))
            try:
                periods = range(1, self._gateway.read(party_registry.key_period(found)) + 1)
            except ChainError as error:
                if error.name != _UNKNOWN:
                    raise
                periods = range(0)
            keys = (self._gateway.read(party_registry.keys_of(found, period)).node_key for period in periods)
            self._keys[party] = tuple(key for key in keys if any(key))
        return self._keys[party]

    def anchored(self, origin: Origin, size: int, after: int, until: int) -> AnchoredHead | None:
        """The root at this size, and the time of its block if that is from ``after`` to ``until``."""
        known = self._anchors.get((origin, size))  # the receipts of a batch are asked about one after the other
        if known is not None:
            return known
        self._require_here(origin)
        party = ids.on_chain(origin.party)
        root = self._gateway.read(anchors.root_at(party, origin.epoch, size)).root
        if not any(root):
            return None
        last = self._gateway.finalized_block()
        first = self._first_block(after, self._deployment.deployed_block, last)
        end = self._first_block(until + 1, first, last)
        logs = self._gateway.endpoint.logs_in_parts([self._deployment.contracts["Anchors"]], first, end)
        due = (party, origin.epoch, size)
        for logged in decode_logs(self._deployment.contracts, logs):
            event = logged.event
            if isinstance(event, events.Anchored) and (event.party, event.epoch, event.size) == due:
                found = self._anchors[origin, size] = AnchoredHead(root, self._time(logged.block_number))
                return found
        return AnchoredHead(root, None)

    def head(self, party: str) -> tuple[int, int, bytes, int]:
        """Epoch, size and root of a party's last anchor, and the time of the final block in which that was so."""
        at = self._gateway.finalized_block()
        return *self._gateway.read(anchors.head(ids.on_chain(party)), block=at), self._time(at)

    def root_at(self, origin: Origin, size: int) -> bytes:
        """The root that was anchored at this size, or zeros."""
        self._require_here(origin)
        return self._gateway.read(anchors.root_at(ids.on_chain(origin.party), origin.epoch, size)).root

    def _require_here(self, origin: Origin) -> None:
        here = bytes.fromhex(self._deployment.deployment_id[2:]), self._deployment.chain_id
        if (origin.deployment, origin.chain_id) != here:
            raise VerificationError(
                "session.other_deployment", f"{origin.text()} is a log of another deployment than your file's.",
                "Take the deployment file that holder and asker agreed on.",
            )  # fmt: skip

    def _first_block(self, time: int, low: int, high: int) -> int:
        """The first block from ``low`` to ``high`` whose time is ``time`` or later; ``high`` where none is."""
        while low < high:
            middle = (low + high) // 2
            if self._time(middle) < time:
                low = middle + 1
            else:
                high = middle
        return low

    def _time(self, number: int) -> int:
        found = self._gateway.endpoint.block_ref(number)
        if found is None:
            raise UnavailableError("chain.no_block", f"The endpoint has no block {number}.", "Try again.")
        return found.time


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """Without a chain: a node key that its reader obtained by a way of its own, of whatever party the receipt names."""

    keys: tuple[bytes, ...]
    source: Words = Words("the key that you gave", "您提供的密钥")  # noqa: RUF009 - frozen

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        """The key."""
        del party
        return self.keys

    def anchored(self, origin: Origin, size: int, after: int, until: int) -> AnchoredHead | None:
        """Unknown."""
        del origin, size, after, until
        raise Missing(
            "Anchors are on the chain: give your own endpoint (--rpc).", "存证在链上：请提供自己的链端点（--rpc）。"
        )


def audit(
    facts: ChainFacts, folders: Sequence[Path], receipt: AnswerReceipt, terms: SessionTerms
) -> tuple[History, ReceiptBatch]:
    """What whole logs of a holder, epoch after epoch up to the present one, say of a receipt: the session's history and the batch that must have it.

    Raises ``session.*`` where they prove something against the holder (:mod:`protocol.session_history`), and ``session.log_not_anchored``
    or ``session.logs_incomplete`` where they are not all that is anchored: then nothing is proven.
    """
    keys = facts.node_keys(receipt.party)
    logs = [_read(folder, receipt.party, keys) for folder in folders]
    epoch, size, root, as_of = facts.head(receipt.party)
    found = [log.origin.epoch for log in logs]
    if found != list(range(epoch + 1)):
        raise RefusedError(
            "session.logs_incomplete", f"The logs are of the epochs {found}; the chain has the epochs 0 to {epoch}.",
            "Give the log of each epoch, from the first on.",
        )  # fmt: skip
    for log in logs:
        if facts.root_at(log.origin, log.size) != log.root:
            raise _not_anchored(log.origin)
    if (logs[-1].size, logs[-1].root) != (size, root):
        raise _not_anchored(logs[-1].origin)
    entries = [entry for log in logs for entry in log.entries]
    history = History.read(receipt.session, entries, keys)
    return history, history.batch_of(receipt, terms, as_of)


def _read(folder: Path, party: str, keys: Sequence[bytes]) -> Published:
    note = checkpoint.parse(published_checkpoint(folder))
    origin = note.checkpoint.origin
    if origin.party != party:
        raise FormatError("session.other_log", f"{folder} is {origin.party}'s log.", f"Give the log of {party}.")
    named = {(item.name, item.key_id) for item in note.signatures}
    key = next((key for key in keys if (origin.text(), checkpoint.key_id(origin.text(), key)) in named), None)
    if key is None:
        raise VerificationError(
            "checkpoint.unsigned",
            f"No node key of {party} signed the checkpoint in {folder}.",
            "Ask for the log again.",
        )
    return published(folder, origin, key)


def _not_anchored(origin: Origin) -> RefusedError:
    return RefusedError(
        "session.log_not_anchored", f"The last anchor of {origin.text()} has another size or root than the log that you have.",
        "Take the log as it is now, when its last anchor is on chain.",
    )  # fmt: skip
