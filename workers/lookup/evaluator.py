"""What a holder does with a question, whatever it came over: count it durably, evaluate it once, sign a receipt, keep the answer, give it.

An asker is known by its node key, which the link has proven, and which party that is the registry says. Nothing about who it is or what
it may is taken from the question.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from lookup import oprf
from protocol import dsse
from protocol.errors import RefusedError
from protocol.lookup import Evaluation, LookupAnswer, MirrorManifest, Question
from protocol.sessions import RECEIPT_TYPE, AnswerReceipt, OfferedSession, SessionList
from workers.keystore import NodeKeys
from workers.lookup.lists import KeyPeriod, Lists
from workers.sessions.ledger import Answered, Asked, Ledger, Standing, over

_AT_ONCE: Final = 64
"""Questions that are evaluated at the same time at most."""


class Askers(Protocol):
    """Who may ask now."""

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Their node keys."""
        ...

    def party_of(self, key: bytes) -> str:
        """Whose key it is; refused where that is nobody who may ask."""
        ...


@dataclass(frozen=True, slots=True)
class _Open:
    """A list that is asked now."""

    name: str
    period: KeyPeriod
    manifest: MirrorManifest
    digest: bytes


class Holder:
    """Answers for all lists of a node."""

    def __init__(
        self, party: str, keys: NodeKeys, lists: Lists, ledger: Ledger, askers: Askers, clock: Callable[[], int]
    ) -> None:
        self._party = party
        self._keys = keys
        self._lists = lists
        self._ledger = ledger
        self._askers = askers
        self._clock = clock
        self._lock = threading.Lock()
        self._evaluating = tuple(threading.Lock() for _ in range(_AT_ONCE))
        self._open: dict[str, _Open] = {}

    def answer(self, asker_key: bytes, body: bytes) -> bytes:
        """The answer to a question (canonical bytes both); raises :class:`TallyError` for what is not answered."""
        party = self._askers.party_of(asker_key)
        question = Question.read(body)
        found, now = self._find(question.mirror), self._clock()
        found.manifest.in_force(now)
        if self._ledger.session(question.session).terms.subject != found.name:
            raise RefusedError(
                "session.other_list", "The session is about another list.", "Ask in a session that names this list."
            )
        oprf.check_points(question.blinded)
        asked = Asked(question.session, party, question.number, question.digest(), len(question.blinded))
        # a question that is sent again while it is evaluated waits, and gets the kept answer
        with self._evaluating[hash((asked.session, party, asked.number)) % _AT_ONCE]:
            return self._ledger.reserve(asked, now) or self._evaluate(found, question, asked, now)

    def _evaluate(self, found: "_Open", question: Question, asked: Asked, now: int) -> bytes:
        evaluation = Evaluation(*oprf.evaluate(found.period.secret, question.blinded))

        def make(answered: int) -> Answered:
            receipt = AnswerReceipt(
                self._party, asked.session, answered, asked.party, asked.number, now, question.mirror, asked.digest,
                evaluation.digest(),
            )  # fmt: skip
            signature = self._keys.sign(dsse.pae(receipt.data(), RECEIPT_TYPE))
            return Answered(LookupAnswer(evaluation, answered, now, signature).data(), receipt.leaf(), now)

        return self._ledger.keep(asked, make)

    def listed(self, asker_key: bytes, name: str) -> KeyPeriod:
        """The present key period of a list, for whoever may ask about it."""
        if not self._offered(asker_key, name):
            raise RefusedError(
                "session.none", f"No session about {name} is open for this asker.", "Agree with the holder on one."
            )
        return self._lists.period(name)

    def offered(self, asker_key: bytes, name: str) -> SessionList:
        """The sessions in which an asker may ask about a list now."""
        found = [OfferedSession(it.terms, self._ledger.opening(it.session)) for it in self._offered(asker_key, name)]
        return SessionList(tuple(found))

    def _offered(self, asker_key: bytes, name: str) -> list[Standing]:
        party, now = self._askers.party_of(asker_key), self._clock()
        return [
            it
            for it in self._ledger.sessions(unfinished=True)
            if not it.ended
            and it.terms.subject == name
            and over(it, now) is None
            and party in {asker.party for asker in it.terms.askers}
        ]

    def _find(self, mirror: bytes) -> _Open:
        """The list whose present full mirror has this digest; one that was made anew meanwhile is opened anew."""
        with self._lock:
            for name in self._lists.names():
                found = self._open.get(name)
                if found is None or self._lists.present(name) != found.period.folder:
                    period = self._lists.period(name)
                    manifest = self._lists.base(period)
                    self._open[name] = _Open(name, period, manifest, manifest.digest())
            for each in self._open.values():
                if each.digest == mirror:
                    return each
        raise RefusedError(
            "lookup.unknown_mirror",
            "No list here has this mirror now.",
            "Fetch the holder's present mirror and ask with it.",
        )
