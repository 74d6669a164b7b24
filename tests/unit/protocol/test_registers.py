"""Places in storage against the compiler's own layout are in ``tests/unit/chain/test_compile.py``; here: what reads mean."""

import pytest

from protocol import ids, registers
from protocol.answers import Missing
from protocol.registers import AuthorizationFacts, Register, Registers, ReleaseFacts, TaskFacts
from protocol.vocabulary import TaskState
from tests.unit.protocol.simulated_task import CODE, ENGINES, PARTIES, SimulatedTask


def read(story: SimulatedTask) -> Registers:
    material = story.material()
    return Registers.read(material.registers, material.descent.top.state_root, story.trust)


def test_what_was_registered_is_read_back() -> None:
    story = SimulatedTask().complete()
    first = story.public["exchange"]
    story.rotate("exchange")
    found = read(story)
    for party in PARTIES:
        identity = ids.on_chain(party)
        key = {1: story.public[party]} if party != "exchange" else {1: first, 2: story.public[party]}
        assert {
            period: found.node_key(identity, period) for period in (1, 2) if found.node_key(identity, period)
        } == key
        assert found.node_key(identity, 0) is None, "a wallet signed"
    item = story.contract.inputs[0]
    facts = found.data_set(ids.on_chain(item.data_set), item.version)
    assert facts is not None
    assert (facts.owner, facts.rows) == (ids.on_chain(item.owner), 500)
    assert (facts.schema_hash, facts.input_root) == (story.schemas[item.data_set], story.roots[item.data_set])
    signed = story.signed[0]
    record = found.authorization(signed.message.digest(story.trust.domain("Consents")))
    assert record is not None
    assert record == AuthorizationFacts(ids.on_chain(signed.owner), story.wallets[signed.owner].address)
    program, engine = (found.release(ids.on_chain(name)) for name in ("psi.align@1.0.0", story.contract.engine))
    assert program == ReleaseFacts(CODE["psi.align@1.0.0"], False, "three", 3, 1)
    assert engine is not None
    assert (engine.code_digest, engine.is_engine) == (ENGINES[story.contract.engine], True)
    size, root = story.previous["hospital"]
    assert found.anchored_root(ids.on_chain("hospital"), 0, size) == root


def test_what_was_never_registered_is_proven_absent_and_what_is_not_proven_is_missing() -> None:
    story = SimulatedTask().complete()
    identity = ids.on_chain("nobody")
    wanted = [
        *registers.key_period_slots(identity, 1),
        *registers.data_set_slots(identity, 1),
        *registers.release_slots(identity),
        registers.succession(identity, identity),
        *registers.task_slots(identity),
        *registers.authorization_slots(identity),
        registers.anchored_root(identity, 0, 7),
    ]
    head = story.chain.built()[-1]
    proofs = story.chain.registers(wanted)
    found = Registers.read(proofs, story.material().descent.top.state_root, story.trust)
    assert head.hash == story.material().descent.top.hash
    assert found.node_key(identity, 1) is None
    assert found.data_set(identity, 1) is found.release(identity) is found.authorization(identity) is None
    assert found.successor_approvals(identity, identity) == 0
    assert found.task(identity) == TaskFacts(TaskState.NONE, started=False, commitments=0)
    assert found.anchored_root(identity, 0, 7) == bytes(32)
    for ask in (
        lambda: found.node_key(ids.on_chain("hospital"), 1),
        lambda: found.release(ids.on_chain("hospital")),
        lambda: found.authorization(ids.on_chain("hospital")),
        lambda: found.successor_approvals(identity, ids.on_chain("hospital")),
        lambda: found.data_set(identity, 2),
        lambda: found.anchored_root(identity, 0, 8),
    ):
        with pytest.raises(Missing, match="is not in the bundle"):
            ask()


def test_a_register_survives_json() -> None:
    for register in SimulatedTask().complete().material().registers.values():
        assert Register.parse(register.to_json(), "r") == register


def test_a_kind_of_committee_that_is_newer_than_the_verifier_is_not_guessed() -> None:
    place = registers.release_slots(bytes(32))
    words = {place[0]: b"\1" * 32, place[1]: (1 << 64 | 3 << 8).to_bytes(32, "big")}
    with pytest.raises(Missing, match="newer"):
        Registers(words).release(bytes(32))
