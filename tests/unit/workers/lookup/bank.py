"""A holder with a small list, and an asker that talks to it without a network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookup import oprf
from lookup.mirror import Mirror
from protocol.lookup import LookupAnswer, MirrorManifest, Question, oprf_input
from workers.data_sets import DataSetStore, draw_reference
from workers.keystore import NodeKeys
from workers.lookup.counters import Allowance
from workers.lookup.evaluator import Asker, Holder
from workers.lookup.lists import Lists
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


@dataclass
class Bank:
    """A holder's node, as far as its lists go."""

    folder: Path
    party: str = "bank"
    keys: NodeKeys = field(default_factory=NodeKeys.draw)
    now: int = NOW
    allowance: Allowance = field(default_factory=lambda: Allowance(100, 10_000))

    def __post_init__(self) -> None:
        vault = Vault(self.keys.storage_key)
        self.store = DataSetStore(self.folder / "data", vault)
        self.lists = Lists(self.folder, self.party, self.keys, vault, self.store)
        self.reference = draw_reference("blacklist")
        self.askers: dict[bytes, Asker] = {}
        self.holder = Holder(self.party, self.keys, self.lists, self.askers, lambda: self.now)

    def add_rows(self, rows: dict[str, str], version: int = 1) -> None:
        file = self.folder / f"{version}.csv"
        file.write_text("person,reason\n" + "".join(f"{person},{reason}\n" for person, reason in rows.items()), "utf-8")
        self.store.add(file, Schema.parse(SCHEMA), self.reference, version, "contract [ref 00]")

    def make(self, rows: dict[str, str] | None = None) -> MirrorManifest:
        """A first mirror of some rows."""
        self.add_rows(LISTED if rows is None else rows)
        return self.lists.make("blacklist", self.reference, 1, "reason", 86_400, self.now)

    def admit(self, keys: NodeKeys, party: str = "shop") -> None:
        self.askers[keys.node_public] = Asker(party, keys.node_public, self.allowance)

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
        question = Question(manifest.base, number, blinding.points)
        answer = LookupAnswer.read(self.holder.answer(keys.node_public, question.data()))
        outputs = blinding.finish(answer.evaluation.evaluated, answer.evaluation.proof, manifest.public_key)
        found = [[mirror.find(output) for mirror in reversed(mirrors)] for output in outputs]
        return [next((label for label in labels if label is not None), None) for labels in found]
