"""Scores carried along several owners' edges: classes as scipy's sparse product gives them, and nothing of an edge reaches anybody."""

import asyncio
import csv
import gzip
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

from mpc.programs.graph.propagate.nodes import Names, own_part
from mpc.programs.graph.propagate.run import bounds
from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.planning import plan
from mpc.workflow.values import PrivateTable, Source
from protocol.contract import Step
from protocol.errors import TallyError
from tests.alike import some
from tests.unit.mpc.programs.real_data import DATA
from tests.unit.mpc.programs.steps import PARTIES, Outcome, run_step
from tests.unit.mpc.simulation import Wire

PROGRAM = "graph.propagate@1.0.0"
ENDS, NODE = ("source", "target"), ("node",)
Edges = Sequence[tuple[Any, ...]]
"""Both ends, and a weight where edges have any."""
WEIGHTED = (*ENDS, "weight")
FIELD = {"rounds": 3, "damping": "0.85", "threshold": "0.2", "classes": 8, "minimum_seeds": 2}


def source(me: str, owner: str, name: str, columns: tuple[str, ...], rows: Sequence[Any]) -> Source:
    cells = [row if isinstance(row, tuple) else (row,) for row in rows]
    table = PrivateTable(
        tuple(map(str, range(len(rows)))),
        {
            column: np.array([cell[at] for cell in cells], dtype=object if isinstance(cells[0][at], str) else float)
            for at, column in enumerate(columns)
        },
    )
    return Source(name, owner, columns, table if me == owner else None)


def inputs(edges: Mapping[str, Edges], seeds: Sequence[str], asked: Sequence[str], *, by: str = "bank", of: str = "bank") -> Any:  # fmt: skip
    """By port: ``by`` has the seeds, and ``of`` is whose nodes are asked about."""

    def made(me: str, _: Any) -> dict[str, Any]:
        return {
            "edges": tuple(
                source(me, owner, f"{owner}-edges", WEIGHTED[: len(rows[0])], rows) for owner, rows in edges.items()
            ),
            "seeds": (source(me, by, "seeds", NODE, seeds),),
            "asked": (source(me, of, "asked", NODE, asked),),
        }

    return made


def propagated(
    edges: Mapping[str, Edges], seeds: Sequence[str], asked: Sequence[str], given: dict[str, Any] | None = None, **options: Any
) -> Outcome:  # fmt: skip
    made = inputs(edges, seeds, asked, by=options.pop("by", "bank"), of=options.pop("of", "bank"))
    return run_step(PROGRAM, made, {**FIELD, **(given or {})}, **options)


def scores(edges: Mapping[str, Edges], seeds: Sequence[str], asked: Sequence[str], rounds: int, damping: float) -> Any:
    """What scipy's sparse matrices give: each owner's different edges count once, those of several owners together."""
    nodes = sorted({n.strip() for rows in edges.values() for edge in rows for n in edge[:2]} | {*seeds, *asked})
    place = {node: at for at, node in enumerate(nodes)}
    matrix = sparse.csr_matrix((len(nodes), len(nodes)))
    for rows in edges.values():
        linked = [(*sorted(place[each.strip()] for each in edge[:2]), *edge[2:]) for edge in rows]
        kept = linked if any(len(edge) > 2 for edge in linked) else sorted(set(linked))
        kept = [edge for edge in kept if edge[0] != edge[1]]
        one, other = np.array([edge[:2] for edge in kept], dtype=int).reshape(-1, 2).T
        part = sparse.coo_matrix(([float((*edge, 1)[2]) for edge in kept], (one, other)), matrix.shape)
        matrix = matrix + part + part.T
    degrees = np.asarray(matrix.sum(axis=1)).ravel()
    start = np.isin(nodes, list(seeds)).astype(float)
    found = start
    for _ in range(rounds):
        found = (1 - damping) * start + damping * (matrix @ found) / np.maximum(degrees, 1)
    return found[[place[node] for node in asked]]


def assert_classes(outcome: Outcome, exact: Any, threshold: float, classes: int) -> None:
    """Equal, but where a score is so near a bound that its last places decide."""
    limits = bounds(threshold, classes)
    expected = (exact[:, None] >= limits).sum(axis=1)
    clear = (np.abs(exact[:, None] - limits) > 2.0**-18).all(axis=1)
    assert clear.mean() > 0.8
    assert outcome.opened["classes"][clear].tolist() == expected[clear].tolist()


def drawn(
    seed: int, nodes: int, edges: int, owners: Sequence[str] = ("bank", "shop")
) -> dict[str, list[tuple[str, str]]]:
    """Random graphs with hubs, some nodes known to one owner alone, loops, and edges once more in either direction."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[str, str]]] = {}
    for at, owner in enumerate(owners):
        ends = np.floor(nodes * rng.random((edges, 2)) ** 2).astype(int) + at * nodes // 4
        rows = [(f"n{a}", f"n{b}") for a, b in ends]
        found[owner] = [*rows, *((b, a) for a, b in rows[:3]), *rows[3:5], ("n1", "n1")]
    return found


@pytest.mark.parametrize(
    ("seed", "rounds", "damping"), some([(0, 2, "0.85"), (1, 3, "0.5"), (2, 6, "0.99")], always=(0, 1))
)
def test_classes_are_those_of_a_sparse_product(seed: int, rounds: int, damping: str) -> None:
    edges = drawn(seed, 40, 70)
    asked = [f"n{at}" for at in range(0, 40, 2)]
    given = {"rounds": rounds, "damping": damping, "threshold": "0.3"}
    outcome = propagated(edges, ["n3", "n7", "n11"], asked, given)
    exact = scores(edges, ["n3", "n7", "n11"], asked, rounds, float(damping))
    assert len(set(outcome.opened["classes"])) > 1
    assert_classes(outcome, exact, 0.3, 8)
    nodes = {n for rows in edges.values() for edge in rows for n in edge} | {*asked}
    assert outcome.disclosed == {"union_size": len(nodes)}
    assert outcome.elements_opened == 0


@pytest.mark.parametrize("most", some([9, 1000], always=(1,)))
def test_weights_of_an_edge_add_up(most: int) -> None:
    """Also of one that stands in several rows, in either direction, and at several owners."""
    rng = np.random.default_rng(most)
    edges = {
        owner: [(*edge, float(rng.integers(1, most + 1))) for edge in rows] for owner, rows in drawn(3, 40, 70).items()
    }
    asked = [f"n{at}" for at in range(40)]
    outcome = propagated(edges, ["n3", "n7", "n11"], asked, {"weight_limit": most, "threshold": "0.3"})
    assert_classes(outcome, scores(edges, ["n3", "n7", "n11"], asked, 3, 0.85), 0.3, 8)
    assert outcome.opened["classes"].tolist() != propagated(drawn(3, 40, 70), ["n3", "n7", "n11"], asked, {"threshold": "0.3"}).opened["classes"].tolist()  # fmt: skip


@pytest.mark.parametrize(("weights", "rows"), [([0, 1], 1), ([-1, 0.5], 2), ([5, 11], 1), ([float("nan"), 1], 1)])
def test_a_weight_that_is_none_is_refused(weights: list[float], rows: int) -> None:
    own = source("bank", "bank", "e", WEIGHTED, [("a", "b", weights[0]), ("b", "c", weights[1])])
    with pytest.raises(TallyError) as error:
        own_part([own], None, None, Names(ENDS, NODE, 10), 2)
    assert error.value.code == ("input.null" if np.isnan(weights[0]) else "graph.weight")
    assert error.value.details["rows"] == rows
    assert error.value.details["columns"] == ["weight"]


@pytest.mark.parametrize(("by", "of"), [("shop", "bank"), ("shop", "shop")])
def test_whoever_has_the_seeds_and_asks(by: str, of: str) -> None:
    edges, asked = drawn(4, 30, 50), [f"n{at}" for at in range(30)]
    outcome = propagated(edges, ["n2", "n9"], asked, by=by, of=of)
    assert_classes(outcome, scores(edges, ["n2", "n9"], asked, 3, 0.85), 0.2, 8)


def test_the_other_stack_gives_the_same() -> None:
    edges, asked = drawn(5, 12, 16), [f"n{at}" for at in range(12)]
    outcome = propagated(edges, ["n2", "n5"], asked, {"rounds": 2}, backend="mpyc")
    assert_classes(outcome, scores(edges, ["n2", "n5"], asked, 2, 0.85), 0.2, 8)


@pytest.mark.slow
def test_four_compute_parties_and_three_owners() -> None:
    parties = ("bank", "neutral", "shop", "telco", "other")
    edges, asked = drawn(6, 12, 10, ("bank", "shop", "telco")), [f"n{at}" for at in range(12)]
    outcome = propagated(edges, ["n2", "n5"], asked, {"rounds": 2}, backend="mpyc", parties=parties)
    assert_classes(outcome, scores(edges, ["n2", "n5"], asked, 2, 0.85), 0.2, 8)


EDGE_CASES: dict[str, tuple[dict[str, Edges], list[str], list[str]]] = {
    "no owner has an edge of a node": ({"bank": [("a", "b")], "shop": [("b", "c")]}, ["a", "x"], ["x", "y", "c"]),
    "loops alone": ({"bank": [("a", "a")], "shop": [("a", "b"), ("b", "b")]}, ["a", "c"], ["a", "b"]),
    "the same edge at both": ({"bank": [("a", "b")], "shop": [("b", "a"), ("a", "c")]}, ["b", "z"], ["a", "b", "c"]),
    "all are seeds": ({"bank": [("a", "b")], "shop": [("b", "c")]}, ["a", "b", "c"], ["a", "b", "c"]),
    "asked twice": ({"bank": [("a", "b")], "shop": [("b", "c")]}, ["a", "b"], ["c", "c", "a", "c"]),
    "a star": ({"bank": [("h", f"l{at}") for at in range(20)], "shop": [("h", "m")]}, ["l1", "l2"], ["h", "m", "l1"]),
}


@pytest.mark.parametrize("name", EDGE_CASES)
def test_edge_cases(name: str) -> None:
    edges, seeds, asked = EDGE_CASES[name]
    outcome = propagated(edges, seeds, asked, {"threshold": "0.211"})
    exact = scores(edges, seeds, asked, 3, 0.85)
    assert outcome.opened["classes"].tolist() == (exact[:, None] >= bounds(0.211, 8)).sum(axis=1).tolist()


def test_one_bit_for_a_threshold() -> None:
    edges, asked = drawn(7, 30, 50), [f"n{at}" for at in range(30)]
    outcome = propagated(edges, ["n2", "n9"], asked, {"classes": 2, "threshold": "0.1"})
    exact = scores(edges, ["n2", "n9"], asked, 3, 0.85)
    assert outcome.opened["classes"].tolist() == (exact >= 0.1).astype(int).tolist()
    assert bounds(0.1, 2).tolist() == [0.1]


# -- bad input ---------------------------------------------------------------------------------------------------------


GRAPH = drawn(8, 12, 12)


def refused(code: str, made: Any = None, given: dict[str, Any] | None = None, **options: Any) -> TallyError:
    with pytest.raises(TallyError) as error:
        run_step(PROGRAM, made or inputs(GRAPH, ["n1", "n2"], ["n1"]), {**FIELD, **(given or {})}, **options)
    assert error.value.code == code
    assert error.value.fix
    return error.value


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"ends": "source"}, "graph.columns"),
        ({"ends": "source, target, node"}, "graph.columns"),
        ({"ends": "source, to"}, "graph.columns"),
        ({"node": "name"}, "graph.columns"),
        ({"ends": "source, weight"}, "graph.columns"),
        ({"rounds": 1}, "program.parameter"),
        ({"classes": 9}, "program.parameter"),
        ({"minimum_seeds": 3}, "graph.few_seeds"),
    ],
)
def test_what_the_contract_says_is_checked(given: dict[str, Any], code: str) -> None:
    refused(code, given=given)


def test_weights_are_in_all_tables_of_edges_or_in_none_and_not_too_heavy() -> None:
    weighted = [(*edge, 1.0) for edge in GRAPH["bank"]]
    refused("graph.columns", inputs({**GRAPH, "bank": weighted}, ["n1", "n2"], ["n1"]))
    many = {owner: [(*edge, 1.0) for edge in GRAPH["bank"] * 45] for owner in ("bank", "shop")}
    refused("graph.weights", inputs(many, ["n1", "n2"], ["n1"]), {"weight_limit": 1000000})


def test_who_takes_part() -> None:
    refused("graph.one_owner", inputs({"bank": GRAPH["bank"]}, ["n1", "n2"], ["n1"], by="shop"))
    outside = refused("graph.outside", inputs({**GRAPH, "telco": [("a", "b")]}, ["n1", "n2"], ["n1"]), parties=(*PARTIES, "telco"), outside=1)  # fmt: skip
    assert "telco" in outside.what


@pytest.mark.parametrize("seeds", [["n1"], ["n1", " n1"], ["n1"] * 5])
def test_attack_a_single_seed(seeds: list[str]) -> None:
    """Its class would tell who is near that one node; one seed named several times is one."""
    refused("graph.few_seeds", inputs(GRAPH, seeds, ["n1"]))


def test_attack_fewer_seeds_than_the_minimum_group() -> None:
    made = inputs(GRAPH, ["n1", "n2", "n3"], ["n1"])
    refused("graph.few_seeds", made, minimum_group=4)
    assert run_step(PROGRAM, made, FIELD, minimum_group=3).opened


def test_attack_classes_go_to_nobody_but_the_nodes_owner() -> None:
    for readers in (("shop",), ("bank", "shop"), ("stranger",)):
        assert readers[-1] in refused("graph.reader", readers=readers).what
    assert run_step(PROGRAM, inputs(GRAPH, ["n1", "n2"], ["n1"]), FIELD, readers=("bank",)).opened


@pytest.mark.parametrize(("cells", "rows"), [([("a", ""), ("b", "c")], 1), ([(" ", "a"), ("", "c")], 2)])
def test_an_empty_end_is_refused_with_its_column(cells: Any, rows: int) -> None:
    error = refused("input.null", inputs({**GRAPH, "bank": cells}, ["n1", "n2"], ["n1"]))
    assert error.details["rows"] == rows


def test_parts_are_of_one_size_whatever_they_hold() -> None:
    """Loops and doubled edges keep their rows, so that no message tells how many there are."""
    for rows in ([("a", "b"), ("b", "a"), ("c", "c")], [("a", "b"), ("b", "c"), ("c", "a")]):
        part = own_part([source("bank", "bank", "e", ENDS, rows)], None, None, Names(ENDS, NODE, 1), 2)
        assert len(part.heads) == len(part.tails) == 6
    assert part.degrees(3).tolist() == [2, 2, 2]


WORKFLOW = Workflow(
    PARTIES,
    (
        DataSet("bank-edges", "bank", ENDS), DataSet("shop-edges", "shop", ENDS), DataSet("seeds", "bank", NODE),
        DataSet("asked", "bank", NODE),
    ),
    (
        Step(
            "spread", PROGRAM, (("minimum_seeds", 3),),
            (("asked", ("asked",)), ("edges", ("bank-edges", "shop-edges")), ("seeds", ("seeds",))),
        ),
    ),
    ("spread.classes",),
)  # fmt: skip


def test_a_check_before_signing_says_what_is_wrong_and_what_counts_for_nothing() -> None:
    rows = {
        "bank-edges": source("bank", "bank", "e", ENDS, [("a", "b"), ("b", "a"), ("c", "c"), ("d", "e")]).table,
        "seeds": source("bank", "bank", "s", NODE, ["a", "a", "z"]).table,
        "asked": source("bank", "bank", "a", NODE, ["a", "y"]).table,
    }
    sizes = {"bank-edges": 4, "shop-edges": 9, "seeds": 3, "asked": 2}
    checked = asyncio.run(dry_run(WORKFLOW, "bank", {name: t for name, t in rows.items() if t is not None}, sizes))
    said = {item.code: (item.rows, item.notice) for item in checked.findings}
    assert said == {
        "graph.loops": (1, True), "graph.doubled": (1, True), "graph.unknown": (2, True), "graph.few_seeds": (2, False),
    }  # fmt: skip
    assert checked.untried == ()


def test_a_plan_grows_with_edges_and_rounds() -> None:
    def planned(rows: int) -> Any:
        (found,) = asyncio.run(plan(WORKFLOW, {"bank-edges": rows, "shop-edges": rows, "seeds": 9, "asked": 9}))
        return found

    one, two = planned(2000), planned(4000)
    assert one.rounds == two.rounds
    assert 1.9 * one.traffic < two.traffic < 2.1 * one.traffic
    assert two.failure < 2.0**-20


# -- what parties see --------------------------------------------------------------------------------------------------


def test_attack_nobody_sees_an_edge() -> None:
    """Links, labels and sizes of all messages are the same for any two graphs of these sizes."""
    shop: list[Edges] = [[("a", "b"), ("c", "d")], [("a", "a"), ("c", "d")], [("a", "c"), ("b", "d")]]
    bank = [("a", "b"), ("c", "d"), ("b", "c")]
    shapes: set[Any] = set()
    for rows in shop:
        wire = Wire()
        propagated({"bank": bank, "shop": [*rows, ("a", "d"), ("b", "c")]}, ["a", "b"], ["c"], wire=wire)
        shapes.add(tuple(sorted((a, b, str(name), len(data)) for a, b, name, data in wire.seen)))
    assert len(shapes) == 1


def test_slots_are_fresh_and_an_owner_sees_no_others() -> None:
    seen: list[list[bytes]] = []
    for _ in range(2):
        wire = Wire()
        propagated(GRAPH, ["n1", "n2"], ["n1"], wire=wire)
        seen.append([data for _, _, name, data in wire.seen if name == "step/own-slots"])
        nodes = [len({n for edge in rows for n in edge}) for rows in GRAPH.values()]
        assert sorted(len(data) // 4 for data in seen[-1]) == sorted([len({n for e in GRAPH["bank"] for n in e} | {"n1", "n2"}), nodes[1]])  # fmt: skip
    assert not set(seen[0]) & set(seen[1])


@pytest.mark.parametrize(
    ("label", "told"),
    some(
        [
            ("step/slots", b""),
            ("step/slots", np.array([12, 0, 2, 1, 9], "<u4").tobytes()),
            ("step/slots", np.array([9, 18, 2, 1, 9], "<u4").tobytes()),
            ("step/own-slots", b""),
            ("step/own-slots", bytes(4 * 64)),
            ("step/digests", bytes(32)),
            ("step/rows", bytes(3)),
        ],
        always=(2, 4),
    ),
)
def test_attack_what_is_no_list_and_no_slot_ends_the_run(label: str, told: bytes) -> None:
    def bent(_: int, receiver: int, name: Any, data: bytes) -> bytes:
        return told if name == label and receiver in (0, 1) else data

    with pytest.raises(TallyError) as error:
        propagated(GRAPH, ["n1", "n2"], ["n1"], wire=Wire(bent))
    assert error.value.code == "link.bad_payload"


# -- simulated transfers of two banks ----------------------------------------------------------------------------------

TRANSFERS = DATA / "aml_graph" / "20K_fanin200cycle200"


@pytest.mark.slow
@pytest.mark.skipif(not TRANSFERS.is_dir(), reason="needs the simulated transfers of AMLSim")
def test_accounts_near_laundering_are_found_that_a_bank_alone_does_not_see() -> None:
    """20,000 accounts of two banks (simulated; IBM's AMLSim), each with the transfers that its accounts send; half of a bank's suspects are seeds."""
    with (TRANSFERS / "nodes.csv").open() as file:
        suspect = np.array([int(row["isFraud"]) for row in csv.DictReader(file)])
    with gzip.open(TRANSFERS / "transactions.csv.gz", "rt") as file:
        ends = np.array([(int(row["sourceNodeId"]), int(row["targetNodeId"])) for row in csv.DictReader(file)])
    named = [f"n{at}" for at in range(len(suspect))]
    edges = {
        owner: [(named[a], named[b]) for a, b in ends[ends[:, 0] % 2 == at]]
        for at, owner in enumerate(("bank", "shop"))
    }
    known = np.random.default_rng(0).permutation(np.flatnonzero(suspect))
    seeds = known[: len(known) // 2]
    asked = np.setdiff1d(np.arange(0, len(suspect), 2), seeds)
    given = {"rounds": 2, "damping": "0.5", "threshold": "0.07"}
    sets = [named[at] for at in seeds], [named[at] for at in asked]
    outcome = propagated(edges, *sets, given)
    assert_classes(outcome, scores(edges, *sets, 2, 0.5), 0.07, 8)
    alone = scores({"bank": edges["bank"]}, *sets, 2, 0.5)
    joint = roc_auc_score(suspect[asked], outcome.opened["classes"])
    assert joint > roc_auc_score(suspect[asked], alone) + 0.02
