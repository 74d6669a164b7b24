"""Messages between coordinator and party nodes: what travels by name through the broker and back over HTTP.

The coordinator's messages are claims that the node checks against the chain; nothing in them is trusted. A node's
messages are DSSE envelopes under its node key, or EIP-712 messages under its node signer, so they authenticate
themselves. All are idempotent: a receipt is known by the SHA-256 of its canonical bytes.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from protocol.codec import (
    COUNT,
    HASH,
    blob,
    choice,
    hexadecimal,
    integer,
    lines,
    members,
    record,
    sequence,
    text,
)
from protocol.fields import By, Count, Document, Fields, Hash, Many, Name, Program, Signature
from protocol.limits import LIMITS
from protocol.typed import Abort, AnchorUpdate, Authorization, ResultAttestation, RunCommitment, Typed

RUN_TASK = "tally.task.run"
RELEASE_TASK = "tally.task.release"
COLLECT_TASK = "tally.result.collect"
MOST_AT_ONCE = 64
"""Receipts in one body."""
ANNOUNCEMENT_TYPE = "application/vnd.tallystick.announcement+json"
PROGRESS_TYPE = "application/vnd.tallystick.progress+json"


Envelope: TypeAlias = Annotated[bytes, blob(LIMITS.envelope)]
"""A DSSE envelope's bytes."""
Small: TypeAlias = Annotated[int, integer(0, 2**31)]
MerkleProof: TypeAlias = Annotated[tuple[Hash, ...], Many(64)]
_EARLIER: Final = members(size=COUNT, root=HASH, proof=sequence(HASH, 64))


def queue_of(party: str) -> str:
    """The one queue of a party."""
    return f"party.{party}"


@dataclass(frozen=True, slots=True)
class SignedAuthorization(Fields):
    """The words an owner's wallet signed, with the owner's name and the policy document behind its digest."""

    WHERE: ClassVar[str] = "authorization"

    owner: Name
    message: Authorization
    signature: Signature
    policy: Annotated[bytes, blob(LIMITS.task_contract)]


@dataclass(frozen=True, slots=True)
class RunDispatch(Fields):
    """``tally.task.run``: the contract's canonical bytes, the authorizations, the nodes' announcements (DSSE)."""

    FORMAT: ClassVar[str] = "tallystick/run-dispatch/v1"
    WHERE: ClassVar[str] = "dispatch"

    task: Hash
    contract: Annotated[bytes, blob(LIMITS.task_contract)]
    authorizations: Annotated[tuple[SignedAuthorization, ...], Many(LIMITS.parties)]
    announcements: Annotated[tuple[Envelope, ...], Many(LIMITS.parties)]


@dataclass(frozen=True, slots=True)
class TaskNotice(Fields):
    """``tally.task.release`` and ``tally.result.collect``: look at the chain for this task and go on."""

    FORMAT: ClassVar[str] = "tallystick/task-notice/v1"
    WHERE: ClassVar[str] = "notice"

    task: Hash


@dataclass(frozen=True, slots=True)
class Announcement(Document):
    """Where a node's links listen; payload of a DSSE envelope, the highest ``sequence`` counts. TLS pinning decides.

    ``engine`` and its digest are what the node had installed when it started, so that a node left behind is seen before a
    task needs it; what counts is what it tells its peers when a run begins.
    """

    FORMAT: ClassVar[str] = "tallystick/announcement/v2"
    WHERE: ClassVar[str] = "announcement"
    LIMIT: ClassVar[int] = 4096

    party: Name
    host: Annotated[str, text(253)]
    port: Annotated[int, integer(1, 65535)]
    sequence: Annotated[int, integer(1)]
    engine: Program
    engine_digest: Hash


@dataclass(frozen=True, slots=True)
class Progress(Document):
    """How far a party is; payload of a DSSE envelope. ``step`` of ``total`` within ``phase``; carries no values.

    ``percent`` of the whole run and ``eta``, the seconds that the rest may take (0: not known), are estimates.
    ``state`` is waiting, computing, committed, released, ended; ``note`` is a code such as ``link.timeout`` and
    ``peer`` the party it is about, both empty when all is well. Other parties' terminals show its texts.
    """

    FORMAT: ClassVar[str] = "tallystick/progress/v1"
    WHERE: ClassVar[str] = "progress"
    LIMIT: ClassVar[int] = 4096

    party: Name
    task: Hash
    state: Annotated[str, text(20)]
    phase: Annotated[str, text(63)]
    step: Small
    total: Small
    percent: Annotated[int, integer(0, 100)]
    eta: Small
    note: Annotated[str, text(63)]
    peer: Annotated[str, text(63)]
    sequence: Count


@dataclass(frozen=True, slots=True)
class EntryProof(Fields):
    """One log entry of a task: the DSSE envelope's bytes, its index, its inclusion proof at the checkpoint's size."""

    index: Count
    envelope: Envelope
    proof: MerkleProof


@dataclass(frozen=True, slots=True)
class LogEvidence(Fields):
    """A party's log for one task: checkpoint (C2SP signed note), entries and their inclusion, earlier roots.

    ``consistency`` lists (size, root, proof) of each earlier root that must be a prefix: the previous anchor and the
    task's own commitment.
    """

    FORMAT: ClassVar[str] = "tallystick/log-evidence/v1"
    WHERE: ClassVar[str] = "log"

    task: Hash
    party: Name
    epoch: Count
    size: Count
    root: Hash
    checkpoint: Annotated[str, lines(8192)]
    entries: Annotated[tuple[EntryProof, ...], Many(LIMITS.log_entries)]
    consistency: Annotated[tuple[tuple[int, bytes, tuple[bytes, ...]], ...], sequence(_EARLIER, 64)]


@dataclass(frozen=True, slots=True)
class SealedShare(Fields):
    """One party's share of one output for one result user, sealed with HPKE; ``output`` is
    ``commitments.output_name`` of the contract's output, and the release statement carries the blob's SHA-256.
    """

    WHERE: ClassVar[str] = "sealed"

    task: Hash
    party: Name
    user: Name
    output: Hash
    sealed: Annotated[bytes, blob(LIMITS.frame)]


ChainKind = Literal["commit", "abort", "attest", "anchor"]
_CHAIN_TYPES: Final = {
    "commit": record(RunCommitment),
    "abort": record(Abort),
    "attest": record(ResultAttestation),
    "anchor": record(AnchorUpdate),
}


@dataclass(frozen=True, slots=True)
class ChainRequest(Fields):
    """A node-signed EIP-712 message for the coordinator to relay; anchors bring their consistency proofs."""

    WHERE: ClassVar[str] = "chain_request"

    kind: Annotated[ChainKind, choice(_CHAIN_TYPES, "message.kind")]
    message: Annotated[Typed, By("kind", _CHAIN_TYPES)]
    signature: Annotated[bytes, hexadecimal(65)]
    from_last: MerkleProof
    from_noted: Annotated[tuple[MerkleProof, ...], Many(256)]


Receipt = ChainRequest | LogEvidence | SealedShare | bytes
"""What a node posts to ``/v1/receipts``: ``bytes`` is a DSSE envelope (a statement, progress or an announcement)."""
_RECEIPT_KINDS: Final[dict[type, str]] = {
    ChainRequest: "chain", LogEvidence: "log", SealedShare: "sealed", bytes: "envelope",
}  # fmt: skip
_RECEIPTS: Final = {
    "chain": record(ChainRequest),
    "log": record(LogEvidence),
    "sealed": record(SealedShare),
    "envelope": blob(LIMITS.envelope),
}


@dataclass(frozen=True, slots=True)
class PostedReceipt(Fields):
    """A node's receipt with its kind."""

    WHERE: ClassVar[str] = "receipt"

    kind: Annotated[str, choice(_RECEIPTS, "message.kind")]
    body: Annotated[Receipt, By("kind", _RECEIPTS)]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The receipt as it is posted."""
        return cls(_RECEIPT_KINDS[type(receipt)], receipt)


@dataclass(frozen=True, slots=True)
class PostedReceipts(Fields):
    """Receipts of one sender, taken one by one in this order; the access token names the SHA-256 of the body."""

    WHERE: ClassVar[str] = "receipts"

    items: Annotated[tuple[PostedReceipt, ...], Many(MOST_AT_ONCE)]
