"""Asking the chain for an effect: jobs as rows, their keys, and how long they may wait.

A key names the effect, not the request, so asking twice is asking once.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, Self

from orchestrator.store import work
from orchestrator.store.database import Row, Transaction
from protocol import canonical, ids
from protocol.contract import Proposal
from protocol.limits import LIMITS
from protocol.messages import ChainRequest, SignedAuthorization
from protocol.passkeys import PasskeyOwners
from protocol.record import Record
from protocol.typed import (
    KIND_WITHDRAWAL,
    Abort,
    AnchorUpdate,
    ResultAttestation,
    Revocation,
    RevocationOfAll,
    RunCommitment,
    Typed,
)

JobKind = Literal["propose", "submit", "revoke", "revoke-all", "commit", "abort", "attest", "anchor", "passkey-account"]
DAY: Final = 86_400
_LIMIT: Final = 1024 * 1024
_TYPES: Final[dict[str, type[Typed]]] = {
    "propose": Proposal,
    "revoke": Revocation,
    "revoke-all": RevocationOfAll,
    "commit": RunCommitment,
    "abort": Abort,
    "attest": ResultAttestation,
    "anchor": AnchorUpdate,
}


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A typed message with its signature, as a job carries it."""

    kind: JobKind
    message: Typed
    signature: bytes

    @classmethod
    def read(cls, kind: JobKind, data: bytes) -> Self:
        """Parse a job's body."""
        record = Record(canonical.loads(data, _LIMIT), kind)
        found = cls(kind, _TYPES[kind].parse(record.take("message")), record.hex_bytes("signature", 4096))
        record.done()
        return found

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps({"message": self.message.to_json(), "signature": "0x" + self.signature.hex()})


def ask_propose(tx: Transaction, task: bytes, proposal: Proposal, signature: bytes, now: int) -> None:
    """Have a task proposed, until its deadline."""
    body = SignedMessage("propose", proposal, signature).data()
    seconds = proposal.deadline - now + LIMITS.deadline_grace
    work.add_job(
        tx,
        key=f"propose:{task.hex()}",
        kind="propose",
        task_id=task,
        party=proposal.proposer,
        body=body,
        seconds=seconds,
    )


def ask_submit(tx: Transaction, digest: bytes, signed: SignedAuthorization, task: bytes | None, seconds: int) -> None:
    """Have an authorization submitted."""
    work.add_job(
        tx,
        key=f"submit:{digest.hex()}",
        kind="submit",
        task_id=task,
        party=signed.owner,
        body=canonical.dumps(signed.to_json()),
        seconds=seconds,
    )


def ask_revoke(tx: Transaction, message: Revocation, signature: bytes) -> None:
    """Have an authorization revoked; this is tried for a week."""
    work.add_job(
        tx,
        key=f"revoke:{message.authorization.hex()}:{message.owner}",
        kind="revoke",
        task_id=None,
        party=message.owner,
        body=SignedMessage("revoke", message, signature).data(),
        seconds=7 * DAY,
    )


def ask_revoke_all(tx: Transaction, message: RevocationOfAll, signature: bytes) -> None:
    """Have all that an owner submitted revoked, up to a number; this is tried for a week."""
    work.add_job(
        tx,
        key=f"revoke-all:{message.owner}:{message.through}",
        kind="revoke-all",
        task_id=None,
        party=message.owner,
        body=SignedMessage("revoke-all", message, signature).data(),
        seconds=7 * DAY,
    )


def ask_passkey_account(tx: Transaction, account: str, party: str, owners: PasskeyOwners) -> None:
    """Have an account made for passkeys of who is invited as ``party``; this is tried for a day."""
    work.add_job(
        tx,
        key=_account_key(account),
        kind="passkey-account",
        task_id=None,
        party=party,
        body=canonical.dumps(owners.to_json()),
        seconds=DAY,
    )


def passkey_account(tx: Transaction, account: str) -> Row | None:
    """The job that has an account made; None where nobody asked for it."""
    return work.job(tx, _account_key(account))


def _account_key(account: str) -> str:
    return f"passkey-account:{account.lower()}"


def ask_abort(tx: Transaction, message: Abort, signature: bytes, seconds: int) -> None:
    """Have a refusal, abort or withdrawal recorded."""
    key = _abort_key(message.task, message.party, message.kind)
    body = SignedMessage("abort", message, signature).data()
    work.add_job(tx, key=key, kind="abort", task_id=message.task, party=message.party, body=body, seconds=seconds)


def withdrawal(tx: Transaction, task: bytes, proposer: str) -> Row | None:
    """The job that has a proposal withdrawn; None where its proposer never asked for it."""
    return work.job(tx, _abort_key(task, proposer, KIND_WITHDRAWAL))


def _abort_key(task: bytes, party: str, kind: int) -> str:
    return f"abort:{task.hex()}:{party}:{kind}"


def ask_request(tx: Transaction, request: ChainRequest, party: str, task: bytes | None, seconds: int) -> None:
    """Have a node's request relayed. Anchors are known by their whole content: later proofs are new requests."""
    message = request.message
    if isinstance(message, Abort):
        ask_abort(tx, message, request.signature, seconds)
        return
    if isinstance(message, AnchorUpdate):
        body = canonical.dumps(request.to_json())
        key = f"anchor:{party}:{message.epoch}:{message.size}:{hashlib.sha256(body).hexdigest()[:16]}"
    else:
        body = SignedMessage(request.kind, message, request.signature).data()
        key = f"{request.kind}:{'' if task is None else task.hex()}:{party}"
    work.add_job(tx, key=key, kind=request.kind, task_id=task, party=party, body=body, seconds=seconds)


def task_of(message: Typed) -> bytes | None:
    """The task a typed message is about."""
    found = getattr(message, "task", None)
    return found if isinstance(found, bytes) else None


def party_of(message: Typed) -> str:
    """The party a node's message names."""
    found = getattr(message, "party", None) or getattr(message, "result_user", None)
    return ids.name(found, "party")
