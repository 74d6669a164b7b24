"""What a holder does with a question, whatever it came over: count it durably, evaluate it once, sign a receipt, keep the answer, give it.

An asker is known by its node key, which the link has proven. Nothing about who it is or what it may is taken from the question.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from lookup import oprf
from protocol import dsse, ids
from protocol.errors import FormatError, RefusedError
from protocol.lookup import (
    RECEIPT_TYPE,
    AnswerReceipt,
    Evaluation,
    LookupAnswer,
    MirrorManifest,
    Question,
)
from protocol.record import Record
from workers.keystore import NodeKeys
from workers.lookup.counters import Allowance, Counters
from workers.lookup.lists import KeyPeriod, Lists

_MOST: Final = 10**9


@dataclass(frozen=True, slots=True)
class Asker:
    """A party that may ask, by the node key that the registry holds for it."""

    party: str
    key: bytes
    allowance: Allowance

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one ``[[asker]]``."""
        record = Record(value, where)
        found = cls(
            ids.name(record.take("party"), f"{where}.party"),
            record.hex32("key"),
            Allowance(record.integer("per_minute", 1, _MOST), record.integer("per_period", 1, _MOST)),
        )
        record.done()
        return found


@dataclass(frozen=True, slots=True)
class _Open:
    """A list that is asked now."""

    period: KeyPeriod
    manifest: MirrorManifest
    digest: bytes
    counters: Counters


class Holder:
    """Answers for all lists of a node."""

    def __init__(
        self, party: str, keys: NodeKeys, lists: Lists, askers: Mapping[bytes, Asker], clock: Callable[[], int]
    ) -> None:
        self._party = party
        self._keys = keys
        self._lists = lists
        self._askers = askers
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def close(self) -> None:
        """Close what is counted."""
        with self._lock:
            for each in self._open.values():
                each.counters.close()
            self._open.clear()

    def answer(self, asker_key: bytes, body: bytes) -> bytes:
        """The answer to a question (canonical bytes both); raises :class:`TallyError` for what is not answered."""
        asker = self._asker(asker_key)
        question = Question.read(body)
        found, now = self._find(question.mirror), self._clock()
        found.manifest.in_force(now)
        oprf.check_points(question.blinded)
        name = bytes.fromhex(dsse.key_id(asker_key))
        kept = found.counters.reserve(name, question, asker.allowance, now)
        if kept is not None:
            return kept
        evaluation = Evaluation(*oprf.evaluate(found.period.secret, question.blinded))
        receipt = AnswerReceipt(
            self._party, name, question.mirror, question.number, now, question.digest(), evaluation.digest()
        )
        signature = self._keys.sign(dsse.pae(receipt.data(), RECEIPT_TYPE))
        return found.counters.keep(name, question.number, LookupAnswer(evaluation, now, signature).data())

    def listed(self, asker_key: bytes, name: str) -> KeyPeriod:
        """The present key period of a list, for whoever may ask."""
        self._asker(asker_key)
        return self._lists.period(name)

    def _asker(self, key: bytes) -> Asker:
        asker = self._askers.get(key)
        if asker is None:
            raise RefusedError(
                "lookup.unknown_asker",
                "This key is none of this holder's askers.",
                "Agree with the holder on who may ask.",
            )
        return asker

    def _find(self, mirror: bytes) -> _Open:
        """The list whose present full mirror has this digest; one that was made anew meanwhile is opened anew."""
        with self._lock:
            for name in self._lists.names():
                found = self._open.get(name)
                if found is None or self._lists.present(name) != found.period.folder:
                    if found is not None:
                        found.counters.close()
                    period = self._lists.period(name)
                    manifest = self._lists.base(period)
                    self._open[name] = _Open(period, manifest, manifest.digest(), Counters(self._lists.counts(period)))
            for each in self._open.values():
                if each.digest == mirror:
                    return each
        raise RefusedError(
            "lookup.unknown_mirror",
            "No list here has this mirror now.",
            "Fetch the holder's present mirror and ask with it.",
        )


def read_askers(values: object) -> dict[bytes, Asker]:
    """Who may ask, by key, from a file's ``[[asker]]`` tables; a key or a party that stands twice is refused."""
    record = Record(values, "askers")
    found = record.list("asker", 1000, Asker.parse)
    record.done()
    if (
        not found
        or len({asker.key for asker in found}) != len(found)
        or len({asker.party for asker in found}) != len(found)
    ):
        raise FormatError("lookup.askers", "The file names no asker, or one twice.", "Name every asker once.")
    return {asker.key: asker for asker in found}
