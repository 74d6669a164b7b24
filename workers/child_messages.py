"""What passes between the node and its MPC child over two inherited pipes; nothing of it is in argv, environment or files.

To the child: length-prefixed frames (the order as canonical JSON, the node key, then one Arrow stream per own data
set), later single lines. From the child: one canonical JSON object per line. The two run the same code, so these formats
need no versions; they are strict all the same.
"""

import base64
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Self

from protocol import canonical, ids
from protocol.commitments import Tensor
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record, text_item
from protocol.statements import MpcParameters

GO: Final = b"go\n"
MAX_LINE: Final = 512 * 1024 * 1024
_MAX_FRAME: Final = 1 << 33


@dataclass(frozen=True, slots=True)
class Peer:
    """A party of the run: where it listens (nowhere: "" and 0), and the key the registry holds for it."""

    name: str
    host: str
    port: int
    node_key: bytes


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
    bind_host: str
    bind_port: int
    programs: bytes
    data_sets: tuple[str, ...]
    models: tuple[str, ...]
    connect: int
    total: int

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "task": "0x" + self.task.hex(),
                "party": self.party,
                "contract": base64.b64encode(self.contract).decode(),
                "committee": [_peer_json(peer) for peer in self.committee],
                "owners": [_peer_json(peer) for peer in self.owners],
                "bind_host": self.bind_host,
                "bind_port": self.bind_port,
                "programs": "0x" + self.programs.hex(),
                "data_sets": list(self.data_sets),
                "models": list(self.models),
                "connect": self.connect,
                "total": self.total,
            }
        )

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(data, 2 * LIMITS.task_contract), "order")
        found = cls(
            record.hex32("task"),
            ids.name(record.take("party")),
            record.base64("contract", LIMITS.task_contract),
            record.list("committee", LIMITS.parties, _peer),
            record.list("owners", LIMITS.parties, _peer),
            record.text("bind_host", 253),
            record.integer("bind_port", 0, 65535),
            record.hex32("programs"),
            record.names("data_sets", LIMITS.parties, ids.reference),
            record.list("models", 64, text_item),
            record.integer("connect", 1, 3600),
            record.integer("total", 1, canonical.SAFE_INTEGER),
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

    def to_json(self) -> dict[str, object]:
        """JSON form; holds shares, so it is only ever written encrypted or to the node's own pipe."""
        return {
            "run": "0x" + self.run.hex(),
            "mpc": self.mpc.write(),
            "engine": "0x" + self.engine.hex(),
            "outputs": [
                {
                    "source": output.source,
                    "shape": list(output.tensor.shape),
                    "fraction_bits": output.tensor.fraction_bits,
                    "data": base64.b64encode(output.tensor.data).decode(),
                }
                for output in self.outputs
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
            "alignment": list(self.alignment),
            "models": [
                {"source": model.source, "part": base64.b64encode(model.part).decode()} for model in self.models
            ],
        }  # fmt: skip

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read the JSON form."""
        record = Record(value, "outcome")
        found = cls(
            record.hex32("run"),
            MpcParameters.read(record.take("mpc"), "outcome.mpc"),
            record.hex32("engine"),
            record.list("outputs", 256, _output),
            record.list("steps", LIMITS.steps, _step),
            record.list("links", LIMITS.run_parties, _link),
            record.list("alignment", LIMITS.psi_ids, text_item),
            record.list("models", 64, _model),
        )
        record.done()
        return found


def write_frame(stream: BinaryIO, data: bytes) -> None:
    """Eight bytes of length, then the data."""
    stream.write(len(data).to_bytes(8, "big"))
    stream.write(data)


def read_frame(stream: BinaryIO) -> bytes:
    """What :func:`write_frame` wrote."""
    size = int.from_bytes(_exactly(stream, 8), "big")
    if size > _MAX_FRAME:
        raise FormatError("child.frame", "A frame is too large.", "Report this.")
    return _exactly(stream, size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise FormatError("child.pipe", "The node closed the pipe.", "See the node's log.")
    return data


def _peer_json(peer: Peer) -> dict[str, object]:
    return {"name": peer.name, "host": peer.host, "port": peer.port, "node_key": "0x" + peer.node_key.hex()}


def _peer(value: object, where: str) -> Peer:
    record = Record(value, where)
    found = Peer(
        ids.name(record.take("name")), record.text("host", 253), record.integer("port", 0, 65535),
        record.hex32("node_key"),
    )  # fmt: skip
    record.done()
    return found


def _output(value: object, where: str) -> OutputShare:
    record = Record(value, where)
    source = record.text("source", 63)
    shape = record.list("shape", 8, lambda item, w: Record({"v": item}, w).integer("v", 0, 2**32 - 1))
    tensor = Tensor(shape, record.integer("fraction_bits", 0, 255), record.base64("data", MAX_LINE))
    record.done()
    return OutputShare(source, tensor)


def _model(value: object, where: str) -> ModelPart:
    record = Record(value, where)
    found = ModelPart(record.text("source", 63), record.base64("part", MAX_LINE))
    record.done()
    return found


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
