"""What an asker does: fetch and check mirrors, blind ids once for all holders, ask each over a link with pinned keys, look its mirror up.

A list is asked in a session, whose terms its holder's node signed, and which are kept beside the mirrors. Each answer is checked before it is
used: its proof against the key in the mirror's manifest, its receipt against the holder's node key. A question that gets no answer is sent once more, in the same bytes: the holder gives the answer that it kept.
"""

import http.client
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, cast

from lookup import oprf
from lookup.mirror import Mirror
from mpc.link import tls
from protocol import ids
from protocol.errors import FormatError, RefusedError, TallyError, UnavailableError, VerificationError
from protocol.fields import Document
from protocol.limits import LIMITS
from protocol.lookup import (
    LookupAnswer,
    LookupRefusal,
    MirrorList,
    MirrorManifest,
    Question,
    oprf_input,
    require_one,
)
from protocol.record import Record
from protocol.sessions import LONGEST_DELAY, AnswerProof, AnswerReceipt, SessionList, SessionTerms
from workers import disk
from workers.keystore import NodeKeys
from workers.lookup.ids import compared
from workers.lookup.lists import FOLDER
from workers.state import State

_AT_ONCE: Final = 16
_PATIENCE: Final = 20.0
_LIMIT: Final = 1 << 30
"""Bytes of a mirror's file."""
_SUFFIX: Final = ".mirror"
_SESSION: Final = "session.json"


@dataclass(frozen=True, slots=True)
class HeldList:
    """A list of a holder's: its node key as the registry has it, where it answers, and the list's name."""

    party: str
    key: bytes
    host: str
    port: int
    name: str

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Read one ``[[holder]]``."""
        record = Record(value, where)
        party, key = ids.name(record.take("party"), f"{where}.party"), record.hex32("key")
        host, port = record.text("host", 253), record.integer("port", 1, 65535)
        found = cls(party, key, host, port, ids.name(record.take("list"), f"{where}.list"))
        record.done()
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What one holder's list says of one id: its label, or None where it is not listed. ``receipt`` is the signed envelope."""

    held: HeldList
    label: str | None
    receipt: bytes = field(repr=False)


class Asker:
    """Asks holders' lists in the name of a node, which is ``party``'s."""

    def __init__(self, party: str, state: State, folder: Path, keys: NodeKeys, clock: Callable[[], int]) -> None:
        self._party = party
        self._state = state
        self._folder = disk.private_dir(disk.private_dir(folder / FOLDER) / "mirrors")
        self._keys = keys
        self._clock = clock
        self._links: dict[HeldList, _Link] = {}
        self._sessions: dict[HeldList, SessionTerms] = {}
        self._mirrors: dict[tuple[Path, bytes], Mirror] = {}
        self._ordered: dict[HeldList, tuple[tuple[Path, ...], list[Mirror]]] = {}

    def close(self) -> None:
        """Close the links to holders."""
        for link in self._links.values():
            link.close()

    def fetch(self, held: HeldList) -> list[MirrorManifest]:
        """Fetch the versions that a holder offers and this node has not, check them, and forget those of other keys."""
        place = self._place(held)
        link = self._link(held)
        offered = link.get(f"/v1/mirrors/{held.name}", MirrorList.LIMIT)
        wanted = {f"{each.digest.hex()}{_SUFFIX}": each for each in MirrorList.read(offered).versions}
        for name, each in wanted.items():
            if not (place / name).exists():
                data = link.get(f"/v1/mirrors/{held.name}/{each.version}", min(each.size, _LIMIT))
                self._keep(held, data, each.digest)
        kept = [(path, self._read(path, held.key)) for path in place.glob(f"*{_SUFFIX}")]
        # what was kept is compared before it is forgotten
        require_one([mirror.manifest for _, mirror in kept])
        present = {mirror.manifest.public_key for path, mirror in kept if path.name in wanted}
        found = in_order(held, [mirror for _, mirror in kept if mirror.manifest.public_key in present])
        for path, mirror in kept:
            if mirror.manifest.public_key not in present:
                path.unlink()
                self._mirrors.pop((path, held.key), None)
        return [mirror.manifest for mirror in found]

    def join(self, held: HeldList) -> SessionTerms:
        """Fetch the sessions that a holder offers about a list, check them, and keep the one that ends last for asking.

        Raises ``session.none`` where it offers none.
        """
        offered = SessionList.read(self._link(held).get(f"/v1/sessions/{held.name}", SessionList.LIMIT))
        found = [it for it in offered.sessions if self._fits(it.signed(held.key), held)]
        if not found:
            raise RefusedError(
                "session.none",
                f"{held.party} offers no session about {held.name} in which this node may ask now.",
                "Agree with the holder on one.",
            )
        chosen = max(found, key=lambda it: (it.terms.ends, it.terms.digest()))
        disk.write_private(self._place(held) / _SESSION, SessionList((chosen,)).data())
        self._sessions.pop(held, None)
        return chosen.terms

    def terms(self, held: HeldList) -> SessionTerms:
        """The session in which a list is asked; raises ``session.not_joined``."""
        if held not in self._sessions:
            path = self._place(held) / _SESSION
            if not path.exists():
                raise RefusedError(
                    "session.not_joined", f"No session about {held.name} is kept here.", "Fetch it with `tally lookup fetch`."
                )  # fmt: skip
            (kept,) = SessionList.read(disk.read_private(path, SessionList.LIMIT)).sessions
            self._sessions[held] = kept.signed(held.key)
        return self._sessions[held]

    def proof(self, held: HeldList, receipt: AnswerReceipt) -> bytes:
        """What the holder shows of a receipt's place in its anchored log; to be verified by the caller."""
        path = f"/v1/sessions/{receipt.session.hex()}/answers/{receipt.answered}"
        return self._link(held).get(path, AnswerProof.LIMIT)

    def delay(self, held: HeldList, receipt: AnswerReceipt) -> int:
        """Seconds that the holder has for a receipt: as the terms say, or the most that any can, where they are not kept here any more."""
        terms = self.terms(held)
        return terms.delay if terms.digest() == receipt.session else LONGEST_DELAY

    def mirrors(self, held: HeldList) -> list[Mirror]:
        """The kept mirror of a list and its additions, in order of versions; raises ``lookup.no_mirror_kept`` without a full one.

        Raises ``lookup.two_mirrors`` where the holder signed two under one version.
        """
        paths = tuple(sorted(self._place(held).glob(f"*{_SUFFIX}")))
        known = self._ordered.get(held)
        if known is None or known[0] != paths:
            known = self._ordered[held] = paths, in_order(held, [self._read(path, held.key) for path in paths])
        return known[1]

    def ask(self, lists: Sequence[HeldList], texts: Sequence[str]) -> list[list[Found] | TallyError]:
        """For each list, what it says of each id, or why it said nothing: one holder that errs keeps no other from answering.

        Ids may be in any spelling that alignments take for the same.
        """
        blinding = oprf.Blinding.of([oprf_input(item) for item in compared(texts)])

        def one(held: HeldList) -> list[Found] | TallyError:
            try:
                return self._ask(held, blinding)
            except TallyError as error:
                return error

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(one, lists))

    def _ask(self, held: HeldList, blinding: oprf.Blinding) -> list[Found]:
        mirrors, terms, now = self.mirrors(held), self.terms(held), self._clock()
        manifest = mirrors[0].manifest
        manifest.in_force(now)
        session = terms.digest()
        number = self._state.next_number(f"session/{session.hex()}")
        question = Question(session, manifest.base, number, blinding.points)
        answer = LookupAnswer.read(self._answered(held, question))
        receipt = AnswerReceipt(
            held.party, session, answer.answered, self._party, number, answer.time, question.mirror, question.digest(),
            answer.evaluation.digest(),
        )  # fmt: skip
        if abs(answer.time - now) > LIMITS.clock_skew:
            raise VerificationError(
                "lookup.clock",
                f"{held.party} signed another time than it is here.",
                "Compare the clocks, and ask again.",
            )
        envelope = receipt.enveloped(answer.signature, held.key)
        outputs = blinding.finish(answer.evaluation.evaluated, answer.evaluation.proof, manifest.public_key)
        return [Found(held, _newest_label(mirrors, output), envelope) for output in outputs]

    def _fits(self, terms: SessionTerms, held: HeldList) -> bool:
        """Whether terms are of this holder, about this list, and name this party, now."""
        return (
            (terms.party, terms.subject) == (held.party, held.name)
            and self._clock() < terms.ends
            and self._party in {asker.party for asker in terms.askers}
        )

    def _answered(self, held: HeldList, question: Question) -> bytes:
        link = self._link(held)
        try:
            return link.post(question)
        except UnavailableError:  # a link that was open may have ended while nothing was asked
            return link.post(question)

    def _link(self, held: HeldList) -> "_Link":
        if held not in self._links:
            self._links[held] = _Link(held, self._keys)
        return self._links[held]

    def _read(self, path: Path, key: bytes) -> Mirror:
        """A kept mirror; its file is named by its digest and never changes."""
        if (path, key) not in self._mirrors:
            self._mirrors[path, key] = Mirror.read(disk.read_private(path, _LIMIT), key)
        return self._mirrors[path, key]

    def _keep(self, held: HeldList, data: bytes, digest: bytes) -> None:
        manifest = Mirror.read(data, held.key).manifest
        if manifest.digest() != digest or (manifest.holder, manifest.name) != (held.party, held.name):
            raise VerificationError(
                "lookup.other_mirror", f"{held.party} sent another mirror than it offers.", "Tell the holder."
            )
        disk.write_private(self._place(held) / f"{digest.hex()}{_SUFFIX}", data)

    def _place(self, held: HeldList) -> Path:
        return disk.private_dir(disk.private_dir(self._folder / held.party) / held.name)


def in_order(held: HeldList, mirrors: Sequence[Mirror]) -> list[Mirror]:
    """A full mirror and its additions, in order of versions."""
    require_one([mirror.manifest for mirror in mirrors])
    found = sorted(mirrors, key=lambda mirror: mirror.manifest.version)
    if not found or found[0].manifest.extends is not None:
        raise RefusedError(
            "lookup.no_mirror_kept", f"No mirror of {held.name} is here.", "Fetch it with `tally lookup fetch`."
        )
    if len({mirror.manifest.base for mirror in found}) > 1:
        raise VerificationError(
            "lookup.other_base",
            f"The mirrors of {held.name} that are kept here belong to two keys.",
            "Fetch them again.",
        )
    return found


def read_holders(values: object) -> tuple[HeldList, ...]:
    """The lists that are asked, from a file's ``[[holder]]`` tables."""
    record = Record(values, "holders")
    found = record.list("holder", LIMITS.parties, HeldList.parse)
    record.done()
    if not found or len({(held.party, held.name) for held in found}) != len(found):
        raise FormatError("lookup.holders", "The file names no list, or one twice.", "Name every list once.")
    return found


def _newest_label(mirrors: Sequence[Mirror], output: bytes) -> str | None:
    """What the latest version that has the id says."""
    labels = (mirror.find(output) for mirror in reversed(mirrors))
    return next((label for label in labels if label is not None), None)


class _Link:
    """A connection to a holder, whose node key is pinned as this node's is there; opened when it is needed, one question at a time."""

    def __init__(self, held: HeldList, keys: NodeKeys) -> None:
        self._held = held
        context = tls.context(keys.node_private(), [held.key], server=False)
        self._lock = threading.Lock()
        self._connection = http.client.HTTPSConnection(held.host, held.port, timeout=_PATIENCE, context=context)

    def close(self) -> None:
        """End the connection, if there is one."""
        with self._lock:
            self._connection.close()

    def get(self, path: str, limit: int) -> bytes:
        """What stands at a path."""
        return self._exchange("GET", path, b"", limit)

    def post(self, question: Document) -> bytes:
        """The answer to a question."""
        return self._exchange("POST", "/v1/questions", question.data(), LookupAnswer.LIMIT)

    def _exchange(self, method: str, path: str, body: bytes, limit: int) -> bytes:
        with self._lock:
            status, data = self._sent(method, path, body, limit)
        if len(data) > limit:
            self.close()
            raise FormatError("lookup.too_large", f"{self._held.party} answered more than it may.", "Tell the holder.")
        if status != http.client.OK:
            raise _refused(data)
        return data

    def _sent(self, method: str, path: str, body: bytes, limit: int) -> tuple[int, bytes]:
        connection = self._connection
        try:
            if connection.sock is None:
                connection.connect()
            if tls.peer_key(cast("ssl.SSLObject", connection.sock)) != self._held.key:
                raise VerificationError(
                    "lookup.other_holder", f"Not {self._held.party} answers there.", "Correct the address."
                )
            connection.putrequest(method, path, skip_accept_encoding=True)
            if body:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, response.read(limit + 1)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise UnavailableError(
                "lookup.unavailable", f"{self._held.party} does not answer at {self._held.host}:{self._held.port}.",
                "Ask the holder whether it serves, and whether it knows this node's key.",
            ) from error  # fmt: skip


def _refused(data: bytes) -> RefusedError:
    refusal = LookupRefusal.read(data)
    return RefusedError(refusal.code, refusal.what, refusal.fix, retry_after=refusal.retry_after)
