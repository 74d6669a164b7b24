"""What a party node states about a task: in-toto Statement v1 with one frozen type per predicate (EVIDENCE.md).

Statements carry hashes, counts and fixed codes only: they go to the coordinator inside DSSE envelopes and stay in the
party's log. Words (purpose, column names) are in the task contract; values are nowhere. Every statement's in-toto
subjects follow from its predicate, so :func:`parse` accepts exactly what :func:`serialise` gives.

Source: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final

from protocol import canonical
from protocol.codec import choice, counts, decimal, integer, names, raw, sequence, wrong
from protocol.errors import FormatError
from protocol.fields import Code, Count, Fields, Hash, Many, Name, Program, Uint64
from protocol.limits import LIMITS
from protocol.reasons import STATED
from protocol.record import Record

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_PREFIX: Final = "https://tallystick.dev/"

CHECKS: Final = (
    "authorization", "clock", "contract", "data", "engine", "fields", "finality", "peers", "policy", "programs", "started",
)  # fmt: skip
"""The party check's questions (ARCHITECTURE.md, step 6)."""
ANSWERS: Final = ("fails", "holds", "not_applicable")
WORKING_COPIES: Final = ("input_rows", "intermediate_shares", "output_shares", "run_keys", "temporary_files")
"""Kinds of working copies that a run makes and the node erases."""
LINKS_PER_STATEMENT: Final = 48
"""A log entry has at most 65,535 bytes (C2SP tlog-tiles): a node with more links logs several run statements."""

_MAX_OUTPUTS = 256
_POSITIONS = sequence(integer(0, 2**53 - 1), LIMITS.log_entries)
_SHAPE = sequence(integer(0, 2**32 - 1), 8)


@dataclass(frozen=True, slots=True)
class Statement(Fields):
    """What every statement says. ``run`` is None before the nodes have agreed a run id; ``time`` is unix seconds.

    ``contract`` is the SHA-256 of the task contract's canonical bytes and always the first in-toto subject.
    """

    KIND: ClassVar[str]
    VERSION: ClassVar[int] = 1
    RUN_KNOWN: ClassVar[bool] = False

    task: Hash
    contract: Hash
    run: Hash | None
    party: Name
    time: Count

    def subjects(self) -> list[tuple[str, bytes]]:
        """Names and SHA-256 of what the statement is about, beside the task contract."""
        return []


@dataclass(frozen=True, slots=True)
class TaskContract(Statement):
    """The node received this contract for this task: the digest it checked against the chain, and which chain."""

    KIND = "task-contract"

    chain_id: Annotated[int, decimal(256)]
    deployment: Hash


@dataclass(frozen=True, slots=True)
class Check(Fields):
    """One question of the party check and its answer."""

    name: Annotated[str, choice(CHECKS)]
    answer: Annotated[str, choice(ANSWERS)]


@dataclass(frozen=True, slots=True)
class ConsentCheck(Statement):
    """What the node checked by itself at a finalised block; ``authorization`` is None for a party without data."""

    KIND = "consent-check"
    VERSION = 2

    authorization: Hash | None
    block: Uint64
    block_hash: Hash
    checks: Annotated[tuple[Check, ...], Many(len(CHECKS), "name")]


@dataclass(frozen=True, slots=True)
class InputCommitment(Statement):
    """The rows that the node read for the task hash to this root (one statement per data set)."""

    KIND = "input-commitment"

    data_set: Hash
    version: Annotated[int, integer(1, 2**32 - 1)]
    schema: Hash
    input_root: Hash
    rows: Uint64
    columns: Annotated[int, integer(1, LIMITS.columns)]

    def subjects(self) -> list[tuple[str, bytes]]:
        """The data set's input root."""
        return [(f"input/{self.data_set.hex()}", self.input_root)]


@dataclass(frozen=True, slots=True)
class MpcParameters(Fields):
    """What secrecy rests on: protocol stack, security model (1 semi-honest, 2 malicious), field modulus, Shamir threshold
    (never 0: I4), statistical parameter κ in bits.
    """

    backend: Code
    security_model: Annotated[int, integer(1, 2)]
    field: Annotated[int, decimal(256)]
    threshold: Annotated[int, integer(1, LIMITS.parties)]
    kappa: Annotated[int, integer(1, 256)]


@dataclass(frozen=True, slots=True)
class StepFact(Fields):
    """One executed step; ``disclosed`` are the declared public sizes and counts that it opened, sorted by name."""

    id: Code
    program: Program
    code: Hash
    milliseconds: Count
    disclosed: Annotated[tuple[tuple[str, int], ...], counts(16)]


@dataclass(frozen=True, slots=True)
class LinkFact(Fields):
    """One link as this party saw it, with both ends' Ed25519 signatures (``commitments.LinkTranscript.message``).

    ``sent`` and ``received`` are the hashes of all frames in that direction, heartbeats excluded, as the run statement's
    ``TRANSCRIPT`` says.
    """

    peer: Name
    sent: Hash
    sent_frames: Count
    received: Hash
    received_frames: Count
    signature: Annotated[bytes, raw(64)]
    countersignature: Annotated[bytes, raw(64)]


@dataclass(frozen=True, slots=True)
class Run(Statement):
    """How the run went: committee, parameters, digest of the engine that computed, steps in order, links sorted by peer.

    Links that do not fit go into further run statements of the same run that repeat the other facts.
    """

    KIND = "run"
    VERSION = 3
    RUN_KNOWN = True
    TRANSCRIPT: ClassVar[int] = 2
    """Version of its links' transcripts (``commitments.LINK_HASHES``)."""

    committee: Annotated[tuple[str, ...], names(LIMITS.parties)]
    mpc: MpcParameters
    engine: Hash
    steps: Annotated[tuple[StepFact, ...], Many(LIMITS.steps)]
    links: Annotated[tuple[LinkFact, ...], Many(LINKS_PER_STATEMENT, "peer")]


@dataclass(frozen=True, slots=True)
class RunV2(Run):
    """A run whose transcripts are SHA-256: no longer made, for ever verified."""

    VERSION = 2
    TRANSCRIPT = 1


RUNS: Final = {kind.TRANSCRIPT: kind for kind in (RunV2, Run)}
"""By the version of the links' transcripts."""


@dataclass(frozen=True, slots=True)
class OutputShare(Fields):
    """One output's share commitment; ``name`` is ``commitments.output_name`` of the contract's output."""

    name: Hash
    shape: Annotated[tuple[int, ...], _SHAPE]
    fraction_bits: Annotated[int, integer(0, 255)]
    commitment: Hash


@dataclass(frozen=True, slots=True)
class OutputCommitment(Statement):
    """The salted output shares that this party holds, sorted by name hash; very many go into several statements."""

    KIND = "output-commitment"
    RUN_KNOWN = True

    outputs: Annotated[tuple[OutputShare, ...], Many(_MAX_OUTPUTS, "name")]

    def subjects(self) -> list[tuple[str, bytes]]:
        """Every share commitment."""
        return [(f"output/{output.name.hex()}", output.commitment) for output in self.outputs]


@dataclass(frozen=True, slots=True)
class SealedOutput(Fields):
    """One sealed blob: the SHA-256 of its bytes and the share commitment that its content opens."""

    name: Hash
    sealed: Hash
    commitment: Hash


@dataclass(frozen=True, slots=True)
class Release(Statement):
    """Shares sealed for one result user after the chain showed completion and, where one is named, the review.

    "No evidence, no result": the two block numbers say what the node had seen when it released.
    """

    KIND = "release"
    RUN_KNOWN = True

    result_user: Name
    completed: Uint64
    completed_hash: Hash
    reviewed: Uint64 | None
    outputs: Annotated[tuple[SealedOutput, ...], Many(_MAX_OUTPUTS, "name")]

    def subjects(self) -> list[tuple[str, bytes]]:
        """Every sealed blob."""
        return [(f"sealed/{output.name.hex()}", output.sealed) for output in self.outputs]


@dataclass(frozen=True, slots=True)
class Refusal(Statement):
    """The node says no before it sent any input; the sentence behind ``reason`` is fixed text in ``reasons``."""

    KIND = "refusal"

    authorization: Hash | None
    reason: Annotated[str, choice(STATED)]


@dataclass(frozen=True, slots=True)
class Abort(Statement):
    """The node ended a run: why, in which step, and which peer it was waiting for or contradicts (None: itself)."""

    KIND = "abort"

    reason: Annotated[str, choice(STATED)]
    step: Code | None
    peer: Name | None


@dataclass(frozen=True, slots=True)
class Erased(Fields):
    """One working copy that is gone; ``sha256`` of what it held, None where it was never written as bytes."""

    kind: Annotated[str, choice(WORKING_COPIES)]
    sha256: Hash | None


@dataclass(frozen=True, slots=True)
class Erasure(Statement):
    """Working copies that were erased, at ``time``."""

    KIND = "erasure"

    copies: Annotated[tuple[Erased, ...], Many(_MAX_OUTPUTS)]


@dataclass(frozen=True, slots=True)
class TaskEnd(Statement):
    """The last word about a task: ``entries`` are the positions in this log of everything that the party stated before it.

    A position below an anchored root holds one envelope only, so nothing of the list can be left out or replaced unseen.
    A party that had stated nothing says so with an empty list.
    """

    KIND = "task-end"

    entries: Annotated[tuple[int, ...], _POSITIONS]


KINDS: Final[tuple[type[Statement], ...]] = (
    TaskContract, ConsentCheck, InputCommitment, Run, OutputCommitment, Release, Refusal, Abort, Erasure, TaskEnd,
)  # fmt: skip
"""What parties state today."""
OLDER: Final[tuple[type[Statement], ...]] = (RunV2,)
"""What earlier releases stated, in bundles that still verify."""
READ: Final[tuple[type[Statement], ...]] = (*KINDS, *OLDER)
"""What is read."""


def predicate_type(kind: type[Statement]) -> str:
    """The in-toto predicate type: an identifier, not an address that anybody fetches."""
    return f"{PREDICATE_PREFIX}{kind.KIND}/v{kind.VERSION}"


_BY_KIND: Final = {kind.KIND: kind for kind in KINDS}
_BY_TYPE: Final = {predicate_type(kind): kind for kind in READ}


def kind_of(statement: Statement) -> type[Statement]:
    """Today's type of the statement's kind, whatever its version: what rules about kinds go by."""
    return _BY_KIND[statement.KIND]


def serialise(statement: Statement) -> bytes:
    """Canonical bytes of the in-toto statement: what is signed and logged.

    Raises :class:`FormatError` when a field holds what the format does not allow, so nothing is signed that
    :func:`parse` would refuse.
    """
    document = _document(statement)
    if _read(document) != statement:
        raise FormatError(
            "statement.not_canonical", f"This {statement.KIND} statement has another canonical form.", "Report it."
        )
    return canonical.dumps(document)


def parse(data: bytes) -> Statement:
    """Read a statement strictly from its canonical bytes; unknown predicate types and fields are refused."""
    document = canonical.loads(data, LIMITS.envelope)
    statement = _read(document)
    if _document(statement) != document:
        raise FormatError(
            "statement.subject",
            "The statement's subjects do not follow from its predicate.",
            "Name exactly the subjects that the predicate type prescribes.",
        )
    return statement


def digest(statement: Statement) -> bytes:
    """SHA-256 of the canonical bytes; ``Abort.statement`` on chain is this value."""
    return hashlib.sha256(serialise(statement)).digest()


def _document(statement: Statement) -> dict[str, object]:
    subjects = [("task-contract", statement.contract), *statement.subjects()]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": value.hex()}} for name, value in subjects],
        "predicateType": predicate_type(type(statement)),
        "predicate": statement.to_json(),
    }


def _read(document: object) -> Statement:
    record = Record(document, "statement")
    record.const("_type", STATEMENT_TYPE)
    record.take("subject")  # parse() compares it whole with what the predicate prescribes
    uri = record.take("predicateType")
    kind = _BY_TYPE.get(uri) if isinstance(uri, str) else None
    if kind is None:
        raise FormatError("statement.unknown_type", f"{uri!r} is no predicate type of ours.", "Update the software.")
    statement = kind.parse(record.take("predicate"), kind.KIND)
    record.done()
    if kind.RUN_KNOWN and statement.run is None:
        raise wrong(f"{kind.KIND}.run", "a run id")
    return statement
