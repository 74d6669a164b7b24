"""A holder with a small list, and an asker that talks to it without a network."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lookup import oprf
from lookup.mirror import Mirror
from protocol import dsse
from protocol.checkpoint import Origin
from protocol.errors import RefusedError
from protocol.lookup import LookupAnswer, MirrorManifest, Question, oprf_input
from protocol.sessions import SessionAsker, SessionOpened, SessionTerms
from workers.data_sets import DataSetStore, draw_reference
from workers.keystore import NodeKeys
from workers.lookup.evaluator import Holder
from workers.lookup.lists import Lists
from workers.lookup.serving import Service
from workers.sessions.ledger import Ledger
from workers.sessions.proofs import Log, Proofs
from workers.sources.schema import Schema
from workers.vault import Vault

NOW = 1_800_000_000
LISTED = {"A001": "overdue", "A002": "fraud", "号码三": "诈骗"}
SCHEMA: dict[str, Any] = {
    "format": "tallystick/declared-schema/v2",
    "title": {"en": "Blacklist", "zh": "黑名单"},
    "data_level": 3,
    "sensitive": [],
    "columns": [{"name": "person", "kind": "identifier"}, {"name": "reason", "kind": "text"}],
}


class Registry:
    """Who may ask, as the chain would say."""

    def __init__(self) -> None:
        self.parties: dict[bytes, str] = {}

    @property
    def keys(self) -> tuple[bytes, ...]:
        return tuple(sorted(self.parties))

    def party_of(self, key: bytes) -> str:
        if key not in self.parties:
            raise RefusedError("lookup.unknown_asker", "This key is nobody's.", "Ask the holder.")
        return self.parties[key]


@dataclass
class Bank:
    """A holder's node, as far as its lists and sessions go."""

    folder: Path
    party: str = "bank"
    keys: NodeKeys = field(default_factory=NodeKeys.draw)
    now: int = NOW
    per_minute: int = 100
    uses: int = 10_000

    def __post_init__(self) -> None:
        vault = Vault(self.keys.storage_key)
        self.store = DataSetStore(self.folder / "data", vault)
        self.lists = Lists(self.folder, self.party, self.keys, vault, self.store)
        self.reference = draw_reference("blacklist")
        self.registry = Registry()
        self.ledger = Ledger(self.folder)
        self.holder = Holder(self.party, self.keys, self.lists, self.ledger, self.registry, lambda: self.now)
        self._session: tuple[bytes, tuple[object, ...]] | None = None

    def close(self) -> None:
        self.ledger.close()

    def reopen(self) -> None:
        """As after a restart."""
        self.ledger.close()
        self.ledger = Ledger(self.folder)
        self.holder = Holder(self.party, self.keys, self.lists, self.ledger, self.registry, lambda: self.now)

    @property
    def service(self) -> Service:
        """What stands behind the door; no node writes a log here."""
        log = Log(self.folder / "log" / "0", Origin(b"\x01" * 32, 1, self.party, 0))
        return Service(self.registry, self.holder, self.lists, Proofs(self.ledger, log, self.keys))

    def add_rows(self, rows: dict[str, str], version: int = 1) -> None:
        file = self.folder / f"{version}.csv"
        file.write_text("person,reason\n" + "".join(f"{person},{reason}\n" for person, reason in rows.items()), "utf-8")
        self.store.add(file, Schema.parse(SCHEMA), self.reference, version, "contract [ref 00]")

    def make(self, rows: dict[str, str] | None = None) -> MirrorManifest:
        """A first mirror of some rows."""
        self.add_rows(LISTED if rows is None else rows)
        return self.lists.make("blacklist", self.reference, 1, "reason", 86_400, self.now)

    def admit(self, keys: NodeKeys, party: str = "shop") -> None:
        self.registry.parties[keys.node_public] = party

    def terms(self, **changes: Any) -> SessionTerms:
        """Terms for everybody who was admitted."""
        askers = tuple(
            SessionAsker(name, self.per_minute, self.uses) for name in sorted(self.registry.parties.values())
        )
        found = SessionTerms(
            self.party, "lookup", "blacklist", self.reference, askers, "screening", "contract", self.now, self.now + 86_400,
            7200, 7200, bytes(32),
        )  # fmt: skip
        return replace(found, **changes)

    def open(self, terms: SessionTerms, *, logged: bool = True) -> bytes:
        """Open a session, and have the log say so."""
        session = terms.digest()
        said = SessionOpened(session, self.party, self.now)
        self.ledger.open(terms, dsse.sign(said.serialise(), self.keys.node_public, self.keys.sign), said.KIND)
        if logged:
            entry = self.ledger.last_entry(session)
            self.ledger.logged(entry, entry.envelope, 0, 0)
        return session

    @property
    def session(self) -> bytes:
        """The session that is open for everybody who was admitted."""
        what = (*self.registry.parties.values(), self.per_minute, self.uses)
        if self._session is None or self._session[1] != what:
            self._session = self.open(self.terms(nonce=len(what).to_bytes(32, "big"))), what
        return self._session[0]

    def mirrors(self) -> list[Mirror]:
        """What an asker fetches."""
        period = self.lists.period("blacklist")
        return [
            Mirror.read(self.lists.file(period, each.version), self.keys.node_public)
            for each in self.lists.versions(period)
        ]

    def ask(self, keys: NodeKeys, number: int, *ids: str) -> list[str | None]:
        """What an asker learns of ids."""
        mirrors = self.mirrors()
        blinding = oprf.Blinding.of([oprf_input(item.encode()) for item in ids])
        manifest = mirrors[0].manifest
        question = Question(self.session, manifest.base, number, blinding.points)
        answer = LookupAnswer.read(self.holder.answer(keys.node_public, question.data()))
        outputs = blinding.finish(answer.evaluation.evaluated, answer.evaluation.proof, manifest.public_key)
        found = [[mirror.find(output) for mirror in reversed(mirrors)] for output in outputs]
        return [next((label for label in labels if label is not None), None) for labels in found]
