"""A hundred owners with rows of their own: three of them compute, 97 outside only bring data. Against numpy."""

from typing import Any

import numpy as np
import pytest

from mpc.arrays.field import MODULUS
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import OutputShares, WorkflowResult, run_workflow
from mpc.workflow.values import PrivateTable
from protocol.contract import Step
from tests.patience import scaled
from tests.unit.mpc.simulation import FakeSession, run_sessions

COMMITTEE = ("owner-000", "owner-001", "owner-002")
OWNERS = tuple(f"owner-{i:03d}" for i in range(100))
COLUMNS = ("age", "cost", "stay")
FIGURES = ("count", "sum", "mean", "variance")


def reference(owner: str) -> str:
    return f"{owner}-table-" + "a" * 32


def table(owner: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Everyone has another number of rows, 2 to 11, and other values."""
    at = OWNERS.index(owner)
    return np.random.default_rng((3, at)).normal(size=(2 + at % 10, 3)) * [1, 30, 400] + [at, -at, 10 * at]


def opened(shares: list[OutputShares]) -> Any:
    """The line through the three parties' points at 0; all three lie on it."""
    a, b, c = ([int.from_bytes(s.data[i : i + 13], "little") for i in range(0, len(s.data), 13)] for s in shares)
    assert all((x - 2 * y + z) % MODULUS == 0 for x, y, z in zip(a, b, c, strict=True))
    values = [(2 * x - y) % MODULUS for x, y in zip(a, b, strict=True)]
    signed = [value - MODULUS if value > MODULUS // 2 else value for value in values]
    return np.reshape([value / 2 ** shares[0].fraction_bits for value in signed], shares[0].shape)


@pytest.mark.slow
def test_a_hundred_owners_add_up_their_rows() -> None:
    sets = tuple(DataSet(reference(owner), owner, COLUMNS) for owner in OWNERS)
    steps = (
        Step("stack", "table.stack@1.0.0", (), (("tables", tuple(item.name for item in sets)),)),
        Step("all", "stats.describe@1.0.0", (("limit", "8192"),), (("table", ("stack.stacked",)),)),
    )
    flow = Workflow(COMMITTEE, sets, steps, tuple(f"all.{figure}" for figure in FIGURES))

    async def party(session: FakeSession) -> WorkflowResult:
        me = session.names[session.pid]
        rows = table(me)
        columns = {name: rows[:, i] for i, name in enumerate(COLUMNS)}
        own = PrivateTable(tuple(f"{me}-{i}" for i in range(len(rows))), columns)
        return await run_workflow(session, flow, {reference(me): own}, deadline=scaled(25))

    results = run_sessions(OWNERS, party, outside=97)
    assert not [r for r in results if isinstance(r, BaseException)], results[:4]
    done = [r for r in results if isinstance(r, WorkflowResult)]
    assert {r.mpc.backend for r in done} == {"fast"}
    assert not any(r.outputs for r in done[3:])  # an owner outside holds no share

    everything = np.concatenate([table(owner) for owner in OWNERS])
    expected = {
        "count": np.full(3, len(everything)), "sum": everything.sum(axis=0), "mean": everything.mean(axis=0),
        "variance": everything.var(axis=0, ddof=1),
    }  # fmt: skip
    for at, figure in enumerate(FIGURES):
        found = opened([r.outputs[at] for r in done[:3]])
        assert np.allclose(found, expected[figure], rtol=1e-9, atol=1e-4), (figure, found, expected[figure])
