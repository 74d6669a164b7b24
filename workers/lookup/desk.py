"""What the commands of a lookup share: a node's keys and what it keeps, without chain or coordinator."""

import threading
import time
import tomllib
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.sessions import SessionTerms
from workers.chain_view import ChainView
from workers.data_sets import DataSetStore
from workers.keystore import NodeKeys
from workers.lookup.asking import Asker
from workers.lookup.evaluator import Holder
from workers.lookup.lists import Lists
from workers.lookup.serving import Service
from workers.node import load_settings
from workers.sessions.ledger import Ledger
from workers.sessions.proofs import Log, Proofs
from workers.sessions.watch import DataOf, Watch
from workers.state import read_state
from workers.vault import Vault

_LIMIT: Final = LIMITS.envelope
_JOIN: Final = 10.0


@dataclass(frozen=True, slots=True)
class LookupDesk:
    """A node's part in lookups: its lists, and what it asks with."""

    folder: Path
    party: str
    keys: NodeKeys = field(repr=False)
    lists: Lists
    asker: Asker


@contextmanager
def open_lookup(folder: Path) -> Generator[LookupDesk]:
    """Open a node's state folder for its lookups, beside the running node or without it."""
    config, keys = load_settings(folder)
    vault = Vault(keys.storage_key)
    with read_state(folder) as state, closing(Asker(config.party, state, folder, keys, now)) as asker:
        yield LookupDesk(
            folder, config.party, keys, Lists(folder, config.party, keys, vault, DataSetStore(folder / "data", vault)),
            asker,
        )  # fmt: skip


@contextmanager
def open_service(desk: LookupDesk, chain: ChainView, log: Log) -> Generator[Service]:
    """What answers in the sessions of a node, with the chain looked at while inside. Raises ``UnavailableError`` where it cannot be seen."""
    with closing(Ledger(desk.folder)) as ledger:
        watch = Watch(chain, ledger, desk.keys.node_public, data_of(desk.lists), now)
        watch.look()
        thread = threading.Thread(target=watch.run, name="sessions", daemon=True)
        thread.start()
        try:
            holder = Holder(desk.party, desk.keys, desk.lists, ledger, watch, now)
            yield Service(watch, holder, desk.lists, Proofs(ledger, log, desk.keys))
        finally:
            watch.stop()
            thread.join(_JOIN)


def data_of(lists: Lists) -> DataOf:
    """What a session about a list is answered from now: nothing where there is no such list any more."""

    def found(terms: SessionTerms) -> tuple[str, tuple[int, ...]]:
        if not lists.present(terms.subject):
            return "", ()
        period = lists.period(terms.subject)
        return period.data_set, period.published

    return found


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def read_toml(path: Path) -> object:
    """A small TOML file; raises ``lookup.file``."""
    try:
        with path.open("rb") as file:
            return tomllib.loads(file.read(_LIMIT).decode())
    except (OSError, ValueError) as error:
        raise FormatError("lookup.file", f"{path} is no TOML file that can be read.", "Correct the file.") from error
