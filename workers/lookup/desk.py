"""What the commands of a lookup share: a node's keys and what it keeps, without chain or coordinator."""

import time
import tomllib
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import FormatError
from protocol.limits import LIMITS
from workers.data_sets import DataSetStore
from workers.keystore import NodeKeys
from workers.lookup.asking import Asker
from workers.lookup.lists import Lists
from workers.node import load_settings
from workers.state import read_state
from workers.vault import Vault

_LIMIT: Final = LIMITS.envelope


@dataclass(frozen=True, slots=True)
class LookupDesk:
    """A node's part in lookups: its lists, and what it asks with."""

    party: str
    keys: NodeKeys = field(repr=False)
    lists: Lists
    asker: Asker


@contextmanager
def open_lookup(folder: Path) -> Generator[LookupDesk]:
    """Open a node's state folder for its lookups, beside the running node or without it."""
    config, keys = load_settings(folder)
    vault = Vault(keys.storage_key)
    with read_state(folder) as state, closing(Asker(state, folder, keys, now)) as asker:
        yield LookupDesk(
            config.party, keys, Lists(folder, config.party, keys, vault, DataSetStore(folder / "data", vault)),
            asker,
        )  # fmt: skip


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
