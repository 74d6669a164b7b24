"""Sessions: a holder answers many questions on stated terms, signs a receipt for each answer, and logs the receipts in batches.

A session is the SHA-256 of its terms, which hold 32 random bytes. Its answers are numbered 1, 2, 3… without gaps, in the order in which
they were given: that place, not the asker's number, which may have gaps, is what batches are made of. A batch is the RFC 6962 tree over the
canonical bytes of its receipts; one entry of the holder's log states (session, number of the batch, first, last, root), and names
the batch before. So for every place there is one receipt, and a holder that leaves one out, or gives two, has signed the proof of it.

The log's entries hold hashes and counts; the terms, which have words, are known to holder and askers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from protocol import dsse, merkle
from protocol.checkpoint import MAX_BYTES
from protocol.codec import blob, choice, integer, lines, text
from protocol.errors import FormatError, RefusedError, VerificationError
from protocol.fields import Count, Document, Fields, Hash, Many, Name, Reference
from protocol.limits import LIMITS
from protocol.logged import LogStatement
from protocol.messages import EntryProof, MerkleProof
from protocol.programs import Words
from protocol.sentences import chinese_span, english_span, quoted, time_said

RECEIPT_TYPE: Final = "application/vnd.tallystick.answer-receipt+json"
WINDOW: Final = 1_000
"""How far numbers of questions may lie from the highest one that was seen."""
NUMBERS: Final = 2**53 - 1
CUT: Final = 60
"""Seconds: receipts are put into a batch when a minute of the clock is over, so a node anchors at most once a minute for them."""
BATCH_MOST: Final = 65_536
"""Receipts of one batch at most."""
SHORTEST_DELAY: Final = 5 * CUT
LONGEST_DELAY: Final = 86_400
LONGEST: Final = 31 * 86_400
"""Seconds that a session lasts at most."""
MOST_ASKERS: Final = LIMITS.parties
_MOST_USES: Final = 10**9

Service = Literal["lookup"]
SERVICES: Final[tuple[Service, ...]] = ("lookup",)
End = Literal["ended", "idle", "over", "data", "suspended"]
ENDS: Final[dict[End, Words]] = {
    "ended": Words("The holder ended it.", "名单持有方已结束会话。"),
    "idle": Words("Nobody asked for as long as the terms allow.", "超过条款规定的时间无人提问。"),
    "over": Words("Its time is over.", "会话期限已到。"),
    "data": Words(
        "A version of the data behind it was retired, or is not registered.", "其背后的数据版本已停用，或未登记。"
    ),
    "suspended": Words(
        "The holder was suspended in the registry, or its node keys changed.",
        "名单持有方在登记簿中被暂停，或其节点密钥已更换。",
    ),
}
"""Why sessions end."""

AnswerNumber = Annotated[int, integer(1, NUMBERS)]


@dataclass(frozen=True, slots=True)
class SessionAsker(Fields):
    """Who may ask, and how much: ``per_minute`` and ``uses`` (in all) count ids, not questions."""

    party: Name
    per_minute: Annotated[int, integer(1, _MOST_USES)]
    uses: Annotated[int, integer(1, _MOST_USES)]


@dataclass(frozen=True, slots=True)
class SessionTerms(Document):
    """What a holder offers: who may ask what, how often, until when. Times are unix seconds, ``idle`` and ``delay`` seconds.

    ``subject`` is what the service answers from, for ``lookup`` the list's name, and ``data_set`` where that comes from.
    Within ``delay`` of an answer its receipt is in a log that is anchored.
    """

    FORMAT: ClassVar[str] = "tallystick/session-terms/v1"
    WHERE: ClassVar[str] = "terms"
    LIMIT: ClassVar[int] = 64 * 1024

    party: Name
    service: Annotated[Service, choice(SERVICES, "session.service")]
    subject: Name
    data_set: Reference
    askers: Annotated[tuple[SessionAsker, ...], Many(MOST_ASKERS, "party")]
    purpose: Annotated[str, text(1000)]
    legal_basis: Annotated[str, text(1000)]
    begins: Count
    ends: Count
    idle: Count
    delay: Count
    nonce: Hash

    def require(self, where: str) -> None:
        """Somebody else asks, and the times can be kept."""
        if not self.askers or self.party in {asker.party for asker in self.askers}:
            raise FormatError(
                "session.askers", f"{where} names nobody who may ask, or the holder itself.", "Name other parties."
            )
        if not self.purpose.strip() or not self.legal_basis.strip():
            raise FormatError(
                "session.purpose", f"{where} says nothing of purpose or legal basis.", "Say what ids are looked up for, and why that is lawful."
            )  # fmt: skip
        if any(asker.per_minute > asker.uses for asker in self.askers):
            raise FormatError(
                "session.uses", f"{where} allows more in a minute than in all.", "Raise `uses`, or lower `per_minute`."
            )
        if not 0 < self.ends - self.begins <= LONGEST or not CUT <= self.idle <= self.ends - self.begins:
            raise FormatError(
                "session.time", f"{where} lasts no time or too long, or its idle time does not fit into it.",
                f"Take at most {LONGEST} s in all, and from {CUT} s to all of it without a question.",
            )  # fmt: skip
        if not SHORTEST_DELAY <= self.delay <= LONGEST_DELAY:
            raise FormatError(
                "session.delay", f"{where} promises receipts on chain within {self.delay} s.",
                f"Promise them within {SHORTEST_DELAY} to {LONGEST_DELAY} s.",
            )  # fmt: skip

    def asker(self, party: str) -> SessionAsker:
        """What a party may ask; raises ``session.not_asker``."""
        found = next((asker for asker in self.askers if asker.party == party), None)
        if found is None:
            raise RefusedError(
                "session.not_asker", f"{party} may not ask in this session.", "Agree with the holder on who may ask."
            )
        return found


@dataclass(frozen=True, slots=True)
class AnswerReceipt(Document):
    """What a holder signs with each answer. ``answered`` is the answer's place in the session, ``number`` the asker's own,
    ``about`` the digest of what was answered from (for ``lookup`` the full mirror's manifest), ``question`` and ``answer`` the
    digests of the two records.
    """

    FORMAT: ClassVar[str] = "tallystick/answer-receipt/v1"
    WHERE: ClassVar[str] = "receipt"
    LIMIT: ClassVar[int] = 4096

    party: Name
    session: Hash
    answered: AnswerNumber
    asker: Name
    number: AnswerNumber
    time: Count
    about: Hash
    question: Hash
    answer: Hash

    def enveloped(self, signature: bytes, key: bytes) -> bytes:
        """The envelope that the holder's signature makes of it; raises ``signature.invalid`` for any other signature."""
        envelope = dsse.Envelope(self.data(), RECEIPT_TYPE, dsse.key_id(key), signature)
        dsse.verify(envelope, key)
        return envelope.data()

    def leaf(self) -> bytes:
        """Its leaf's hash in the tree of its batch."""
        return merkle.leaf_hash(self.data())


@dataclass(frozen=True, slots=True)
class SessionOpened(LogStatement):
    """A holder's node states that it answers on these terms, before it answers: ``session`` is their digest."""

    KIND: ClassVar[str] = "session-opened"

    session: Hash
    party: Name
    time: Count

    @property
    def about(self) -> bytes:
        """The session."""
        return self.session

    def subjects(self) -> list[tuple[str, bytes]]:
        """The terms."""
        return [("session-terms", self.session)]


@dataclass(frozen=True, slots=True)
class ReceiptBatch(LogStatement):
    """Receipts ``first`` to ``last`` of a session, by the root of their tree. ``number`` counts the session's batches from 1,
    ``previous`` is the SHA-256 of the one before, as it was stated.
    """

    KIND: ClassVar[str] = "receipt-batch"

    session: Hash
    party: Name
    number: AnswerNumber
    first: AnswerNumber
    last: AnswerNumber
    root: Hash
    previous: Hash | None
    time: Count

    @property
    def about(self) -> bytes:
        """The session."""
        return self.session

    @property
    def count(self) -> int:
        """How many receipts it has."""
        return self.last - self.first + 1

    def subjects(self) -> list[tuple[str, bytes]]:
        """The session, and the tree's root."""
        return [("session-terms", self.session), (f"receipts/{self.first}-{self.last}", self.root)]

    def require(self, where: str) -> None:
        """The first batch begins at 1 and follows none; every other one follows one."""
        begins = {self.number == 1, self.first == 1, self.previous is None}
        if len(begins) > 1 or not 1 <= self.count <= BATCH_MOST:
            raise FormatError(
                "session.batch", f"{where} is no batch of receipts: its numbers contradict each other.",
                "Ask the holder's node for the batch that it logged.",
            )  # fmt: skip

    def holds(self, receipt: AnswerReceipt, path: Sequence[bytes]) -> None:
        """Raise ``session.other_session``, ``session.outside_batch`` or ``merkle.inclusion`` unless the receipt stands at its place in it."""
        if (receipt.session, receipt.party) != (self.session, self.party):
            raise VerificationError(
                "session.other_session", "The receipt is of another session than the batch.",
                "Ask for the batch of the receipt's own session.",
            )  # fmt: skip
        if not self.first <= receipt.answered <= self.last:
            raise VerificationError(
                "session.outside_batch",
                f"The receipt is number {receipt.answered}, the batch has {self.first} to {self.last}.",
                "Ask for the batch that has this number.",
            )
        merkle.verify_inclusion(receipt.leaf(), receipt.answered - self.first, self.count, path, self.root)


@dataclass(frozen=True, slots=True)
class SessionEnded(LogStatement):
    """The end of a session: how many answers it gave, in how many batches, of which ``last`` is the SHA-256 of the last one."""

    KIND: ClassVar[str] = "session-ended"

    session: Hash
    party: Name
    reason: Annotated[End, choice(tuple(ENDS), "session.end")]
    answers: Count
    batches: Count
    last: Hash | None
    time: Count

    @property
    def about(self) -> bytes:
        """The session."""
        return self.session

    def subjects(self) -> list[tuple[str, bytes]]:
        """The terms."""
        return [("session-terms", self.session)]

    def require(self, where: str) -> None:
        """Answers without a batch, or a batch without answers, are none."""
        if len({self.answers == 0, self.batches == 0, self.last is None}) > 1 or self.batches > self.answers:
            raise FormatError(
                "session.end_count", f"{where} counts answers and batches that contradict each other.",
                "Ask the holder's node for the end that it logged.",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfferedSession(Fields):
    """A session that may be asked in: its terms, and the envelope in which the holder's node stated it."""

    terms: SessionTerms
    opened: Annotated[bytes, blob(LIMITS.envelope)]

    def signed(self, key: bytes) -> SessionTerms:
        """The terms, if ``key`` stated the session; raises ``session.other_terms``, ``dsse.*`` or ``signature.invalid``."""
        said = SessionOpened.read(dsse.open_envelope(self.opened, key))
        if (said.session, said.party) != (self.terms.digest(), self.terms.party):
            raise VerificationError(
                "session.other_terms", f"{self.terms.party} stated other terms than it shows.", "Do not ask on them."
            )
        return self.terms


@dataclass(frozen=True, slots=True)
class SessionList(Document):
    """The sessions in which an asker may ask about a list now."""

    FORMAT: ClassVar[str] = "tallystick/session-list/v1"
    WHERE: ClassVar[str] = "sessions"
    LIMIT: ClassVar[int] = LIMITS.envelope

    sessions: Annotated[tuple[OfferedSession, ...], Many(64)]


@dataclass(frozen=True, slots=True)
class AnswerProof(Document):
    """What shows that a receipt is in the holder's log: the session's terms, the entry of its batch, the receipt's path in the batch,
    and the log's checkpoint (C2SP signed note) at a size that is anchored.
    """

    FORMAT: ClassVar[str] = "tallystick/answer-proof/v1"
    WHERE: ClassVar[str] = "answer_proof"
    LIMIT: ClassVar[int] = LIMITS.envelope

    terms: SessionTerms
    batch: EntryProof
    path: MerkleProof
    checkpoint: Annotated[str, lines(MAX_BYTES), "C2SP signed note"]


def receipt_of(envelope: bytes, keys: Iterable[bytes]) -> AnswerReceipt:
    """The receipt that one of ``keys`` signed; raises ``dsse.*``, ``signature.invalid``, or ``session.unknown_key`` for a key not among them."""
    key = signer_of(envelope, keys)
    return AnswerReceipt.read(dsse.open_envelope(envelope, key, RECEIPT_TYPE))


def signer_of(envelope: bytes, keys: Iterable[bytes]) -> bytes:
    """The one of a party's node keys that an envelope names; raises ``session.unknown_key``."""
    named = dsse.parse(envelope).keyid
    found = next((key for key in keys if dsse.key_id(key) == named), None)
    if found is None:
        raise VerificationError(
            "session.unknown_key", f"The envelope names the key {named}, which is none of the party's.",
            "Take the node key that the registry holds for the party.",
        )  # fmt: skip
    return found


def require_distinct(receipts: Sequence[AnswerReceipt]) -> None:
    """Refuse (``session.two_answers``) signed receipts that one holder cannot have given honestly.

    A place in a session has one receipt; a number of an asker's has one question and one answer.
    """
    seen: dict[tuple[object, ...], AnswerReceipt] = {}
    for it in receipts:
        for place in ((it.party, it.session, it.answered), (it.party, it.session, it.asker, it.number)):
            known = seen.setdefault(place, it)
            if known != it:
                raise VerificationError(
                    "session.two_answers",
                    f"{it.party} signed two receipts where there is one: its answers {known.answered} and {it.answered}, to the "
                    f"questions {known.number} and {it.number} of {known.asker} and {it.asker}.",
                    "Keep both files: they prove that it answered a number twice, or gave one place to two answers.",
                )


def terms_sentence(terms: SessionTerms) -> Words:
    """Who may ask what, how often, until when: what a holder reads before it opens a session, and an asker before it asks."""
    english = ", ".join(f"{it.party} ({it.per_minute} ids a minute, {it.uses} in all)" for it in terms.askers)
    chinese = "、".join(f"{it.party}（每分钟{it.per_minute}个标识，共{it.uses}个）" for it in terms.askers)
    return Words(
        f"{terms.party} answers whether ids are on its list {terms.subject}, made of data set {terms.data_set}, to {english}, from "
        f"{time_said(terms.begins)} to {time_said(terms.ends)}, or until nobody asked for {english_span(terms.idle)}. Each asker learns of the ids "
        f"that it asks for whether they are listed, with their labels, and nothing else of the list; {terms.party} learns who asks, when, "
        f"and about how many ids, not about whom. Each answer's receipt is anchored on chain within {english_span(terms.delay)}. "
        f"Purpose: {quoted(terms.purpose)}. Legal basis: {quoted(terms.legal_basis)}.",
        f"{terms.party}就其名单{terms.subject}（来自数据集{terms.data_set}）向{chinese}答复标识是否在列，"
        f"自{time_said(terms.begins)}至{time_said(terms.ends)}，或至{chinese_span(terms.idle)}内无人提问为止。查询方只得知所查标识是否在列及其标签，"
        f"不得知名单的其他内容；{terms.party}得知谁在何时查询、查询多少个标识，不得知查询的是谁。"
        f"每次答复的回执在{chinese_span(terms.delay)}内上链存证。处理目的：{quoted(terms.purpose)}。合法性基础：{quoted(terms.legal_basis)}。",
    )
