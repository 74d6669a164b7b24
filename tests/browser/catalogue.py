"""A catalogue with programs of the release and data sets that everybody may know of, for the page that proposes."""

from collections.abc import Collection

from chain.bindings import programs
from mpc.programs.catalogue import descriptors
from protocol import ids
from protocol.catalogue import DATA_SET_TYPE, Audience, Column, DataSetDescriptor
from protocol.programs import COMMITTEES
from tests.integration.orchestrator.world import WORDS, World


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
    columns = (Column("age", "integer", WORDS, nullable=False), Column("outcome", "boolean", WORDS, nullable=False))
    for owner, reference in world.references.items():
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
