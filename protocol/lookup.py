"""Private lookup among named holders: what a holder publishes of its list, what is asked, answered and signed for.

A holder evaluates a verifiable oblivious PRF (RFC 9497, ristretto255-SHA512) under a key of one list and one period on each of its
ids, and publishes a *mirror*: a sorted table of cells of equal size

    position (8 bytes of the output's first half) ‖ ChaCha20-Poly1305 (RFC 8439) of the padded label

where the key is the output's second half and the nonce is the mirror's version, so that an addition that gives an id another label
never uses a nonce twice. An asker finds a cell only with the output for its id, which takes a question to the holder. Random cells
pad the table to one of few sizes.

Nobody gets a mirror of its own unnoticed: the manifest, signed by the holder's node key, has one digest, which is compared and anchored.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from protocol import dsse
from protocol.api import Sentence
from protocol.codec import integer, raw
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Code, Count, Document, Fields, Hash, Many, Name, Named
from protocol.limits import LIMITS
from protocol.sessions import AnswerNumber

MIRROR_TYPE: Final = "application/vnd.tallystick.lookup-mirror+json"
POINT: Final = 32
"""Bytes of a group element (RFC 9496)."""
PROOF: Final = 64
"""Bytes of a proof: challenge and response (RFC 9497, 2.2)."""
OUTPUT: Final = 64
"""Bytes of the function's output."""
POSITION: Final = 8
TAG: Final = 16
LONGEST_LABEL: Final = 255
"""Bytes of UTF-8."""
PERIOD: Final = 86_400
"""Seconds that a key is in force at most: an output works until the key changes."""
BATCH: Final = 1_000
"""Points of one question at most."""
_INPUT: Final = b"tallystick/lookup/v1\0"
_LEAST: Final = 1_024
_LEAST_ADDED: Final = 64
_STEPS: Final = 8
_MAGIC: Final = b"tally-mirror-1\n"
_LENGTH: Final = 4

Point: TypeAlias = Annotated[bytes, raw(POINT)]
Points: TypeAlias = Annotated[tuple[Point, ...], Many(BATCH)]


@dataclass(frozen=True, slots=True)
class MirrorManifest(Document):
    """What a holder signs of one version of its mirror; ``extends`` is the digest of the full mirror that additions belong to.

    ``cells`` is the padded number of cells, ``label_bytes`` the padded length of a label, times are unix seconds.
    """

    FORMAT: ClassVar[str] = "tallystick/lookup-mirror/v1"
    WHERE: ClassVar[str] = "mirror"
    LIMIT: ClassVar[int] = 4096

    holder: Name
    name: Annotated[Name, Named("list")]
    version: Annotated[int, integer(1, 2**32 - 1)]
    extends: Hash | None
    public_key: Point
    not_before: Count
    not_after: Count
    cells: Annotated[int, integer(1)]
    label_bytes: Annotated[int, integer(0, LONGEST_LABEL)]
    table: Hash

    def require(self, where: str) -> None:
        """A period of at most a day, and one of the public sizes."""
        if not 0 < self.not_after - self.not_before <= PERIOD:
            raise FormatError(
                "lookup.period", f"{where} names a key period that is empty or longer than {PERIOD} s.",
                "Ask the holder for a mirror under a key of at most a day.",
            )  # fmt: skip
        if self.cells != public_size(self.cells, added=self.extends is not None) or self.cells > public_size(
            LIMITS.psi_ids
        ):
            raise FormatError(
                "lookup.size", f"{where} has {self.cells} cells, which is none of the public sizes.",
                "Ask the holder for a mirror that is padded.",
            )  # fmt: skip

    @property
    def cell_bytes(self) -> int:
        """Size of one cell."""
        return cell_size(self.label_bytes)

    @property
    def base(self) -> bytes:
        """The digest of the full mirror: what questions name."""
        return self.digest() if self.extends is None else self.extends

    def in_force(self, now: int) -> None:
        """Refuse (``lookup.period_over``) a mirror before or after its key's period."""
        if not self.not_before <= now < self.not_after:
            raise period_over(self.name)


@dataclass(frozen=True, slots=True)
class Question(Document):
    """What an asker sends a holder over a link that proves its key: blinded ids, under a number that it has not used for others.

    ``mirror`` is the digest of the full mirror whose key is asked, in the session ``session``.
    """

    FORMAT: ClassVar[str] = "tallystick/lookup-question/v2"
    WHERE: ClassVar[str] = "question"
    LIMIT: ClassVar[int] = 64 * 1024

    session: Annotated[bytes, raw(32)]
    mirror: Annotated[bytes, raw(32)]
    number: AnswerNumber
    blinded: Points

    def require(self, where: str) -> None:
        """At least one point."""
        if not self.blinded:
            raise FormatError("lookup.empty", f"{where} asks nothing.", "Ask for at least one id.")


@dataclass(frozen=True, slots=True)
class Evaluation(Document):
    """One evaluated point for each blinded one, and one proof for all that the manifest's key was used (RFC 9497, 2.2)."""

    WHERE: ClassVar[str] = "evaluation"
    LIMIT: ClassVar[int] = 64 * 1024

    evaluated: Points
    proof: Annotated[bytes, raw(PROOF)]


@dataclass(frozen=True, slots=True)
class LookupAnswer(Document):
    """An evaluation, its place in the session, and the signature over its receipt, which the asker builds itself from what it asked: its
    version is the receipt's.
    """

    WHERE: ClassVar[str] = "answer"
    LIMIT: ClassVar[int] = 64 * 1024

    evaluation: Evaluation
    answered: AnswerNumber
    time: Count
    signature: Annotated[bytes, raw(64)]


@dataclass(frozen=True, slots=True)
class MirrorVersion(Fields):
    """A version that a holder offers, by its manifest's digest; ``bytes`` of the whole file."""

    version: Annotated[int, integer(1, 2**32 - 1)]
    digest: Hash
    size: Annotated[Count, Named("bytes")]


@dataclass(frozen=True, slots=True)
class MirrorList(Document):
    """The versions in force of one list: the full mirror first, then its additions."""

    FORMAT: ClassVar[str] = "tallystick/lookup-versions/v1"
    WHERE: ClassVar[str] = "versions"
    LIMIT: ClassVar[int] = LIMITS.envelope

    versions: Annotated[tuple[MirrorVersion, ...], Many(LIMITS.log_entries, "version")]


@dataclass(frozen=True, slots=True)
class LookupRefusal(Document):
    """Why a holder does not answer: ``retry_after`` seconds, where waiting helps."""

    FORMAT: ClassVar[str] = "tallystick/lookup-refusal/v1"
    WHERE: ClassVar[str] = "refusal"
    LIMIT: ClassVar[int] = 8192

    code: Code
    what: Sentence
    fix: Sentence
    retry_after: Count | None


def oprf_input(id_bytes: bytes) -> bytes:
    """The function's input for an id in its compared form: the same for all holders, so that one blinding serves all."""
    return _INPUT + id_bytes


def cell_size(label_bytes: int) -> int:
    """Bytes of a cell whose label is padded to so many."""
    return POSITION + label_bytes + TAG


def public_size(count: int, *, added: bool = False) -> int:
    """The number of cells that stands for ``count`` entries: m · 2^k with m from 8 to 15, an eighth more at most.

    A full mirror has at least 1,024, additions 64.
    """
    count = max(count, _LEAST_ADDED if added else _LEAST)
    step = 1 << max(0, count.bit_length() - _STEPS.bit_length())
    return -(-count // step) * step


def packed(envelope: bytes, table: bytes) -> bytes:
    """The file that travels: the signed manifest, then the table."""
    return _MAGIC + len(envelope).to_bytes(_LENGTH, "big") + envelope + table


def opened(data: bytes, holder_key: bytes) -> tuple[MirrorManifest, memoryview]:
    """Manifest and table of a file; the manifest is signed by ``holder_key``, the table is the signed one."""
    start = len(_MAGIC) + _LENGTH
    size = int.from_bytes(data[len(_MAGIC) : start], "big")
    if not data.startswith(_MAGIC) or size > LIMITS.envelope or len(data) < start + size:
        raise FormatError("lookup.no_mirror", "This is no mirror of a list.", "Fetch the file again.")
    manifest = MirrorManifest.read(dsse.open_envelope(data[start : start + size], holder_key, MIRROR_TYPE))
    table = memoryview(data)[start + size :]
    if len(table) != manifest.cells * manifest.cell_bytes or hashlib.sha256(table).digest() != manifest.table:
        raise VerificationError(
            "lookup.other_table", f"The table of {manifest.name} is not the one that {manifest.holder} signed.",
            "Fetch the mirror again, and tell the holder if it stays so.",
        )  # fmt: skip
    return manifest, table


def require_one(manifests: Iterable[MirrorManifest]) -> None:
    """Refuse (``lookup.two_mirrors``) manifests that one holder cannot have signed without giving askers different lists.

    A list, the beginning of a period and a version have one manifest; a key is of one period.
    """
    seen: dict[tuple[object, ...], bytes] = {}
    for it in manifests:
        digest, begins = it.digest(), it.not_before.to_bytes(8, "big")
        version = (it.holder, it.name, it.not_before, it.version)
        if seen.setdefault(version, digest) != digest or seen.setdefault((it.holder, it.public_key), begins) != begins:
            raise VerificationError(
                "lookup.two_mirrors", f"{it.holder} signed two mirrors of {it.name} where there is one.",
                "Keep both files: they prove that it gives askers different lists, or uses a key longer than it says.",
            )  # fmt: skip


def period_over(name: str) -> RefusedError:
    """A list's key is not in force."""
    return RefusedError(
        "lookup.period_over", f"The key of {name} is not in force now.", "Fetch the holder's present mirror and ask with it."
    )  # fmt: skip
