"""The result user believes nobody: wrong, foreign, missing and contradicting shares (I7, EVIDENCE.md)."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import commitments, sealing
from protocol.backends import MODULUS
from protocol.commitments import Tensor
from protocol.contract import Output, Step, TaskContract
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.messages import RunDispatch, SealedShare
from protocol.vocabulary import TaskState
from tests.unit.protocol import samples
from tests.unit.workers.world import COMMITTEE, World, notice
from workers import results
from workers.checks import contract_of
from workers.jobs.settle import COLLECT_WAIT
from workers.results import Piece, reconstruct, values_of
from workers.sealed import SealedOutput


def finished(world: World) -> RunDispatch:
    message = world.start()
    world.dispatch(message)
    world.turns(6)
    return message


def shares_of(world: World) -> list[SealedShare]:
    return [r for r in world.coordinator.posted if isinstance(r, SealedShare)]


def swap(world: World, old: SealedShare, new: SealedShare | None) -> None:
    world.coordinator.posted = [r for r in world.coordinator.posted if r is not old]
    if new is not None:
        world.coordinator.posted.append(new)


def result_file(world: World, task: bytes, user: str = "hospital") -> dict:
    return json.loads((world.folder / user / "results" / task.hex() / "result.json").read_text())


def test_each_result_user_gets_its_own_outputs_only(world: World) -> None:
    message = finished(world)
    assert results.collect(world.nodes["laboratory"], message.task)
    assert list(result_file(world, message.task, "laboratory")["outputs"]) == ["fit.scores"]
    with pytest.raises(TallyError, match=r"result\.not_yours"):
        results.collect(world.nodes["exchange"], message.task)


def test_the_attested_hash_can_be_recomputed_from_the_file(world: World) -> None:
    message = finished(world)
    results.collect(world.nodes["hospital"], message.task)
    document = result_file(world, message.task)
    named = [
        (
            commitments.output_name(source),
            [bytes.fromhex(salt[2:]) for salt in item["salts"]],
            Tensor(tuple(item["shape"]), item["fraction_bits"], base64.b64decode(item["elements"])),
        )
        for source, item in document["outputs"].items()
    ]
    run = bytes.fromhex(document["run"][4:])
    assert "0x" + commitments.result_hash(message.task, run, named).hex() == document["result_hash"]


def test_the_file_says_how_each_step_was_made_with_all_its_parameters(world: World) -> None:
    message = finished(world)
    results.collect(world.nodes["hospital"], message.task)
    contract = contract_of(message, world.nodes["hospital"].chain.domain("Tasks"))
    steps = result_file(world, message.task)["steps"]
    assert [(step["step"], step["program"]) for step in steps] == [(it.id, it.program) for it in contract.steps]
    for told, step in zip(steps, contract.steps, strict=True):
        assert {name: str(value) for name, value in step.parameters} == {
            name: told["parameters"][name] for name, _ in step.parameters
        }
    made = results.made_by(Step("fit", "glm.logistic@1.0.0", (("c", "100"),), ()))
    assert (made.parameters["c"], made.parameters["class_weight"]) == ("100", "none")
    assert results.made_by(Step("fit", "other.fit@1.0.0", (("c", "5"),), ())).parameters == {"c": "5"}


def test_two_of_three_give_an_unchecked_result_without_attestation(world: World) -> None:
    message = finished(world)
    late = [share for share in shares_of(world) if share.party == "exchange"]
    for share in late:
        swap(world, share, None)
    world.machines["hospital"].collect(notice(message.task))
    results.collect_waiting(world.nodes["hospital"])
    document = result_file(world, message.task)
    assert (document["checked"], document["result_hash"]) == (False, None)
    assert document["outputs"]["fit.coefficients"]["values"] == [3.0, 3.0]
    assert not world.nodes["hospital"].state.owed(message.task, "attest")
    world.coordinator.posted += late
    world.now += 5
    results.collect_waiting(world.nodes["hospital"])
    assert result_file(world, message.task)["checked"] is True


def test_one_share_is_not_enough(world: World) -> None:
    message = finished(world)
    for share in shares_of(world):
        if share.party != "hospital":
            swap(world, share, None)
    with pytest.raises(UnavailableError, match=r"result\.too_few_shares"):
        results.collect(world.nodes["hospital"], message.task)


@pytest.mark.parametrize("state", [TaskState.STARTED, TaskState.DISPUTED, TaskState.ABORTED])
def test_nothing_is_reconstructed_unless_the_chain_says_completed(world: World, state: TaskState) -> None:
    message = finished(world)
    world.chain.set_state(message.task, state=state)
    with pytest.raises(TallyError, match=r"result\.(none|not_yet)"):
        results.collect(world.nodes["hospital"], message.task)
    assert not (world.folder / "hospital" / "results").exists()


def forge(world: World, share: SealedShare, element: int) -> SealedShare:
    """A party that seals another share than it committed to, and lists a commitment that opens it."""
    seal = world.keys[share.user].seal_public
    run = world.chain.committed[share.task, share.party].run_id
    fake = sealing.OpenedShare(b"\x01" * 32, Tensor((), 18, element.to_bytes(13, "little")))
    commitment = commitments.output_share(
        share.task, run, share.party, share.output, tensor=fake.tensor, salt=fake.salt
    )
    context = sealing.SealContext(share.task, run, share.party, share.output, commitment)
    blob = SealedOutput.read(share.sealed)
    listed = tuple((name, commitment if name == share.output else value) for name, value in blob.commitments)
    return replace(share, sealed=SealedOutput(listed, sealing.seal_share(seal, context, fake)).data())


def test_a_share_other_than_the_committed_one_is_refused(world: World) -> None:
    message = finished(world)
    share = next(s for s in shares_of(world) if (s.party, s.user) == ("exchange", "laboratory"))
    swap(world, share, forge(world, share, 12345))
    with pytest.raises(TallyError, match=r"result\.other_shares"):
        results.collect(world.nodes["laboratory"], message.task)


@pytest.mark.parametrize("attack", ["flip", "other_party", "other_output", "other_user"])
def test_altered_and_swapped_blobs_are_refused(world: World, attack: str) -> None:
    message = finished(world)
    mine = [s for s in shares_of(world) if s.user == "hospital"]
    share = next(s for s in mine if s.party == "exchange")
    if attack == "flip":
        raw = bytearray(share.sealed)
        raw[-40] ^= 1
        swap(world, share, replace(share, sealed=bytes(raw)))
    elif attack == "other_party":
        other = next(s for s in mine if s.party == "laboratory" and s.output == share.output)
        swap(world, share, replace(share, sealed=other.sealed))
    elif attack == "other_output":
        other = next(s for s in mine if s.party == "exchange" and s.output != share.output)
        swap(world, share, replace(share, sealed=other.sealed))
    else:
        other = next(s for s in shares_of(world) if s.user == "laboratory" and s.party == "exchange")
        target = next(s for s in mine if s.party == "exchange" and s.output == other.output)
        swap(world, target, replace(target, sealed=other.sealed))
    with pytest.raises(TallyError, match=r"(result|seal|json|vault)\."):
        results.collect(world.nodes["hospital"], message.task)


def test_shares_are_sealed_to_the_registrys_key_whatever_anybody_says(world: World) -> None:
    message = finished(world)
    thief = X25519PrivateKey.generate()
    for share in shares_of(world):
        blob = SealedOutput.read(share.sealed)
        run = world.chain.committed[message.task, share.party].run_id
        context = sealing.SealContext(
            message.task, run, share.party, share.output, dict(blob.commitments)[share.output]
        )
        with pytest.raises(TallyError, match=r"seal\.not_opened"):
            sealing.open_share(thief, context, blob.sealed)
        sealing.open_share(X25519PrivateKey.from_private_bytes(world.keys[share.user].seal_key), context, blob.sealed)


def test_a_refused_result_stops_trying_and_an_absent_one_goes_on(world: World) -> None:
    message = finished(world)
    share = next(s for s in shares_of(world) if (s.party, s.user) == ("exchange", "laboratory"))
    swap(world, share, forge(world, share, 1))
    world.machines["laboratory"].collect(notice(message.task))
    results.collect_waiting(world.nodes["laboratory"])
    world.now += 10
    assert not world.nodes["laboratory"].state.collections(world.now)
    world.coordinator.silent = True
    world.machines["hospital"].collect(notice(message.task))
    results.collect_waiting(world.nodes["hospital"])
    world.now += 10
    assert world.nodes["hospital"].state.collections(world.now)


def test_a_result_that_nobody_announces_is_fetched_all_the_same(world: World) -> None:
    """Found by tests/simulation/faults: a node that had not been told was at rest, took other keys, and could not open its shares."""
    message, node = finished(world), world.nodes["hospital"]
    assert [task for task, _ in node.state.collections(1 << 62)] == [message.task], "keys are not rotated before"
    results.collect_waiting(node)
    assert not (world.folder / "hospital" / "results").exists(), (
        "the coordinator's word comes first, and saves the asking"
    )
    world.now += COLLECT_WAIT
    results.collect_waiting(node)
    assert result_file(world, message.task)["checked"]
    assert node.state.collections(1 << 62) == []


@pytest.mark.parametrize("code", ["access.expired", "signature.not_party"])
def test_a_sender_who_is_not_known_yet_is_refused_no_result(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    message, node = finished(world), world.nodes["hospital"]

    def refuses(*_: object) -> None:
        raise RefusedError(code, "Not known.", "Wait.")

    world.machines["hospital"].collect(notice(message.task))
    with monkeypatch.context() as patched:
        patched.setattr(world.coordinator, "sealed", refuses)
        results.collect_waiting(node)
    world.now += 60
    results.collect_waiting(node)
    assert result_file(world, message.task)["checked"]


def test_nobody_waits_for_shares_that_nobody_keeps(world: World) -> None:
    message, node = finished(world), world.nodes["hospital"]
    for share in shares_of(world):
        swap(world, share, None)
    world.machines["hospital"].collect(notice(message.task))
    results.collect_waiting(node)
    assert node.state.collections(1 << 62)
    world.now += results.KEPT
    results.collect_waiting(node)
    assert node.state.collections(1 << 62) == []


def pieces(values: list[int], slopes: list[int], names: tuple[bytes, ...], points: tuple[int, ...]) -> list[Piece]:
    def share(point: int) -> Tensor:
        data = b"".join(((v + k * point) % MODULUS).to_bytes(13, "little") for v, k in zip(values, slopes, strict=True))
        return Tensor((len(values),), 18, data)

    return [Piece(COMMITTEE[p - 1], p, {name: (bytes([p]) * 32, share(p)) for name in names}) for p in points]


ELEMENT = st.integers(0, MODULUS - 1)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(ELEMENT, ELEMENT), min_size=1, max_size=5), st.sampled_from([(1, 2), (1, 3), (2, 3), (1, 2, 3)])
)
def test_any_shares_give_the_same_values(pairs: list[tuple[int, int]], points: tuple[int, ...]) -> None:
    values, slopes = [v for v, _ in pairs], [k for _, k in pairs]
    name = commitments.output_name("fit.scores")
    contract = _contract()
    found = reconstruct(b"\x01" * 32, b"\x02" * 32, contract, "laboratory", pieces(values, slopes, (name,), points))
    assert [
        int.from_bytes(found.outputs[0][2].data[i : i + 13], "little") for i in range(0, 13 * len(values), 13)
    ] == values
    assert found.checked == (len(points) == 3)


@given(st.integers(0, 2), st.integers(1, MODULUS - 1))
def test_one_wrong_share_rejects_the_result(which: int, error: int) -> None:
    name = commitments.output_name("fit.scores")
    made = pieces([5, 6], [7, 8], (name,), (1, 2, 3))
    salt, tensor = made[which].shares[name]
    wrong = (int.from_bytes(tensor.data[:13], "little") + error) % MODULUS
    made[which].shares[name] = (salt, Tensor(tensor.shape, 18, wrong.to_bytes(13, "little") + tensor.data[13:]))
    with pytest.raises(TallyError, match=r"result\.inconsistent"):
        reconstruct(b"\x01" * 32, b"\x02" * 32, _contract(), "laboratory", made)


def _contract() -> TaskContract:
    return samples.contract(outputs=(Output("fit.scores", ("laboratory",)),))


def test_values_have_the_tensors_shape_and_sign() -> None:
    raw = [1 << 18, MODULUS - (1 << 17), 0, 3 << 18, 5, MODULUS - 1]
    tensor = Tensor((2, 3), 18, b"".join(v.to_bytes(13, "little") for v in raw))
    assert values_of(tensor) == [[1.0, -0.5, 0.0], [3.0, 5 / 2**18, -1 / 2**18]]
    assert values_of(Tensor((), 0, (MODULUS - 7).to_bytes(13, "little"))) == -7
    assert values_of(Tensor((0,), 0, b"")) == []
