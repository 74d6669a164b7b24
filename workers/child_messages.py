"""What the node and its MPC child say to each other: the order, and what a run leaves. :mod:`workers.pipe` carries it."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self, cast

from mpc import codec
from mpc.link.errors import MalformedError
from mpc.link.wire import Reader, text
from protocol import canonical, ids
from protocol.codec import COUNT, KEY, choice, entries
from protocol.commitments import LINK_VERSION, Tensor
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.plans import PARTY_MEMORY
from protocol.record import Record, text_item
from protocol.statements import MpcParameters
from workers.pipe import Kind, Message

_ROWS: Final = entries(KEY, COUNT, LIMITS.parties)
ORDER_FORMAT: Final = "tallystick/child-order/v2"
_OUTCOME_FORMATS: Final = {"tallystick/child-outcome/v1": 1, "tallystick/child-outcome/v2": LINK_VERSION}
"""By the version of the links' transcripts (``commitments.LINK_HASHES``)."""
FAILURE_FORMAT: Final = "tallystick/child-failure/v2"
_MAX_OUTCOME: Final = 16 * 1024 * 1024
_MAX_PREAMBLE: Final = 64
_SAID: Final = 2000


@dataclass(frozen=True, slots=True)
class Peer:
    """A party of the run: where it listens (nowhere: "" and 0), and the key the registry holds for it.

    ``preamble`` is what its door wants to see before TLS, empty for one that is not dialled.
    """

    name: str
    host: str
    port: int
    node_key: bytes
    preamble: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Order:
    """What the child is to run. ``data_sets`` are this party's own and ``models`` the kept ones, in the order of the frames
    that follow.
    """

    task: bytes
    party: str
    contract: bytes
    committee: tuple[Peer, ...]
    owners: tuple[Peer, ...]
    programs: bytes
    data_sets: tuple[str, ...]
    models: tuple[str, ...]
    connect: int
    total: int
    rows: tuple[tuple[str, int], ...] = ()
    """The registered rows of all data sets of the task, own or not; empty: nothing is planned."""
    memory: int = PARTY_MEMORY
    """Bytes that the run may take, by its plan."""

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "format": ORDER_FORMAT,
                "task": "0x" + self.task.hex(),
                "party": self.party,
                "contract": base64.b64encode(self.contract).decode(),
                "committee": [_peer_json(peer) for peer in self.committee],
                "owners": [_peer_json(peer) for peer in self.owners],
                "programs": "0x" + self.programs.hex(),
                "data_sets": list(self.data_sets),
                "models": list(self.models),
                "connect": self.connect,
                "total": self.total,
                "rows": dict(self.rows),
                "memory": self.memory,
            }
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(data, 2 * LIMITS.task_contract), "order")
        record.const("format", ORDER_FORMAT)
        found = cls(
            record.hex32("task"),
            ids.name(record.take("party")),
            record.base64("contract", LIMITS.task_contract),
            record.list("committee", LIMITS.parties, _peer),
            record.list("owners", LIMITS.parties, _peer),
            record.hex32("programs"),
            record.names("data_sets", LIMITS.parties, ids.reference),
            record.list("models", 64, text_item),
            record.integer("connect", 1, 3600),
            record.integer("total", 1, canonical.SAFE_INTEGER),
            _ROWS.read(record.take("rows"), "order.rows"),
            record.integer("memory", 1, canonical.SAFE_INTEGER),
        )
        record.done()
        return found


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """One link as this party saw it."""

    peer: str
    sent: bytes
    sent_frames: int
    received: bytes
    received_frames: int
    signature: bytes
    countersignature: bytes


@dataclass(frozen=True, slots=True)
class OutputShare:
    """The party's share of one output (``step.output``)."""

    source: str
    tensor: Tensor = field(repr=False)


@dataclass(frozen=True, slots=True)
class ModelPart:
    """The party's part of a model that stays at the nodes (``step.output``)."""

    source: str
    part: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepDone:
    """One executed step."""

    id: str
    program: str
    milliseconds: int
    disclosed: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished run leaves with the node; ``alignment`` are its own ids in the aligned order, for its own use."""

    run: bytes
    mpc: MpcParameters
    engine: bytes
    outputs: tuple[OutputShare, ...]
    steps: tuple[StepDone, ...]
    links: tuple[LinkEnd, ...]
    alignment: tuple[str, ...] = field(default=(), repr=False)
    models: tuple[ModelPart, ...] = field(default=(), repr=False)
    transcript: int = LINK_VERSION
    """Version of the links' transcripts: an outcome may be stored before an upgrade and settled after it."""

    def messages(self) -> list[Message]:
        """What the child sends, in order: the fields, then the bytes of each share, each kept part and the alignment."""
        fields: dict[str, object] = {
            "format": next(name for name, version in _OUTCOME_FORMATS.items() if version == self.transcript),
            "run": "0x" + self.run.hex(),
            "mpc": self.mpc.to_json(),
            "engine": "0x" + self.engine.hex(),
            "outputs": [
                {"source": o.source, "shape": list(o.tensor.shape), "fraction_bits": o.tensor.fraction_bits}
                for o in self.outputs
            ],
            "steps": [
                {
                    "id": step.id, "program": step.program, "milliseconds": step.milliseconds,
                    "disclosed": dict(step.disclosed),
                }
                for step in self.steps
            ],
            "links": [
                {
                    "peer": link.peer,
                    "sent": "0x" + link.sent.hex(),
                    "sent_frames": link.sent_frames,
                    "received": "0x" + link.received.hex(),
                    "received_frames": link.received_frames,
                    "signature": "0x" + link.signature.hex(),
                    "countersignature": "0x" + link.countersignature.hex(),
                }
                for link in self.links
            ],
            "models": [model.source for model in self.models],
        }  # fmt: skip
        return [
            Message(Kind.OUTCOME, canonical.dumps(fields)),
            *(Message(Kind.SHARE, output.tensor.data) for output in self.outputs),
            *(Message(Kind.MODEL_PART, model.part) for model in self.models),
            Message(Kind.ALIGNMENT, codec.encode([row.encode() for row in self.alignment])),
        ]

    @classmethod
    def of(cls, messages: Sequence[Message]) -> Self:
        """What :meth:`messages` made; anything missing, more or in another order is refused."""
        found = _Messages(messages)
        record = Record(canonical.loads(found.take(Kind.OUTCOME), _MAX_OUTCOME), "outcome")
        transcript = _OUTCOME_FORMATS[choice(_OUTCOME_FORMATS).read(record.take("format"), "outcome.format")]
        run, mpc = record.hex32("run"), MpcParameters.parse(record.take("mpc"), "outcome.mpc")
        engine = record.hex32("engine")
        outputs = record.list("outputs", 256, lambda item, where: _output(item, where, found))
        steps = record.list("steps", LIMITS.steps, _step)
        links = record.list("links", LIMITS.run_parties, _link)
        models = record.list("models", 64, text_item)
        record.done()
        parts = tuple(ModelPart(source, found.take(Kind.MODEL_PART)) for source in models)
        alignment = _alignment(found.take(Kind.ALIGNMENT))
        found.done()
        return cls(run, mpc, engine, outputs, steps, links, alignment, parts, transcript)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the run is: counts only."""

    phase: str
    step: int
    total: int

    def message(self) -> Message:
        """As it is sent."""
        return Message(
            Kind.PROGRESS, text(self.phase[:63]) + self.step.to_bytes(8, "big") + self.total.to_bytes(8, "big")
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse."""
        try:
            reader = Reader(data, "PROGRESS")
            found = cls(reader.text(), reader.uint(8), reader.uint(8))
            reader.end()
        except MalformedError as error:
            raise FormatError("child.progress", error.what, "Report this.") from error
        return found


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed: ``reason`` is a code of protocol.reasons, ``peer`` the party blamed or "".

    ``what`` and ``chinese`` (where the error has both) are for this node's own operator: others are told the reason alone.
    """

    code: str
    what: str
    reason: str
    peer: str = ""
    chinese: str = ""

    def message(self) -> Message:
        """As it is sent."""
        fields = {
            "code": self.code, "what": _cut(self.what), "reason": self.reason, "peer": self.peer,
            "chinese": _cut(self.chinese),
        }  # fmt: skip
        return Message(Kind.FAILED, canonical.dumps({"format": FAILURE_FORMAT, **fields}))

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse."""
        record = Record(canonical.loads(data, LIMITS.header), "failure")
        record.const("format", FAILURE_FORMAT)
        code, what, chinese = record.text("code", 63), record.text("what", _SAID), record.text("chinese", _SAID)
        reason, peer = record.text("reason", 63), record.text("peer", 63)
        record.done()
        return cls(code, what, reason, ids.name(peer) if peer else "", chinese)


def _cut(said: str) -> str:
    """A sentence may name thousands of columns."""
    return said if len(said) <= _SAID else said[: _SAID - 1] + "…"


class _Messages:
    """Messages in the order in which they are due."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._left = iter(messages)

    def take(self, kind: Kind) -> bytes:
        found = next(self._left, None)
        if found is None or found.kind is not kind:
            raise FormatError("child.outcome", f"An outcome lacks its {kind.name}.", "Report this.")
        return found.data

    def done(self) -> None:
        if next(self._left, None) is not None:
            raise FormatError("child.outcome", "An outcome has more parts than it says.", "Report this.")


def _alignment(data: bytes) -> tuple[str, ...]:
    try:
        rows = cast("list[bytes]", codec.decode(data))
        return tuple(bytes.decode(row) for row in rows)
    except (codec.CodecError, TypeError, UnicodeDecodeError) as error:  # no list, or not of bytes
        raise FormatError("child.outcome", "An outcome's alignment is malformed.", "Report this.") from error


def _peer_json(peer: Peer) -> dict[str, object]:
    return {
        "name": peer.name, "host": peer.host, "port": peer.port, "node_key": "0x" + peer.node_key.hex(),
        "preamble": "0x" + peer.preamble.hex(),
    }  # fmt: skip


def _peer(value: object, where: str) -> Peer:
    record = Record(value, where)
    found = Peer(
        ids.name(record.take("name")), record.text("host", 253), record.integer("port", 0, 65535),
        record.hex32("node_key"), record.hex_bytes("preamble", _MAX_PREAMBLE),
    )  # fmt: skip
    record.done()
    return found


def _output(value: object, where: str, messages: _Messages) -> OutputShare:
    record = Record(value, where)
    source = record.text("source", 63)
    shape = record.list("shape", 8, lambda item, w: Record({"v": item}, w).integer("v", 0, 2**32 - 1))
    bits = record.integer("fraction_bits", 0, 255)
    record.done()
    return OutputShare(source, Tensor(shape, bits, messages.take(Kind.SHARE)))


def _step(value: object, where: str) -> StepDone:
    record = Record(value, where)
    step, program = record.text("id", 31), ids.program(record.take("program"))
    milliseconds = record.integer("milliseconds", 0, canonical.SAFE_INTEGER)
    counts: dict[str, Any] = record.mapping("disclosed", 16)
    disclosed = tuple((name, Record(counts, where).integer(name, 0, canonical.SAFE_INTEGER)) for name in sorted(counts))
    record.done()
    return StepDone(step, program, milliseconds, disclosed)


def _link(value: object, where: str) -> LinkEnd:
    record = Record(value, where)
    found = LinkEnd(
        ids.name(record.take("peer")),
        record.hex32("sent"),
        record.integer("sent_frames", 0, canonical.SAFE_INTEGER),
        record.hex32("received"),
        record.integer("received_frames", 0, canonical.SAFE_INTEGER),
        record.hex_bytes("signature", 64),
        record.hex_bytes("countersignature", 64),
    )
    record.done()
    return found
