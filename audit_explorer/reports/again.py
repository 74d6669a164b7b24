"""A report's inputs without the explorer: from a chain endpoint, from bundles, from what the explorer exported; two sources must agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit_explorer.records import EVERYTHING
from audit_explorer.reports.inputs import Happened, Inputs, inputs, select
from audit_explorer.rooms.listing import day
from audit_explorer.verification import told
from chain.deployment import Deployment
from chain.events import Logged, Undecoded
from chain.gateway import Gateway
from chain.indexer import Indexer, MemoryCursorStore
from protocol.contract import TaskContract
from protocol.errors import FormatError, VerificationError

_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Wanted:
    """The first and last day, "" where the explorer's inputs say it; and as of which block, None for those inputs' or the last final one."""

    since: str
    until: str
    block: int | None


def read(data: bytes) -> Inputs:
    """The explorer's export; ``report.*`` or ``json.*`` for anything else."""
    return Inputs.read(data)


def contract(data: bytes) -> TaskContract:
    """The contract in a bundle."""
    found = told(data)
    if found is None:
        raise FormatError(
            "report.unreadable", "This is no evidence bundle that can be read.", "Run `tally verify` on it."
        )
    return found.contract


def from_chain(
    rpc: str, deployment: Path, wanted: Wanted, contracts: Sequence[TaskContract], exported: Inputs | None
) -> Inputs:
    """What the chain says of a period. With ``exported``, names and contracts are taken from there, and its events must be the chain's."""
    gateway, store = Gateway(rpc, Deployment.load(deployment)), MemoryCursorStore()
    gateway.check()
    Indexer(gateway, store).catch_up()
    cursors = store.cursors()
    last = cursors[0].number if cursors else 0
    return of_events(gateway.deployment, store.events, last, wanted, contracts, exported)


def of_events(
    deployment: Deployment, logged: Sequence[Logged], last: int, wanted: Wanted, contracts: Sequence[TaskContract],
    exported: Inputs | None,
) -> Inputs:  # fmt: skip
    """As :func:`from_chain`, of a chain's events up to its ``last`` final block; ``report.chain_differs`` where the two do not agree."""
    if exported is not None and wanted.since == wanted.until == "":
        since, until = exported.since, exported.until
    else:
        since, until = day(wanted.since), day(wanted.until) + _DAY
    block = wanted.block if wanted.block is not None else last if exported is None else exported.block
    if block > last:
        raise FormatError(
            "report.not_final",
            f"Block {block} is not final at this endpoint: {last} is.",
            "Wait, or give an earlier block.",
        )
    happened = [
        Happened.of(item.event, item.block_number, item.log_index, item.time)
        for item in logged
        if not isinstance(item.event, Undecoded)
    ]
    found = inputs(
        deployment=bytes.fromhex(deployment.deployment_id[2:]), chain_id=deployment.chain_id, reader=EVERYTHING, since=since,
        until=until, block=block, happened=select(happened, since, until, block),
        names=[] if exported is None else [(item.kind, item.name) for item in exported.names],
        contracts=[*contracts, *(() if exported is None else exported.contracts)],
    )  # fmt: skip
    if exported is not None:
        _agree(found, exported)
    return found


def _agree(found: Inputs, exported: Inputs) -> None:
    """Whoever exported left nothing out and added nothing: of a reader of everything all, of another nothing that is not the chain's."""
    if (found.deployment, found.chain_id) != (exported.deployment, exported.chain_id):
        raise VerificationError(
            "report.chain_differs", "The inputs are of another chain or deployment.", "Give the right endpoint."
        )
    ours, theirs = (
        {(item.block, item.index): item for item in found.happened},
        {(item.block, item.index): item for item in exported.happened},
    )
    wrong = [place for place, item in theirs.items() if ours.get(place) != item]
    missing = [place for place in ours if place not in theirs] if exported.reader == EVERYTHING else []
    if wrong or missing:
        block, index = min([*wrong, *missing])
        what = "is not the chain's" if wrong else "is left out"
        raise VerificationError(
            "report.chain_differs",
            f"Event {index} of block {block} {what} in the inputs ({len(wrong) + len(missing)} differ).",
            "Trust neither before you know why: another endpoint, a reorganisation, or a forged export.",
        )
