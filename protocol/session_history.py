"""What a log says of one session, read from the whole log: batches without gap or overlap, and an end that counts them.

Whoever has a holder's log up to an anchored head (an auditor, or the holder itself) needs no word of the holder: each entry's signature is
checked, the entries' root is the anchored one, and what the log does not say of a receipt is proven by what it says. Two contradicting
entries, or a receipt that no batch has after the stated delay, are proof against the holder, signed by its own key.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from protocol import dsse
from protocol.canonical import sha256
from protocol.errors import RefusedError, VerificationError
from protocol.limits import LIMITS
from protocol.log_entries import beside_tasks
from protocol.sessions import AnswerReceipt, ReceiptBatch, SessionEnded, SessionOpened, SessionTerms, signer_of


@dataclass(frozen=True, slots=True)
class History:
    """A session's entries in the order of the log."""

    session: bytes
    opened: SessionOpened | None = None
    batches: tuple[ReceiptBatch, ...] = ()
    ended: SessionEnded | None = None
    last: bytes | None = field(default=None, repr=False)
    """SHA-256 of the last batch, as it was stated."""

    @classmethod
    def read(cls, session: bytes, entries: Iterable[bytes], keys: Sequence[bytes]) -> Self:
        """From all entries of a log; raises ``session.*`` for the first that contradicts one before it."""
        found = cls(session)
        for envelope in entries:
            payload = dsse.parse(envelope).payload
            said = beside_tasks(payload)
            if said is None or said.about != session:
                continue
            dsse.open_envelope(envelope, signer_of(envelope, keys))
            if found.ended is not None:
                raise _contradiction("session.after_end", "The log goes on with the session after its end.")
            found = found._with(said, payload)
        return found

    @property
    def answers(self) -> int:
        """How many answers have their receipt in a batch."""
        return self.batches[-1].last if self.batches else 0

    def batch_of(self, receipt: AnswerReceipt, terms: SessionTerms, as_of: int) -> ReceiptBatch:
        """The batch that must have the receipt at its place; ``as_of`` is the time of the block that anchored this log's head.

        Raises ``session.beyond_end`` or ``session.withheld`` where none has it and one had to: with the receipt and the log, that is proof
        against the holder. ``session.not_due`` where the holder still has time.
        """
        if receipt.session != self.session or terms.digest() != self.session:
            raise VerificationError(
                "session.other_session", "Receipt, terms and log are not of one session.", "Give those of one session."
            )
        found = next((batch for batch in self.batches if batch.first <= receipt.answered <= batch.last), None)
        if found is not None:
            return found
        if self.ended is not None:
            raise _contradiction(
                "session.beyond_end",
                f"{receipt.party} stated that the session had {self.ended.answers} answers, and signed number {receipt.answered}.",
            )
        if as_of <= receipt.time + terms.delay + LIMITS.clock_skew:  # a block's time is not the holder's clock
            raise RefusedError(
                "session.not_due", "The log has no batch with this receipt yet, and its holder still has time.",
                "Take a head of the log that was anchored after the stated delay.",
            )  # fmt: skip
        raise _contradiction(
            "session.withheld",
            f"The log has no batch with answer {receipt.answered}, although its head was anchored more than {terms.delay} s later, and "
            f"{LIMITS.clock_skew} s for clocks.",
        )

    def _with(self, said: object, payload: bytes) -> Self:
        if isinstance(said, SessionOpened):
            if self.opened is not None:
                raise _contradiction("session.opened_twice", "The log opens the session twice.")
            return replace(self, opened=said)
        if self.opened is None:
            raise _contradiction("session.not_opened", "The log speaks of the session before it opens it.")
        if isinstance(said, ReceiptBatch):
            self._require_next(said)
            return replace(self, batches=(*self.batches, said), last=sha256(payload))
        if isinstance(said, SessionEnded):
            if (said.answers, said.batches, said.last) != (self.answers, len(self.batches), self.last):
                raise _contradiction("session.end_count", "The end counts other answers or batches than the log has.")
            return replace(self, ended=said)
        raise TypeError(said)

    def _require_next(self, batch: ReceiptBatch) -> None:
        due = self.answers + 1
        if batch.first < due:
            raise _contradiction(
                "session.batches_overlap", f"Batch {batch.number} begins at {batch.first}, the one before ends at {due - 1}."
            )  # fmt: skip
        if batch.first > due:
            raise _contradiction(
                "session.batches_gap", f"Batch {batch.number} begins at {batch.first}; {due} is in none."
            )
        if (batch.number, batch.previous) != (len(self.batches) + 1, self.last):
            raise _contradiction("session.batches_order", f"Batch {batch.number} does not follow the one before it.")


def _contradiction(code: str, what: str) -> VerificationError:
    return VerificationError(
        code, what, "Keep receipt and log: signed by the holder's node key, they prove it against the holder."
    )
