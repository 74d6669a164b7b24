"""Receipts from party nodes: each is verified by signature and registered key before anything of it is kept.

The sender signed the whole body, unsigned parts of a receipt included (proofs, what a log holds), and hands in its own
only: nobody can speak, fill quotas or replace evidence in another's name. A receipt is known by the SHA-256 of its canonical
bytes; the same one again is acknowledged again and changes nothing. What is not kept is not acknowledged.
"""

import hashlib
from dataclasses import replace
from typing import Final

from orchestrator.services import heads, messages, relay
from orchestrator.services.access import require_task
from orchestrator.services.domains import Domains
from orchestrator.services.ports import ChainView
from orchestrator.services.registry import PartyFacts, require_party
from orchestrator.services.signatures import require_node, require_wallet_or_node
from orchestrator.store import index, receipts, tasks, work
from orchestrator.store.database import Transaction
from protocol import canonical, checkpoint, dsse, ids, merkle, statements
from protocol.checkpoint import Origin
from protocol.contract import TaskContract
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.limits import LIMITS
from protocol.messages import (
    ANNOUNCEMENT_TYPE,
    PROGRESS_TYPE,
    Announcement,
    ChainRequest,
    LogEvidence,
    Progress,
    Receipt,
    SealedShare,
)
from protocol.typed import KIND_WITHDRAWAL, Abort, ResultAttestation

MOST_PER_TASK: Final = 1000
"""Receipts that one party may send about one task: statements, requests and logs are some dozens."""
MOST_A_DAY: Final = 50_000
"""Receipts that one party may send about no task in a day (UTC): an anchor for every task that it ends, and some more."""
_PARTS: Final[dict[str, frozenset[str]]] = {
    "commit": frozenset({"committee"}),
    "abort": frozenset({"committee", "owner"}),
    "attest": frozenset({"result-user"}),
}
_ENGAGED: Final = frozenset({"committee", "owner"})


class Receiving:
    """Takes receipts of ``sender`` within one transaction."""

    def __init__(self, tx: Transaction, chain: ChainView, domains: Domains, now: int, sender: str) -> None:
        self._sender = sender
        self._tx = tx
        self._chain = chain
        self._domains = domains
        self._now = now

    def accept(self, receipt: Receipt, body: bytes, digest: bytes) -> bool:
        """Verify and keep one receipt; False when it came before. ``digest`` is of ``body``, its canonical bytes as posted."""
        before = receipts.sender_of(self._tx, digest)
        if before is not None:
            self._own(before)
            return False
        if isinstance(receipt, ChainRequest):
            self._chain_request(receipt, digest, body)
        elif isinstance(receipt, LogEvidence):
            self._log(receipt, digest)
        elif isinstance(receipt, SealedShare):
            self._sealed(receipt, digest)
        else:
            self._envelope(receipt, digest)
        return True

    def _own(self, party: str) -> PartyFacts:
        """The party that a receipt is of: the sender and nobody else."""
        if party != self._sender:
            raise RefusedError(
                "receipt.other_sender",
                f"The receipt is {party}'s, and {self._sender} sent it.",
                "Send your own.",
                party=party,
            )
        return require_party(self._tx, party)

    def _chain_request(self, request: ChainRequest, digest: bytes, body: bytes) -> None:
        task, party = relay.task_of(request.message), self._own(relay.party_of(request.message))
        if isinstance(request.message, Abort) and request.message.kind == KIND_WITHDRAWAL:
            raise FormatError(
                "abort.withdrawal", "A node does not withdraw a proposal.", "Have the proposer's wallet withdraw it."
            )
        signed = self._domains.digest(request.message)
        if isinstance(request.message, ResultAttestation):
            request = replace(request, signature=require_wallet_or_node(self._chain, party, signed, request.signature))
        else:
            require_node(party, signed, request.signature)
        seconds = relay.DAY
        if task is not None:
            contract = self._engaged(task, party.name, _PARTS[request.kind])
            if request.kind in ("commit", "abort"):
                seconds = max(0, contract.deadline - self._now) + LIMITS.deadline_grace
        self._keep(digest, "chain", party.name, task, body)
        relay.ask_request(self._tx, request, party.name, task, seconds)

    def _envelope(self, data: bytes, digest: bytes) -> None:
        envelope = dsse.parse(data)
        if envelope.payload_type == ANNOUNCEMENT_TYPE:
            said = Announcement.read(envelope.payload)
            dsse.verify(envelope, self._own(said.party).node_key)
            receipts.put_announcement(self._tx, said.party, said.sequence, data)
        elif envelope.payload_type == PROGRESS_TYPE:
            progress = Progress.read(envelope.payload)
            dsse.verify(envelope, self._own(progress.party).node_key)
            self._engaged(progress.task, progress.party, _ENGAGED)
            receipts.put_progress(self._tx, progress.task, progress.party, progress.sequence, envelope.payload)
        elif envelope.payload_type == dsse.PAYLOAD_TYPE:
            statement = statements.parse(envelope.payload)
            self._verify_with_any(self._own(statement.party), envelope)
            contract = self._engaged(statement.task, statement.party, _ENGAGED)
            if statement.contract != contract.digest():
                raise VerificationError(
                    "receipt.other_contract", "The statement is about another task contract.", "State what was sent."
                )
            self._keep(digest, "statement", statement.party, statement.task, data)
        else:
            raise FormatError(
                "dsse.payload_type", f"{envelope.payload_type!r} is not read here.", "Send statements or progress."
            )

    def _sealed(self, share: SealedShare, digest: bytes) -> None:
        self._own(share.party)
        contract = self._engaged(share.task, share.party, frozenset({"committee"}))
        if share.user not in contract.result_users:
            raise RefusedError("receipt.not_for_user", f"{share.user} is no result user of the task.", "Seal for one.")
        blob = hashlib.sha256(share.sealed).digest()
        stated = receipts.statements_of(self._tx, share.task, share.party)
        if not any((share.output, blob) in _released(data, share.user) for data in stated):
            raise RefusedError(
                "receipt.no_release",
                f"No release statement of {share.party} for {share.user} names this sealed share.",
                "Send the release statement first.",
                status=409,
            )
        kept = receipts.put_sealed(
            self._tx, share.task, share.party, share.user, output=share.output, sealed=share.sealed
        )
        if kept != share.sealed:
            raise RefusedError("receipt.sealed_before", "Another share was sealed for this user before.", "Keep that.")
        self._keep(digest, "sealed", share.party, share.task, blob)
        messages.collect(self._tx, share.task, share.user)

    def _log(self, log: LogEvidence, digest: bytes) -> None:
        party = self._own(log.party)
        self._engaged(log.task, log.party, _ENGAGED)
        origin = Origin(self._domains.deployment_id, self._domains.chain_id, log.party, log.epoch)
        head = checkpoint.open_checkpoint(log.checkpoint.encode(), origin, party.node_key)
        if (head.size, head.root) != (log.size, log.root):
            raise VerificationError(
                "receipt.log_head", "The log's size and root are not its checkpoint's.", "Send them as they are."
            )
        for item in log.entries:
            envelope = dsse.parse(item.envelope)
            statement = statements.parse(envelope.payload)
            if (statement.task, statement.party) != (log.task, log.party):
                raise VerificationError(
                    "receipt.log_entry", "An entry is about another task.", "Send this task's only."
                )
            self._verify_with_any(party, envelope)
            merkle.verify_inclusion(merkle.leaf_hash(item.envelope), item.index, log.size, item.proof, log.root)
        for size, root, proof in log.consistency:
            merkle.verify_consistency(size, root, log.size, log.root, proof)
        # before it is asked whether more of it is here: a second head of one size covers no more, and is a fork
        new = heads.take(self._tx, self._domains, checkpoint.parse(log.checkpoint.encode()), log.consistency)
        body, covers = canonical.dumps(log.to_json()), (len(log.entries), len(log.consistency))
        kept = receipts.put_log(self._tx, log.task, log.party, epoch=log.epoch, size=log.size, covers=covers, body=body)
        if not kept and not new:
            raise RefusedError(
                "receipt.log_covered",
                "More of this log, or as much, is here already.",
                "Nothing is lost; send evidence again when the log has grown.",
            )
        work.ring(self._tx)  # the bundle may be due
        self._keep(digest, "log", log.party, log.task, digest)

    def _verify_with_any(self, party: PartyFacts, envelope: dsse.Envelope) -> None:
        """By the newest key, or one that the registry held before: a task may outlive a key rotation."""
        for key in index.node_keys(self._tx, ids.on_chain(party.name)):
            if dsse.key_id(key) == envelope.keyid:
                dsse.verify(envelope, key)
                return
        dsse.verify(envelope, party.node_key)

    def _engaged(self, task: bytes, party: str, parts: frozenset[str]) -> TaskContract:
        row = require_task(self._tx, task)
        if not parts & tasks.parts_of(self._tx, task, party):
            raise RefusedError(
                "receipt.not_engaged",
                f"{party} is not {' or '.join(sorted(parts))} of {ids.prefixed('task', task)}.",
                "Send receipts of tasks that the party takes part in.",
                party=party,
            )
        return TaskContract.read(bytes(row["contract"]))

    def _keep(self, digest: bytes, kind: str, party: str, task: bytes | None, body: bytes) -> None:
        if task is None:
            if receipts.count_without_task(self._tx, party) > MOST_A_DAY:
                raise _too_many(party, f"{MOST_A_DAY} receipts about no task today")
        elif receipts.count(self._tx, task, party) >= MOST_PER_TASK:
            raise _too_many(party, f"{MOST_PER_TASK} receipts about this task")
        receipts.add(self._tx, digest=digest, kind=kind, party=party, task_id=task, body=body)


def _too_many(party: str, what: str) -> RefusedError:
    return RefusedError("receipt.too_many", f"{party} sent {what}.", "Look for a loop.", status=429)


def _released(data: bytes, user: str) -> set[tuple[bytes, bytes]]:
    """(output name, blob hash) of what a stored statement releases to a user."""
    statement = statements.parse(dsse.parse(data).payload)
    if not isinstance(statement, statements.Release) or statement.result_user != user:
        return set()
    return {(output.name, output.sealed) for output in statement.outputs}
