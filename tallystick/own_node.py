"""What needs the party's own node: its rows, and the key that opens its results."""

import time
from collections.abc import Sequence
from pathlib import Path

from client import Signer
from client.result_file import NamedResult
from logs.configuration import configure_as_guest
from protocol.catalogue import Audience
from protocol.errors import UnavailableError
from tallystick.patience import patiently
from tallystick.progress import EVERY
from workers import enrol, results
from workers.node import open_desk
from workers.sources.schema import Schema


def add(
    state: Path, file: Path, schema: Path, name: str, legal_basis: str, signer: Signer, visible_to: Sequence[str]
) -> str:
    """Read, check, commit and store a file, and register it: the data set's reference.

    Raises :class:`workers.sources.problems.DataError` with every problem of the file; then nothing is stored or signed.
    """
    configure_as_guest("tallystick")
    with open_desk(state) as desk:
        stored = enrol.add_data_set(desk, file, Schema.read(schema), name, legal_basis)
        audience = Audience.of(list(visible_to)) if visible_to else None
        patiently(lambda: enrol.register(desk, stored, signer, audience))
    return stored.data_set


def result(state: Path, task: bytes, within: float) -> NamedResult:
    """A task's result: as the node has it, else fetched here, checked and attested."""
    configure_as_guest("tallystick")
    until = time.monotonic() + within
    while True:
        try:
            return NamedResult.read(results.fetched(state, task))
        except UnavailableError:
            if time.monotonic() >= until:
                raise
        time.sleep(EVERY)
