"""Messages between coordinator and party nodes: what travels by name through the broker and back over HTTP.

The coordinator's messages are claims that the node checks against the chain; nothing in them is trusted. A node's
messages are DSSE envelopes under its node key, or EIP-712 messages under its node signer, so they authenticate
themselves. All are idempotent: a receipt is known by the SHA-256 of its canonical bytes.
"""

import base64
from dataclasses import dataclass
from typing import Literal, Self, cast

from protocol import canonical, ids
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record
from protocol.typed import Abort, AnchorUpdate, Authorization, ResultAttestation, RunCommitment, Typed

RUN_TASK = "tally.task.run"
RELEASE_TASK = "tally.task.release"
COLLECT_TASK = "tally.result.collect"
ANNOUNCEMENT_TYPE = "application/vnd.tallystick.announcement+json"
PROGRESS_TYPE = "application/vnd.tallystick.progress+json"


def queue_of(party: str) -> str:
    """The one queue of a party."""
    return f"party.{party}"


@dataclass(frozen=True, slots=True)
class SignedAuthorization:
    """The words an owner's wallet signed, with the owner's name and the policy document behind its digest."""

    owner: str
    message: Authorization
    signature: bytes
    policy: bytes

    @classmethod
    def parse(cls, value: object, where: str = "authorization") -> Self:
        """Read one signed authorization."""
        record = Record(value, where)
        found = cls(
            ids.name(record.take("owner"), "owner"),
            Authorization.from_json(record.take("message")),
            record.hex_bytes("signature", 4096),
            record.base64("policy", LIMITS.task_contract),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "owner": self.owner,
            "message": self.message.to_json(),
            "signature": "0x" + self.signature.hex(),
            "policy": base64.b64encode(self.policy).decode(),
        }


@dataclass(frozen=True, slots=True)
class RunDispatch:
    """``tally.task.run``: the contract's canonical bytes, the authorizations, the nodes' announcements (DSSE)."""

    task: bytes
    contract: bytes
    authorizations: tuple[SignedAuthorization, ...]
    announcements: tuple[bytes, ...]

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a dispatch."""
        record = Record(value, "dispatch")
        record.const("format", "tallystick/run-dispatch/v1")
        found = cls(
            record.hex32("task"),
            record.base64("contract", LIMITS.task_contract),
            record.list("authorizations", LIMITS.parties, SignedAuthorization.parse),
            record.list("announcements", LIMITS.parties, _envelope),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "format": "tallystick/run-dispatch/v1",
            "task": "0x" + self.task.hex(),
            "contract": base64.b64encode(self.contract).decode(),
            "authorizations": [item.to_json() for item in self.authorizations],
            "announcements": [base64.b64encode(item).decode() for item in self.announcements],
        }


@dataclass(frozen=True, slots=True)
class TaskNotice:
    """``tally.task.release`` and ``tally.result.collect``: look at the chain for this task and go on."""

    task: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a notice."""
        record = Record(value, "notice")
        record.const("format", "tallystick/task-notice/v1")
        found = cls(record.hex32("task"))
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {"format": "tallystick/task-notice/v1", "task": "0x" + self.task.hex()}


@dataclass(frozen=True, slots=True)
class Announcement:
    """Where a node's links listen; payload of a DSSE envelope, the highest ``sequence`` counts. TLS pinning decides."""

    party: str
    host: str
    port: int
    sequence: int

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Parse the envelope's payload."""
        record = Record(canonical.loads(payload, 4096), "announcement")
        record.const("format", "tallystick/announcement/v1")
        found = cls(
            ids.name(record.take("party")),
            record.text("host", 253),
            record.integer("port", 1, 65535),
            record.integer("sequence", 1, canonical.SAFE_INTEGER),
        )
        record.done()
        return found

    def data(self) -> bytes:
        """Canonical payload."""
        return canonical.dumps(
            {
                "format": "tallystick/announcement/v1",
                "party": self.party,
                "host": self.host,
                "port": self.port,
                "sequence": self.sequence,
            }
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a party is; payload of a DSSE envelope. ``step`` of ``total`` within ``phase``; carries no values.

    ``percent`` of the whole run and ``eta``, the seconds that the rest may take (0: not known), are estimates.
    ``state`` is waiting, computing, committed, released, ended; ``note`` is a code such as ``link.timeout`` and
    ``peer`` the party it is about, both empty when all is well.
    """

    party: str
    task: bytes
    state: str
    phase: str
    step: int
    total: int
    percent: int
    eta: int
    note: str
    peer: str
    sequence: int

    @classmethod
    def read(cls, payload: bytes) -> Self:
        """Parse the envelope's payload."""
        record = Record(canonical.loads(payload, 4096), "progress")
        record.const("format", "tallystick/progress/v1")
        found = cls(
            ids.name(record.take("party")),
            record.hex32("task"),
            record.text("state", 20),
            record.text("phase", 63),
            record.integer("step", 0, 2**31),
            record.integer("total", 0, 2**31),
            record.integer("percent", 0, 100),
            record.integer("eta", 0, 2**31),
            record.text("note", 63),
            record.text("peer", 63),
            record.integer("sequence", 0, canonical.SAFE_INTEGER),
        )
        record.done()
        return found

    def data(self) -> bytes:
        """Canonical payload."""
        return canonical.dumps(
            {
                "format": "tallystick/progress/v1",
                "party": self.party,
                "task": "0x" + self.task.hex(),
                "state": self.state,
                "phase": self.phase,
                "step": self.step,
                "total": self.total,
                "percent": self.percent,
                "eta": self.eta,
                "note": self.note,
                "peer": self.peer,
                "sequence": self.sequence,
            }
        )


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One log entry of a task: the DSSE envelope's bytes, its index, its inclusion proof at the checkpoint's size."""

    index: int
    envelope: bytes
    proof: tuple[bytes, ...]

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one entry."""
        record = Record(value, where)
        found = cls(
            record.integer("index", 0, canonical.SAFE_INTEGER),
            record.base64("envelope", LIMITS.envelope),
            record.list("proof", 64, _hash),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "index": self.index,
            "envelope": base64.b64encode(self.envelope).decode(),
            "proof": ["0x" + item.hex() for item in self.proof],
        }


@dataclass(frozen=True, slots=True)
class LogEvidence:
    """A party's log for one task: checkpoint (C2SP signed note), entries and their inclusion, earlier roots.

    ``consistency`` lists (size, root, proof) of each earlier root that must be a prefix: the previous anchor and the
    task's own commitment.
    """

    task: bytes
    party: str
    epoch: int
    size: int
    root: bytes
    checkpoint: str
    entries: tuple[EntryProof, ...]
    consistency: tuple[tuple[int, bytes, tuple[bytes, ...]], ...]

    @classmethod
    def parse(cls, value: object, where: str = "log") -> Self:
        """Read one party's log evidence."""
        record = Record(value, where)
        record.const("format", "tallystick/log-evidence/v1")
        found = cls(
            record.hex32("task"),
            ids.name(record.take("party")),
            record.integer("epoch", 0, canonical.SAFE_INTEGER),
            record.integer("size", 0, canonical.SAFE_INTEGER),
            record.hex32("root"),
            record.lines("checkpoint", 8192),
            record.list("entries", 4096, EntryProof.parse),
            record.list("consistency", 64, _consistency),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "format": "tallystick/log-evidence/v1",
            "task": "0x" + self.task.hex(),
            "party": self.party,
            "epoch": self.epoch,
            "size": self.size,
            "root": "0x" + self.root.hex(),
            "checkpoint": self.checkpoint,
            "entries": [entry.to_json() for entry in self.entries],
            "consistency": [
                {"size": size, "root": "0x" + root.hex(), "proof": ["0x" + item.hex() for item in proof]}
                for size, root, proof in self.consistency
            ],
        }


@dataclass(frozen=True, slots=True)
class SealedShare:
    """One party's share of one output for one result user, sealed with HPKE; ``output`` is
    ``commitments.output_name`` of the contract's output, and the release statement carries the blob's SHA-256.
    """

    task: bytes
    party: str
    user: str
    output: bytes
    sealed: bytes

    @classmethod
    def parse(cls, value: object, where: str = "sealed") -> Self:
        """Read one sealed share."""
        record = Record(value, where)
        found = cls(
            record.hex32("task"),
            ids.name(record.take("party")),
            ids.name(record.take("user")),
            record.hex32("output"),
            record.base64("sealed", LIMITS.frame),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "task": "0x" + self.task.hex(),
            "party": self.party,
            "user": self.user,
            "output": "0x" + self.output.hex(),
            "sealed": base64.b64encode(self.sealed).decode(),
        }


ChainKind = Literal["commit", "abort", "attest", "anchor"]
_CHAIN_TYPES: dict[str, type[Typed]] = {
    "commit": RunCommitment, "abort": Abort, "attest": ResultAttestation, "anchor": AnchorUpdate,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChainRequest:
    """A node-signed EIP-712 message for the coordinator to relay; anchors bring their consistency proofs."""

    kind: ChainKind
    message: Typed
    signature: bytes
    from_last: tuple[bytes, ...]
    from_noted: tuple[tuple[bytes, ...], ...]

    @classmethod
    def parse(cls, value: object, where: str = "chain_request") -> Self:
        """Read one request."""
        record = Record(value, where)
        kind = record.text("kind", 20)
        if kind not in _CHAIN_TYPES:
            raise FormatError("message.kind", f"There is no chain request {kind!r}.", "Send a known kind.")
        found = cls(
            cast("ChainKind", kind),
            _CHAIN_TYPES[kind].from_json(record.take("message")),
            record.hex_bytes("signature", 65),
            record.list("from_last", 64, _hash),
            record.list("from_noted", 256, lambda item, w: Record({"v": item}, w).list("v", 64, _hash)),
        )
        record.done()
        return found

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        return {
            "kind": self.kind,
            "message": self.message.to_json(),
            "signature": "0x" + self.signature.hex(),
            "from_last": ["0x" + item.hex() for item in self.from_last],
            "from_noted": [["0x" + item.hex() for item in proof] for proof in self.from_noted],
        }


Receipt = ChainRequest | LogEvidence | SealedShare | bytes
"""What a node posts to ``/v1/receipts``: ``bytes`` is a DSSE envelope (a statement, progress or an announcement)."""


def parse_receipt(value: object) -> Receipt:
    """Read ``{"kind": "chain"|"log"|"sealed"|"envelope", "body": …}``."""
    record = Record(value, "receipt")
    kind = record.text("kind", 20)
    body = record.take("body")
    record.done()
    if kind == "chain":
        return ChainRequest.parse(body)
    if kind == "log":
        return LogEvidence.parse(body)
    if kind == "sealed":
        return SealedShare.parse(body)
    if kind == "envelope":
        return Record({"body": body}, "receipt").base64("body", LIMITS.envelope)
    raise FormatError("message.kind", f"There is no receipt {kind!r}.", "Send chain, log, sealed or envelope.")


def receipt_json(receipt: Receipt) -> dict[str, object]:
    """The JSON that :func:`parse_receipt` reads."""
    if isinstance(receipt, bytes):
        return {"kind": "envelope", "body": base64.b64encode(receipt).decode()}
    kind = "chain" if isinstance(receipt, ChainRequest) else "log" if isinstance(receipt, LogEvidence) else "sealed"
    return {"kind": kind, "body": receipt.to_json()}


def _envelope(value: object, where: str) -> bytes:
    return Record({"v": value}, where).base64("v", LIMITS.envelope)


def _hash(value: object, where: str) -> bytes:
    return ids.hex32(value, where)


def _consistency(value: object, where: str) -> tuple[int, bytes, tuple[bytes, ...]]:
    record = Record(value, where)
    found = (
        record.integer("size", 0, canonical.SAFE_INTEGER),
        record.hex32("root"),
        record.list("proof", 64, _hash),
    )
    record.done()
    return found
