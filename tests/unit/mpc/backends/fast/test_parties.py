"""Keys, nonces, operation numbers and the failure budget."""

from typing import Any

import numpy as np
import pytest

from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.composition import semi_honest
from mpc.backends.fast.kernels import Prf
from mpc.backends.fast.parties import Operation, Operations, Party, Purpose, pair_keys
from protocol.errors import RangeError, RefusedError
from tests.unit.mpc.backends.fast.fast_runs import dealt, run
from tests.unit.mpc.simulation import FakeRuntime, FakeSession, Wire, fresh_keys


def session(pid: int, parties: int = 3, threshold: int = 1) -> FakeSession:
    runtime = FakeRuntime(pid, Wire(), fresh_keys(parties, threshold), parties, threshold)
    return FakeSession(runtime, pid, tuple(f"party-{i}" for i in range(parties)), Wire())


@pytest.mark.parametrize(("parties", "threshold"), [(4, 1), (5, 2), (5, 1), (2, 1), (3, 2)])
def test_other_committees_are_refused(parties: int, threshold: int) -> None:
    with pytest.raises(RefusedError, match=r"fast\.committee"):
        semi_honest(session(0, parties, threshold))


def stream(prf: Prf) -> list[int]:
    return [int(word) for word in prf.words(1, 4)]


def test_each_pair_has_one_key_and_the_third_party_another() -> None:
    keys = fresh_keys(3, 1)
    found = [pair_keys({s: k for s, k in keys.items() if pid in s}, bytes(32), pid) for pid in range(3)]
    for i in range(3):
        for j in range(i):
            assert stream(found[i][j]) == stream(found[j][i])
    assert len({tuple(stream(found[i][j])) for i in range(3) for j in range(i)}) == 3


def test_another_run_id_or_other_prss_keys_give_other_keys() -> None:
    """A rerun is never a two-time pad: MPyC's keys are fresh, and even equal ones meet another run id."""
    keys = fresh_keys(3, 1)
    first = pair_keys(keys, bytes(32), 0)
    for other in (pair_keys(keys, b"\1" * 32, 0), pair_keys(fresh_keys(3, 1), bytes(32), 0)):
        assert all(stream(first[party]) != stream(other[party]) for party in (1, 2))


def test_the_keys_are_not_mpycs_own() -> None:
    keys = fresh_keys(3, 1)
    assert stream(pair_keys(keys, bytes(32), 0)[1]) != stream(Prf(keys[0, 1]))


def test_a_nonce_is_drawn_once() -> None:
    operation = Operation(7)
    operation.nonce(Purpose.MASK)
    operation.nonce(Purpose.HALF)
    with pytest.raises(RefusedError, match=r"fast\.nonce_reuse"):
        operation.nonce(Purpose.MASK)


def test_nonces_and_labels_of_a_run_are_distinct() -> None:
    operations = Operations()
    drawn = [operations.draw() for _ in range(50)]
    nonces = [operation.nonce(purpose) for operation in drawn for purpose in Purpose]
    labels = [operation.label(step) for operation in drawn for step in range(16)]
    assert len(set(nonces)) == len(nonces)
    assert len(set(labels)) == len(labels)
    assert all(-(1 << 63) <= label < 0 for label in labels)


def test_roles_rotate_so_that_everyone_sends_equally_much() -> None:
    async def body(backend: FastBackend) -> int:
        a = dealt(backend, np.arange(600))
        await backend.settle(a)
        before = backend.traffic.bytes_sent
        for _ in range(6):
            a = backend.multiply(a, a, (600,), 1, 20, 1 << 20)
        await backend.settle(a)
        await backend.idle()
        return backend.traffic.bytes_sent - before

    assert run(body) == [6 * 13 * 600] * 3


def test_a_run_that_could_fail_is_refused_before_anything_is_sent() -> None:
    """2^60 can wrap with probability 2^-43 per element: 2^22 truncations are within 2^-20, some more are not."""
    wire = Wire()

    async def body(backend: FastBackend) -> float:
        a = dealt(backend, np.zeros(2**10))
        await backend.settle(a)
        bound = (1 << 60) - 1
        backend.traffic.failure = 2.0**-20 - 2.0**-33
        backend.truncate(a, (2**10,), np.int64(1), 18, bound)
        sent = len(wire.seen)
        backend.traffic.failure = 2.0**-20 - 2.0**-34
        with pytest.raises(RangeError, match=r"fast\.failure_budget"):
            backend.truncate(a, (2**10,), np.int64(1), 18, bound)
        with pytest.raises(RangeError, match=r"fast\.failure_budget"):
            backend.at_least(a, (2**10,), np.zeros(1, dtype=np.int64), 60)
        assert len(wire.seen) == sent
        return backend.traffic.failure

    assert all(failure > 2.0**-20 for failure in run(body, wire))


def test_the_charge_is_the_chance_that_a_mask_wraps() -> None:
    async def body(backend: FastBackend) -> Any:
        a = dealt(backend, np.zeros(100))
        backend.multiply(a, a, (100,), 1, 0, 1 << 50)
        assert backend.traffic.failure == 0  # exact products cannot fail
        backend.multiply(a, a, (100,), 1, 10, 1 << 50)
        assert backend.traffic.failure == pytest.approx(100 * 2.0 ** (51 - 104))
        await backend.idle()

    run(body)


def test_a_party_without_links_still_refuses_a_bad_committee_first() -> None:
    with pytest.raises(RefusedError, match=r"fast\.committee"):
        Party(session(0, 3, 2))
