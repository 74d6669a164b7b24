"""What logs and witnesses say to each other: C2SP tlog-witness, ``POST <prefix>/add-checkpoint``.

A witness remembers of each log one head. It cosigns a head that the log's key signed and that extends the remembered one by an
RFC 9162 proof, and nothing else; so whoever shows a cosigned head shows what everybody was shown who asked the same witness.
Everything here is pure: who keeps the head durably, and when, is the witness's business.

Sources: https://c2sp.org/tlog-witness, https://c2sp.org/tlog-cosignature
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote

from protocol import checkpoint, merkle
from protocol.checkpoint import Checkpoint, NoteSignature, SignedCheckpoint
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.limits import LIMITS
from protocol.vkeys import VerifierKey

ADD: Final = "add-checkpoint"
"""The path below a witness's submission prefix."""
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of a 409's body: the size that the witness cosigned last."""
MOST_PROOF: Final = 63
MOST: Final = 5 + 20 + MOST_PROOF * 45 + 1 + checkpoint.MAX_BYTES
"""Bytes of a request at most."""
_OLD: Final = re.compile(rb"old (0|[1-9][0-9]{0,19})")
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,19})\n")


@dataclass(frozen=True, slots=True)
class Submission:
    """A request: the size that the witness is believed to have cosigned last, the proof from there, the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def data(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}\n".encode(), *(base64.b64encode(item) + b"\n" for item in self.proof), b"\n"]
        return b"".join(lines) + self.note

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request's body; the checkpoint in it is not looked at."""
        if len(data) > MOST:
            raise _malformed(f"it is over {MOST} bytes")
        head, separator, note = data.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        old = _OLD.fullmatch(first)
        if not separator or old is None or int(old[1]) >= 2**64 or len(lines) > MOST_PROOF:
            raise _malformed("it is no old size, proof, empty line and checkpoint")
        found = cls(int(old[1]), tuple(_hash(line) for line in lines), note)
        if found.data() != data:
            raise _malformed("it is not in its canonical form")
        return found

    @property
    def origin(self) -> str:
        """The checkpoint's first line, before anything else of it is read."""
        return self.note.partition(b"\n")[0].decode("utf-8", "replace")


def judge(asked: Submission, key: bytes | None, kept: Checkpoint | None) -> SignedCheckpoint:
    """The checkpoint that may be cosigned now, with the log's own signature alone; :class:`RefusedError` ``witness.*`` otherwise, with the ``status`` to answer.

    ``key`` is the log's, None where the witness does not follow it; ``kept`` what it cosigned last of it.
    """
    if key is None:
        raise _refused(
            "unknown_log", 404, "The witness does not follow this log.", "Ask its operator to add the log's key."
        )
    note = checkpoint.parse(asked.note)
    try:
        checkpoint.verify(note, key)
    except VerificationError as error:
        raise _refused(
            "unsigned", 403, "The log's key that the witness knows did not sign this.", "Send the log's own checkpoint."
        ) from error
    head = note.checkpoint
    size, root = (0, merkle.EMPTY_ROOT) if kept is None else (kept.size, kept.root)
    if asked.old > head.size:
        raise _refused("old_above", 400, "The old size is above the checkpoint's.", "Send a newer checkpoint.")
    if asked.old != size:
        raise _refused("other_size", 409, f"The witness cosigned size {size} last.", "Prove from there.", size)
    if head.size == size and head.root != root:
        raise _refused(
            "contradiction",
            409,
            f"The witness cosigned another head of size {size}.",
            "The log has forked: keep both.",
            size,
        )
    try:
        merkle.verify_consistency(size, root, head.size, head.root, asked.proof)
    except VerificationError as error:
        raise _refused(
            "no_proof",
            422,
            f"The proof from size {size} does not hold.",
            "Send another; without one the log has forked.",
        ) from error
    # what others added is not the witness's to keep
    return checkpoint.without_others(note, key)


def taken(answer: bytes, note: SignedCheckpoint, witness: VerifierKey, now: int) -> tuple[NoteSignature, int]:
    """The witness's cosignature in its answer, and its time; signatures of others are ignored.

    It was made for this request: a time that is not now (``witness.time``) is an answer of the past, or a clock that is wrong.
    """
    found = checkpoint.parse(checkpoint.SignedCheckpoint(note.checkpoint, note.signatures[:1]).data() + answer)
    time = checkpoint.verify_cosignature(found, witness.name, witness.public)
    if abs(time - now) > LIMITS.clock_skew:
        raise VerificationError(
            "witness.time", f"The cosignature's time is {time}, here it is {now}.", "Compare both clocks with UTC."
        )
    wanted = checkpoint.key_id(witness.name, witness.public, checkpoint.COSIGNATURE)
    return next(item for item in found.signatures if (item.name, item.key_id) == (witness.name, wanted)), time


def size_in(answer: bytes) -> int:
    """The size in the body of a 409."""
    match = _SIZE.fullmatch(answer)
    if match is None or int(match[1]) >= 2**64:
        raise FormatError("witness.answer", "The answer holds no size.", "Ask the witness's operator.")
    return int(match[1])


def head_path(origin: str) -> str:
    """Where our witness shows the head that it cosigned last, below its prefix; the form is tlog-mirror's."""
    return f"{quote(origin, safe='')}/checkpoint"


def _hash(line: bytes) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("a line of the proof is no base64") from error
    if len(found) != merkle.HASH_SIZE:
        raise _malformed("a line of the proof is no hash")
    return found


def _refused(code: str, status: int, what: str, fix: str, size: int | None = None) -> RefusedError:
    return RefusedError(f"witness.{code}", what, fix, status=status, size=size)


def _malformed(reason: str) -> FormatError:
    return FormatError(
        "witness.malformed", f"This is no add-checkpoint request: {reason}.", "See https://c2sp.org/tlog-witness."
    )
