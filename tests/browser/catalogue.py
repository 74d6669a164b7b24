"""A catalogue with programs of the release and data sets that everybody may know of, for the page that proposes."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from chain.bindings import programs
from mpc.programs.catalogue import descriptors
from protocol import ids
from protocol.ask import complete
from protocol.catalogue import DATA_SET_TYPE, Audience, Column, DataSetDescriptor
from protocol.contract import Output, RowFilter, Step, TaskContract
from protocol.programs import COMMITTEES
from tests.integration.orchestrator.world import COLUMNS, WORDS, World

STATISTICS: Final = ("table.stack@1.0.0", "stats.groupby@1.0.0")


def publish(world: World, names: Collection[str]) -> None:
    """Have programs of the release published as they are, approved and described."""
    known = {each.program: each for each in descriptors()}
    for name in names:
        found = known[name]
        committee = COMMITTEES.index(found.committee)
        least, most = found.min_parties, found.max_parties
        publication = programs.publish(
            ids.on_chain(name),
            found.code_digest,
            committee,
            found.protection_level,
            found.security_model,
            least,
            most,
            1,
        )
        world.gateway.send(publication)
        world.approve(name)
    world.settle()
    for name in names:
        world.client("platform").publish_program(known[name])


def show_data(world: World) -> None:
    """Let every party know of the world's data sets, as their owners do with an audience."""
    for owner, reference in world.references.items():
        _show(world, owner, reference, COLUMNS)


def add_data(world: World, owner: str, short: str, *columns: Column) -> str:
    """One more data set that every party may know of; its name."""
    ordered = tuple(sorted(columns, key=lambda column: column.name))
    reference = world.register(owner, short, world.roots[owner], ordered)
    world.settle()
    _show(world, owner, reference, ordered)
    return reference


def statistics(world: World, groups: int = 4, age: str = "18", reference: str = "5a" * 16) -> TaskContract:
    """Counts by outcome over both owners' rows, of people of some age on; tasks of one ``reference`` ask the same."""
    steps = (
        Step("stack", STATISTICS[0], (), (("tables", tuple(sorted(world.references.values()))),)),
        Step("wards", STATISTICS[1], (("groups", groups),), (("by", ("stack.stacked.outcome",)), ("tables", ("stack.stacked",)))),
    )  # fmt: skip
    plain = world.contract(purpose=f"Counts [ref {reference}]", legal_basis=f"Statute [ref {reference}]")
    filters = {"laboratory": (RowFilter("age", "ge", age),)}
    inputs = tuple(
        replace(item, columns=("age", "outcome"), filters=filters.get(item.owner, ())) for item in plain.inputs
    )
    made = replace(plain, steps=steps, inputs=inputs, outputs=(Output("wards.count", ("hospital",)),))
    return complete(made, {each.program: each for each in descriptors() if each.program in STATISTICS})


def _show(world: World, owner: str, reference: str, columns: tuple[Column, ...]) -> None:
    described = DataSetDescriptor(
        data_set=reference,
        version=1,
        owner=owner,
        title=WORDS,
        columns=columns,
        rows=1000,
        data_level=3,
        sensitive=(),
    )
    envelope = world.parties[owner].envelope(described.data(), DATA_SET_TYPE)
    world.client(owner).register_data_set(envelope, Audience("public", ()))
