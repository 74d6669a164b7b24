"""Places in storage against the compiler's own layout are in ``tests/unit/chain/test_compile.py``; here: what reads mean."""

import pytest

from protocol import ids, registers
from protocol.answers import Missing
from protocol.registers import Register, Registers
from tests.unit.protocol.simulated_task import PARTIES, SimulatedTask, named_hash


def read(story: SimulatedTask) -> Registers:
    material = story.material()
    return Registers.read(material.registers, material.descent.top.state_root, story.trust)


def test_what_was_registered_is_read_back() -> None:
    story = SimulatedTask().complete()
    found = read(story)
    for party in PARTIES:
        identity = ids.on_chain(party)
        assert found.wallet(identity) == story.wallets[party].address
        keys = found.keys_at(identity, story.chain.height)
        assert keys is not None
        assert (keys.node_key, keys.seal_key) == (story.public[party], named_hash(f"seal {party}"))
        admitted = PARTIES.index(party) + 1
        assert found.keys_at(identity, admitted) == keys
        assert found.keys_at(identity, admitted - 1) is None, "before its admission a party has no keys"
    item = story.contract.inputs[0]
    facts = found.data_set(ids.on_chain(item.data_set), item.version)
    assert facts is not None
    assert (facts.owner, facts.rows) == (ids.on_chain(item.owner), 500)
    assert (facts.schema_hash, facts.input_root) == (story.schemas[item.data_set], story.roots[item.data_set])
    size, root = story.previous["hospital"]
    assert found.anchored_root(ids.on_chain("hospital"), 0, size) == root


def test_what_was_never_registered_is_proven_absent_and_what_is_not_proven_is_missing() -> None:
    story = SimulatedTask().complete()
    identity = ids.on_chain("nobody")
    wanted = [
        *registers.party_slots(identity),
        *registers.data_set_slots(identity, 1),
        *registers.program_slots(identity),
        *registers.authorization_slots(identity),
        registers.anchored_root(identity, 0, 7),
    ]
    head = story.chain.built()[-1]
    proofs = story.chain.registers(wanted)
    found = Registers.read(proofs, story.material().descent.top.state_root, story.trust)
    assert head.hash == story.material().descent.top.hash
    assert found.wallet(identity) == "0x" + "00" * 20
    assert found.keys_at(identity, story.chain.height) is None
    assert found.data_set(identity, 1) is found.code_digest(identity) is found.authorization_owner(identity) is None
    assert found.anchored_root(identity, 0, 7) == bytes(32)
    for ask in (
        lambda: found.wallet(ids.on_chain("hospital")),
        lambda: found.keys_at(ids.on_chain("hospital"), 1),
        lambda: found.data_set(identity, 2),
        lambda: found.anchored_root(identity, 0, 8),
    ):
        with pytest.raises(Missing, match="is not in the bundle"):
            ask()


def test_a_register_survives_json() -> None:
    for register in SimulatedTask().complete().material().registers.values():
        assert Register.parse(register.to_json(), "r") == register
