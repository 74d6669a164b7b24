"""`tally up` and `tally down`: the demo's system as a background process with a pid file, to which parties can be added."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from chain.child import end_orphan, identify, is_alive, read_record, write_atomically
from demo import telling
from demo.data import Side, split
from demo.signals import Signals
from demo.site import Site
from demo.system import STATE, System
from logs.configuration import configure
from mpc.programs import catalogue
from protocol.errors import UnavailableError

FOLDER: Final = Path("state")
RECORD: Final = FOLDER / "up.pid"
ADDRESSES: Final = FOLDER / "up.json"
LOG: Final = FOLDER / "up.log"
_WAIT: Final = 300.0
_STOP: Final = 60.0
_LOOK: Final = 30.0
"""Seconds between two looks at the system where no signal asks for one."""


def start() -> None:
    """Start the system in a process of its own; print where everything is once it answers."""
    if not _runs():
        FOLDER.mkdir(exist_ok=True)
        ADDRESSES.unlink(missing_ok=True)
        with LOG.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "demo.background"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + _WAIT
        while not ADDRESSES.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise UnavailableError("up.not_started", "The system did not start.", f"See {LOG}.")
            time.sleep(0.2)
    print("\n".join(telling.addresses(json.loads(ADDRESSES.read_text()))))
    print("\n".join(telling.guide(Site(STATE))))


def add(party: str) -> None:
    """Add a party to the running system: wallet, application, admission, a node that is supervised like the others."""
    site = Site(STATE)
    site.add(party)
    telling.write_settings(site)
    owner = read_record(RECORD)
    if owner is None or not is_alive(owner):
        raise UnavailableError("up.not_running", "The system has stopped.", "Run `tally up`; the party is part of it.")
    os.kill(owner.pid, signal.SIGHUP)
    until, record = time.monotonic() + _WAIT, STATE / "pids" / f"node-{party}"
    while (node := read_record(record)) is None or not is_alive(node):
        if time.monotonic() > until:
            raise UnavailableError(
                "up.node_not_started",
                f"The node of {party} did not start.",
                f"See {STATE / 'logs' / f'node-{party}.log'}.",
            )
        time.sleep(0.2)
    print("\n".join(telling.party(site, party)))


def stop(*, quiet: bool = False) -> None:
    """Stop it in order; its state stays."""
    found = end_orphan(RECORD, signal.SIGTERM, _STOP)
    ADDRESSES.unlink(missing_ok=True)
    if not quiet:
        print("stopped" if found else "nothing was running")


def _runs() -> bool:
    identity = read_record(RECORD)
    return identity is not None and is_alive(identity) and ADDRESSES.exists()


def _serve() -> None:
    configure("up")
    signals = Signals()
    identity = identify(os.getpid())
    assert identity is not None
    record = {"pid": identity.pid, "started": identity.started, "boot": identity.boot}
    write_atomically(RECORD, json.dumps(record).encode())
    sides: dict[str, Side] = dict(zip(("hospital", "laboratory"), split(), strict=True))
    with System(STATE, sides, programs=[it.program for it in catalogue.descriptors()]) as system:
        system.start_explorer(demo_wallets=True)
        telling.write_settings(system)
        addresses = {
            "explorer": system.explorer_url,
            "desk": f"{system.explorer_url}/en/desk",
            "api": system.api_url,
            "chain": system.rpc_url,
            "state": str(system.state.resolve()),
            "stop": "make down",
        }
        write_atomically(ADDRESSES, json.dumps(addresses).encode(), mode=0o644)
        while not signals.stopping:
            signals.wait(_LOOK)
            if not signals.stopping:
                system.start_nodes()
                system.heal()
    ADDRESSES.unlink(missing_ok=True)
    RECORD.unlink(missing_ok=True)


if __name__ == "__main__":
    _serve()
