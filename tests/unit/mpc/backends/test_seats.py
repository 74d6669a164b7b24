"""How a protocol stack takes a seat: the registration, the choice, and what nobody else may know about it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mpc.arrays import dealing, field
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import headroom
from mpc.arrays.interface import share
from mpc.backends.choice import RELEASED, Registry
from mpc.backends.fast import comparison, kernels, opening
from mpc.backends.fast.backend import FastBackend
from mpc.backends.fast.composition import SEMI_HONEST
from mpc.backends.fast.kernels import Planes
from mpc.backends.fast.parties import PARTIES, Party
from mpc.backends.fast.protocols import Work
from mpc.programs.catalogue import CATALOGUE, FOLDERS
from mpc.workflow.graph import DataSet, Workflow, problems
from mpc.workflow.runner import run_workflow
from mpc.workflow.values import PrivateTable
from protocol import backends
from protocol.contract import Step
from protocol.errors import RefusedError, TallyError
from tests.patience import scaled
from tests.unit.mpc.backends.toy.backend import FACTS
from tests.unit.mpc.backends.toy.seat import SEAT
from tests.unit.mpc.simulation import SEATS, FakeSession, opened, run_arrays, run_sessions

ROOT = Path(__file__).resolve().parents[4]
SOURCES = (
    "audit_explorer",
    "chain",
    "cli",
    "client",
    "embedded",
    "logs",
    "lookup",
    "metrics",
    "mpc",
    "orchestrator",
    "protocol",
    "tallystick",
    "witness",
    "workers",
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ((3, 4, backends.SEMI_HONEST), "fast"),
        ((4, 4, backends.SEMI_HONEST), "mpyc"),
        ((9, 1, backends.SEMI_HONEST), "mpyc"),
        ((3, 5, backends.SEMI_HONEST), "backend.level"),
        ((3, 4, backends.MALICIOUS), "backend.security_model"),
        ((5, 5, backends.MALICIOUS), "backend.security_model"),
        ((10, 4, backends.SEMI_HONEST), "backend.committee"),
        ((2, 1, backends.SEMI_HONEST), "mpc.no_honest_majority"),
    ],
)
def test_the_choice_is_a_function_of_the_facts(asked: tuple[int, int, int], found: str) -> None:
    try:
        assert RELEASED.choose(*asked).facts is backends.choose(*asked)
        assert backends.choose(*asked).name == found
    except TallyError as error:
        assert error.code == found
        assert error.fix


def test_a_stack_that_is_better_is_chosen_by_its_facts_alone() -> None:
    strong = replace(FACTS, name="strong", security_model=backends.MALICIOUS, highest_level=5, simulated=False)
    registry = Registry((*RELEASED.seats, replace(SEAT, facts=strong)))
    assert registry.choose(3, 4, backends.SEMI_HONEST).facts is backends.FAST
    assert registry.choose(3, 5, backends.MALICIOUS).facts is strong
    assert registry.choose(7, 5, backends.MALICIOUS).facts is strong


def test_released_facts_are_registered_in_the_same_order() -> None:
    assert tuple(seat.facts for seat in RELEASED.seats) == backends.RELEASED
    assert not any(facts.simulated for facts in backends.RELEASED)


def test_declared_committees_have_headroom() -> None:
    for parties in range(backends.MPYC.least_parties, backends.MPYC.most_parties + 1):
        assert headroom(parties, backends.threshold_of(parties)).length >= 32


def test_a_simulated_stack_is_refused_unless_a_test_asks_for_it() -> None:
    with pytest.raises(RefusedError, match=r"backend\.simulated"):
        Registry((*RELEASED.seats, SEAT))
    with pytest.raises(RefusedError, match=r"backend\.twice"):
        Registry((SEAT, SEAT), simulated=True)
    asking = [
        where
        for where, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "simulated"
    ]
    assert asking == []


NAMES = ("income", "age")
CLUSTERS = Workflow(
    ("bank", "neutral", "shop"),
    (DataSet("b", "bank", NAMES), DataSet("s", "shop", NAMES)),
    (
        Step("stack", "table.stack@1.0.0", (), (("tables", ("b", "s")),)),
        Step("centres", "kmeans@1.0.0", (("clusters", 2), ("iterations", 3)), (("tables", ("stack.stacked",)),)),
    ),
    ("centres.centroids", "centres.sizes"),
)
"""Two programs over rows of two owners."""
ROWS = np.vstack([np.random.default_rng(1).normal(c, 0.3, (10, 2)) for c in (-3, 3)])


def test_the_toy_runs_programs_from_the_seat_that_it_took_and_only_where_it_serves() -> None:
    """No code of the engine knows it: it is registered, chosen, and computes what the others compute."""
    toy_first = Registry((SEAT, *RELEASED.seats), simulated=True)
    for level in (1, 4):

        async def party(session: FakeSession, level: int = level) -> Any:
            place = session.pid // 2
            rows = ROWS[place * 10 : place * 10 + 10]
            own = PrivateTable(tuple(map(str, range(10))), dict(zip(NAMES, rows.T, strict=True)))
            mine = {} if session.pid == 1 else {"bs"[place]: own}
            flow = replace(CLUSTERS, asked_level=level)
            return await run_workflow(session, flow, mine, deadline=scaled(30), registry=toy_first)  # type: ignore[arg-type]

        results = run_sessions(("bank", "neutral", "shop"), party)
        assert not [r for r in results if isinstance(r, BaseException)], results
        assert {r.mpc.backend for r in results} == {"clear_toy" if level == 1 else "fast"}  # type: ignore[union-attr]
        assert {r.mpc.threshold for r in results} == {1}  # type: ignore[union-attr]
        values = _values([r.outputs[0] for r in results])  # type: ignore[union-attr]
        assert np.abs(np.sort(values, axis=0) - np.array([ROWS[:10].mean(0), ROWS[10:].mean(0)])).max() < 1e-3


def _values(outputs: list[Any]) -> Any:

    shares = {party: field.decode(output.data, output.shape).reshape(-1) for party, output in enumerate(outputs)}
    return np.ldexp(dealing.opened(shares, 1).astype(float), -outputs[0].fraction_bits).reshape(outputs[0].shape)


def test_a_workflow_that_no_stack_serves_is_refused_before_it_runs() -> None:
    assert problems(replace(CLUSTERS, asked_level=4)) == ()
    assert {error.code for error in problems(replace(CLUSTERS, asked_level=5))} == {"backend.security_model"}


# -- protocols are given ------------------------------------------------------------------------------------------


def test_the_fast_backend_imports_no_protocol() -> None:
    seats = {name.__module__ for name in vars(FastBackend).values() if hasattr(name, "__module__")}
    tree = ast.parse((ROOT / "mpc/backends/fast/backend.py").read_bytes())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {f"{n.module}.{a.name}" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    given = {getattr(SEMI_HONEST, name).__module__ for name in SEMI_HONEST.__slots__}
    assert len(given) == 11
    assert imported.isdisjoint(given)
    assert seats == {"mpc.backends.fast.backend"}


def turned(party: Party, count: int, bits: int, thresholds: Integers | None) -> Work:
    """Another comparison: [x >= t] = 1 - [-x >= 1 - t]."""
    assert thresholds is not None
    asked = comparison.issued(party, count, bits, 1 - thresholds)

    async def work(x: Planes) -> Planes:
        return kernels.add_scalar(kernels.neg(await asked(kernels.neg(x))), 1)

    return work


def everyone_tells_everyone(party: Party, count: int, number: int) -> Any:
    """Another opening: every share to both others, every line checked in full."""
    operations = party.operations(count)
    del number

    async def work(own: Planes) -> Integers:
        points = {party.pid: own}
        for other in party.keys:
            party.send(other, operations[0].label(7), kernels.pack(own))
        for other in party.keys:
            points[other] = await party.elements(other, operations[0].label(7), own.shape[1:])
        if not opening.on_line(points):
            raise opening.inconsistent()
        return kernels.to_int64(kernels.sub(kernels.mul_scalar(points[0], 2), points[1]))

    return work


def test_other_protocols_take_the_seats_without_an_edit() -> None:
    x = np.arange(-20, 20)
    variants = replace(SEMI_HONEST, comparison=turned, opening=everyone_tells_everyone)

    def member(session: Any) -> FastBackend:
        return FastBackend(session, backends.FAST, variants)

    async def body(backend: FastBackend) -> Any:
        a = share(backend, x if backend.pid == 0 else None, shape=x.shape, owner=0, fraction_bits=0, limit=64)
        sent = backend.traffic.bytes_sent
        found = await opened(a.at_least([0, 7])), await opened(a * a)
        return *found, backend.traffic.bytes_sent - sent

    for signs, squares, _ in run_arrays(body, seat=replace(SEATS["fast"], member=member)):  # type: ignore[arg-type]
        assert (signs == (x[None] >= np.array([[0], [7]]))).all()
        assert (squares == x * x).all()
    assert PARTIES == 3


# -- nobody else knows --------------------------------------------------------------------------------------------


def test_no_code_asks_for_a_stack_by_name() -> None:
    """The facts decide. (Programs have a sigmoid called ``fast``; they may not look at the facts at all.)"""
    names, found = {facts.name for facts in backends.RELEASED}, []
    for where, tree in modules():
        for node in ast.walk(tree):
            sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            sides = [node.value] if isinstance(node, ast.MatchValue) else sides
            constants = {side.value for side in sides if isinstance(side, ast.Constant)}
            if constants & names and not where.startswith("mpc/programs/"):
                found.append(f"{where}:{node.lineno}")  # type: ignore[attr-defined]
            if (
                where.startswith("mpc/programs/")
                and isinstance(node, ast.Attribute)
                and node.attr in ("facts", "parameters")
                and _of_backend(node)
            ):
                found.append(f"{where}:{node.lineno}")
    assert found == []


def _of_backend(node: ast.Attribute) -> bool:
    return "backend" in ast.unparse(node.value)


def test_no_code_outside_the_programs_knows_one_by_name() -> None:
    """Neither as a text nor by importing it. The law's table says by a name's first word what is done with data, and one program has no second."""
    names = set(CATALOGUE) | {program.split("@")[0] for program in CATALOGUE}
    families = {name.split(".")[0] for name in FOLDERS}
    found = []
    for where, tree in modules():
        if where.startswith("mpc/programs/"):
            continue
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
            if text in names and (where, text) != ("protocol/law/codes.py", "kmeans"):
                found.append(f"{where}:{node.lineno} {text}")
            imported = (
                [node.module]
                if isinstance(node, ast.ImportFrom)
                else [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            found += [
                f"{where} {module}"
                for module in filter(None, imported)
                if module.startswith("mpc.programs.") and module.split(".")[2] in families
            ]
    assert found == []
    assert len(families) >= 6


def _folders() -> tuple[str, ...]:
    from mpc.programs.catalogue import FOLDERS

    return FOLDERS
