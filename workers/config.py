"""``node.toml``: where the node finds everything; no secrets in it, they are in files of their own."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Self

from metrics.catalogue import LOCAL
from protocol import ids
from protocol.errors import FormatError
from protocol.plans import PARTY_MEMORY
from protocol.record import Record
from workers import disk
from workers.slots.counts import MOST, default_task_slots
from workers.slots.runs import Kind

FILE: Final = "node.toml"
_LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node's settings; paths are absolute. Times in seconds.

    ``relay_wait``: how long the coordinator may take to get a signed request onto the chain before the node sends it
    itself. ``connect_wait``: how long a run that has its slots waits for all its links. ``tick``: how often waiting work is
    looked at. ``task_slots``: how many tasks run at once; 0: as many as cores and memory carry. ``session_slots``: how many
    sessions run beside them, in slots of their own.
    ``broker_url_file`` empty: the broker's login is issued by the coordinator and kept sealed in the state folder.
    ``advertise_port`` 0: the node listens nowhere and tells nobody an address. It can bring data to tasks, since an owner
    outside the committee dials out, but not compute. ``party_memory``: bytes that a run may take; a task that is predicted
    to need more is refused. ``metrics_port`` 0: no monitor is told anything; no login guards that port, so an address other
    than this machine's own belongs to a network that only the monitor shares. ``law_policy``: the consortium's file of what is asked at least
    of data by level and kind (`tally law policy`); empty for the default.
    """

    party: str
    coordinator_url: str
    rpc_url: str
    broker_url_file: str
    broker_prefix: str
    passphrase_file: str
    wallet_address: str
    bind_host: str
    bind_port: int
    advertise_host: str
    advertise_port: int
    relay_wait: int = 15
    connect_wait: int = 20
    tick: int = 1
    party_memory: int = PARTY_MEMORY
    task_slots: int = 0
    session_slots: int = 0
    metrics_host: str = LOCAL
    metrics_port: int = 0
    law_policy: str = ""

    @property
    def slots(self) -> dict[Kind, int]:
        """Slots by kind. Sessions have none of the tasks', so one for tasks is always free of them."""
        return {
            Kind.TASK: self.task_slots or default_task_slots(self.party_memory),
            Kind.SESSION: self.session_slots,
        }

    @property
    def listens(self) -> bool:
        """Whether other nodes can reach this one, as compute parties must be."""
        return self.advertise_port > 0

    @classmethod
    def load(cls, state: Path) -> Self:
        """Read ``node.toml`` in the state folder."""
        path = state / FILE
        try:
            values = tomllib.loads(disk.read_private(path, _LIMIT).decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FormatError("node.config", f"{path} is not TOML: {error}.", "Correct the file.") from error
        record = Record(values, FILE)
        found = cls(
            ids.name(record.take("party"), "party"),
            *(record.text(name, 2000) for name in _TEXTS),
            bind_host=record.text("bind_host", 253),
            bind_port=record.integer("bind_port", 0, 65535),
            advertise_host=record.text("advertise_host", 253),
            advertise_port=record.integer("advertise_port", 0, 65535),
            relay_wait=record.integer("relay_wait", 0, 3600),
            connect_wait=record.integer("connect_wait", 1, 3600),
            tick=record.integer("tick", 1, 60),
            party_memory=(
                record.integer("party_memory", 256 * 1024**2, 2**53 - 1) if record.has("party_memory") else PARTY_MEMORY
            ),
            task_slots=record.integer("task_slots", 0, MOST) if record.has("task_slots") else 0,
            session_slots=record.integer("session_slots", 0, MOST) if record.has("session_slots") else 0,
            metrics_host=record.text("metrics_host", 253) if record.has("metrics_host") else LOCAL,
            metrics_port=record.integer("metrics_port", 0, 65535) if record.has("metrics_port") else 0,
            law_policy=record.text("law_policy", 2000) if record.has("law_policy") else "",
        )
        record.done()
        return found

    def save(self, state: Path) -> None:
        """Write ``node.toml``; an existing one is replaced."""
        lines = [f"{f.name} = {_toml(getattr(self, f.name))}" for f in fields(self)]
        disk.write_private(state / FILE, ("\n".join(lines) + "\n").encode())


_TEXTS: Final = ("coordinator_url", "rpc_url", "broker_url_file", "broker_prefix", "passphrase_file", "wallet_address")


def _toml(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    if any(ord(c) < 32 for c in value):
        raise FormatError("node.config", "A setting holds control characters.", "Remove them.")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
