"""Joins on shares against SQLite's joins, and what each party sees of them."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.programs.alignment.psi_align.run import keyed_digests
from mpc.programs.alignment.psi_join.matching import kept, located, order_of
from mpc.programs.alignment.psi_join.run import Sizes
from mpc.workflow.values import PrivateTable, Source
from protocol.errors import TallyError
from tests.unit.mpc.programs.steps import PARTIES, Outcome, run_step
from tests.unit.mpc.simulation import Wire

HOW = {"inner": "INNER", "left": "LEFT", "outer": "FULL OUTER"}
Table = dict[str, Any]
"""``id`` and columns of numbers."""
Tables = Mapping[str, Table]


def table(ids: list[str], seed: int, columns: str) -> Table:
    """One owner's rows, in an order of its own."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(ids))
    return {"id": [ids[at] for at in order], **{name: rng.normal(size=len(ids)).round(3) for name in columns}}


def inputs(tables: Tables, label: tuple[str, Table] | None = None) -> Any:
    def source(me: str, name: str, owner: str, found: Table) -> Source:
        columns = tuple(name for name in found if name != "id")
        own = PrivateTable(tuple(found["id"]), {name: np.asarray(found[name], float) for name in columns})
        return Source(name, owner, columns, own if me == owner else None)

    def made(me: str, _: Any) -> dict[str, Any]:
        found = {"tables": tuple(source(me, f"{owner}-set", owner, each) for owner, each in tables.items())}
        return found if label is None else {**found, "label": (source(me, "label-set", label[0], label[1]),)}

    return made


def join(tables: Tables, label: tuple[str, Table] | None = None, **options: Any) -> Outcome:
    named = ("kind", "label_values", "minimum_matches")
    given = {"limit": "100", **{name: options.pop(name) for name in named if name in options}}
    return run_step("psi.join@1.0.0", inputs(tables, label), given, wanted=["joined", "labels"], **options)


def merged(tables: Tables, kind: str = "inner") -> tuple[tuple[str, ...], Any]:
    """Names and rows that SQLite's join gives; of a row that a table lacks the cells are 0, and so is its ``matched``."""
    names, lacking = [], []
    with closing(sqlite3.connect(":memory:")) as base:
        for at, (owner, found) in enumerate(tables.items()):
            columns = [name for name in found if name != "id"]
            base.execute(
                f"CREATE TABLE {owner} (id TEXT PRIMARY KEY, matched REAL{''.join(f', {c} REAL' for c in columns)})"
            )
            cells = zip((text.strip() for text in found["id"]), *(map(float, found[c]) for c in columns), strict=True)
            base.executemany(f"INSERT INTO {owner} VALUES (?, 1{', ?' * len(columns)})", list(cells))
            names += [f"{owner}.{name}" for name in columns]
            lacking += [f"{owner}.matched"] if kind == "outer" or (kind == "left" and at) else []
        names += lacking
        wanted = ", ".join(f"COALESCE({name}, 0)" for name in names)
        first, *others = tables
        text = f"SELECT {wanted} FROM {first} " + " ".join(f"{HOW[kind]} JOIN {owner} USING (id)" for owner in others)
        return tuple(names), np.array(base.execute(text).fetchall(), dtype=float).reshape(-1, len(names))


def rows_of(values: Any) -> Any:
    """In an order that depends on nothing but the rows."""
    array = np.asarray(values, dtype=float)
    return array[np.lexsort(array.T[::-1])]


def assert_same(outcome: Outcome, expected: tuple[tuple[str, ...], Any]) -> None:
    names, rows = expected
    found: Any = outcome.values["joined"]
    assert found.columns == names
    assert outcome.disclosed == {"joined_rows": len(rows)}
    assert np.allclose(rows_of(outcome.opened["joined"].round(4)), rows_of(rows.round(4)), atol=2.0**-20)


IDS = [f"id-{n}" for n in range(12)]
SHAPES = {
    "some match": (IDS, [*IDS[5:], "x", "y"]),
    "all match": (IDS, IDS[::-1]),
    "one table inside the other": (IDS, IDS[3:7]),
    "two of many": (IDS, ["a", "b", IDS[4], "c", IDS[0]]),
    "texts in several scripts": (
        ["张三", "Zoë", " a b ", "0", "ß", "O'Neil"],
        ["0", "Zoë", "李四", "张三\t", "ss", "a b"],
    ),
}


@pytest.mark.parametrize("kind", HOW)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_join_is_a_merge(shape: str, kind: str) -> None:
    left, right = SHAPES[shape]
    tables = {"bank": table(left, 1, "ab"), "shop": table(right, 2, "c")}
    assert_same(join(tables, kind=kind), merged(tables, kind))


@pytest.mark.parametrize("kind", HOW)
def test_three_owners_one_of_them_outside_the_committee(kind: str) -> None:
    parties = (*PARTIES, "clinic")
    tables = {
        "bank": table(IDS, 1, "a"),
        "clinic": table([*IDS[2:], "u"], 2, "bc"),
        "shop": table([*IDS[:9], "v"], 3, "d"),
    }
    assert_same(join(tables, kind=kind, parties=parties, outside=1), merged(tables, kind))


def test_the_other_stack_joins_alike() -> None:
    tables = {"bank": table(IDS[:7], 1, "a"), "shop": table(IDS[3:], 2, "b")}
    assert_same(join(tables, kind="left", backend="mpyc"), merged(tables, "left"))


def test_a_label_goes_beside_the_table() -> None:
    """A row without its label is none, whichever rows were asked for; the label is of the same rows in the same order."""
    bank, shop = table(IDS, 1, "a"), table([*IDS[3:], "x"], 2, "b")
    flags = {"id": ["x", *IDS[1:9]], "y": np.arange(9) % 2}
    for kind, expected in (("inner", IDS[3:9]), ("left", IDS[1:9]), ("outer", [*IDS[1:9], "x"])):
        found = join({"bank": bank, "shop": shop}, ("bank", flags), kind=kind)
        label = dict(zip(flags["id"], flags["y"], strict=True))
        names, cells = merged(
            {"bank": bank, "shop": shop, "bank_label": {"id": expected, "y": [label[i] for i in expected]}}, "outer"
        )
        keep = cells[:, names.index("bank_label.matched")] == 1
        values = [names.index(name) for name in ("bank.a", "shop.b", "bank_label.y")]
        whole = np.column_stack([found.opened["joined"][:, :2], found.opened["labels"]])
        assert np.allclose(rows_of(whole.round(4)), rows_of(cells[keep][:, values].round(4)))
    array: Any = found.values["labels"]
    assert array.is_bits


@pytest.mark.parametrize(
    ("kind", "good", "bad", "code"),
    [
        ("bits", [0, 1, 1], [0, 1, 2], "frame.label"),
        ("bits", [0, 1, 1], [1, 1, 1], "frame.one_class"),
        ("whole", [0, 3, 7], [0, 0.5, 1], "frame.not_whole"),
        ("whole", [0, 3, 7], [0, 3, 101], "frame.too_large"),
        ("numbers", [0.5, -3, 7], [0.5, -3, 101], "stats.beyond_limit"),
    ],
)
def test_a_label_holds_what_the_contract_says(kind: str, good: list[float], bad: list[float], code: str) -> None:
    tables = {"bank": table(IDS[:3], 1, "a")}
    found = join(tables, ("shop", {"id": IDS[:3], "y": good}), label_values=kind).opened["labels"]
    assert sorted(found.round(4)) == sorted(good)
    with pytest.raises(TallyError) as error:
        join(tables, ("shop", {"id": IDS[:3], "y": bad}), label_values=kind)
    assert error.value.code == code
    assert error.value.details["columns"] == ["y"]


@pytest.mark.parametrize(
    ("tables", "label", "code"),
    [
        ({"bank": table(IDS, 1, "a")}, None, "join.one_table_per_owner"),
        ({"bank": table(IDS, 1, "a")}, ("bank", table(IDS, 1, "y")), "join.one_table_per_owner"),
        ({"bank": table(IDS, 1, "a")}, ("shop", table(IDS, 1, "yz")), "join.label_columns"),
        ({"bank": table(IDS, 1, "a"), "shop": {"id": IDS, "matched": np.arange(12)}}, None, "join.column_name"),
    ],
)
def test_what_cannot_be_joined_is_refused_at_every_party(tables: Tables, label: Any, code: str) -> None:
    with pytest.raises(TallyError) as error:
        join(tables, label, kind="left")
    assert error.value.code == code
    assert error.value.fix


@pytest.mark.parametrize("ids", [["a", " a"], ["ë", "e\u0308"], ["a", "  "]])
def test_ambiguous_ids_are_refused_by_their_owner(ids: list[str]) -> None:
    with pytest.raises(TallyError, match=r"psi\.(duplicate|empty)_id"):
        join({"bank": table(ids, 1, "a"), "shop": table(["a", "b"], 2, "b")})


@pytest.mark.parametrize(
    ("common", "options"), [(0, {}), (1, {}), (4, {"minimum_matches": 5}), (4, {"minimum_group": 5})]
)
@pytest.mark.parametrize("kind", HOW)
def test_attack_where_too_few_match_nobody_is_told_anything(kind: str, common: int, options: dict[str, int]) -> None:
    """The refusal is the helper's: neither sizes nor a number of rows reach anybody, and nothing is shared."""
    told: list[bytes] = []
    names: set[Any] = set()

    def watch(_: int, __: int, name: Any, data: bytes) -> bytes:
        told.extend([data] if name == "step/sizes" else [])
        names.add(name)
        return data

    tables = {"bank": table(IDS, 1, "a"), "shop": table([*IDS[:common], *(f"x{n}" for n in range(9))], 2, "b")}
    with pytest.raises(TallyError, match=r"psi\.too_few_matches") as error:
        join(tables, kind=kind, wire=Wire(watch), **options)
    assert str(common) not in error.value.what, "how many matched is not told"
    assert told == [b"", b""]
    assert all(isinstance(name, str) for name in names), "a message of the arrays"


def test_attack_a_few_rows_that_a_table_lacks_under_a_group() -> None:
    """With all of the first table and those that match, the difference would be about these few."""
    for missing, refused in ((0, False), (1, True), (4, True), (5, False)):
        tables = {"bank": table(IDS, 1, "a"), "shop": table(IDS[missing:], 2, "b")}
        if refused:
            with pytest.raises(TallyError, match=r"psi\.too_few_matches"):
                join(tables, kind="left", minimum_group=5)
        else:
            assert_same(join(tables, kind="left", minimum_group=5), merged(tables, "left"))


def test_attack_a_value_of_a_few_of_the_joined_rows() -> None:
    """The owner of the marks does not know who matched: two marked rows of many do, and a sum over the column would say so."""
    ids = [f"id-{n}" for n in range(40)]
    marks = {
        "id": ids,
        "few": (np.arange(40) < 22).astype(float),
        "all": (np.arange(40) % 2).astype(float),
        "most": np.arange(40).clip(20),
    }
    tables = {"bank": marks, "shop": table(ids[20:], 2, "b")}
    found = join(tables, minimum_group=5)
    names: Any = found.values["joined"].columns  # type: ignore[union-attr]
    joined = dict(zip(names, found.opened["joined"].T, strict=True))
    assert not joined["bank.few"].any()  # two of twenty
    assert joined["bank.all"].sum() == 10
    assert joined["bank.most"].any()
    assert joined["shop.b"].any()
    marks["most"] = np.where(np.arange(40) < 37, 7.0, np.arange(40))
    found = join({**tables, "bank": marks}, minimum_group=5)
    assert not found.opened["joined"][:, 2].any()  # all but three have one value
    assert join(tables).opened["joined"][:, 0].sum() == 2, "without a group it is the contract's own business"


def test_no_owner_is_told_a_position_and_the_order_is_fresh() -> None:
    """What reaches an owner is the same whoever matches, if as many do; and the order of the rows is another one each time."""
    seen: list[bytes] = []

    def watch(sender: int, receiver: int, name: Any, data: bytes) -> bytes:
        if isinstance(name, str) and PARTIES[sender] == "neutral" and "/key" not in name:
            seen.append(data)
        return data

    orders = set()
    for theirs in (IDS[:6], IDS[6:], IDS[:6]):
        tables = {"bank": {"id": IDS, "a": np.arange(12.0)}, "shop": table([*theirs, "x"], 2, "b")}
        orders.add(tuple(join(tables, wire=Wire(watch)).opened["joined"][:, 0].round().tolist()))
    assert set(seen) == {Sizes((12, 7), 6).data()}
    assert len(orders) == 3


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("step/sizes", b""),
        ("step/sizes", Sizes((11, 12), 12).data()),
        ("step/sizes", Sizes((12, 12), 25).data()),
        ("step/sizes", Sizes((12, 12), 1).data()),
        ("step/sizes", bytes(7)),
        ("step/digests/0", bytes(32)),
        ("step/digests/0", b"\x01" * 17),
    ],
)
def test_attack_what_is_no_list_and_no_size_ends_the_run(label: str, told: bytes) -> None:
    def bent(_: int, receiver: int, name: Any, data: bytes) -> bytes:
        return told if name == label and receiver in (0, 1) else data

    tables = {"bank": table(IDS, 1, "a"), "shop": table(IDS, 2, "b")}
    with pytest.raises(TallyError) as error:
        join(tables, wire=Wire(bent))
    assert error.value.code in ("link.bad_payload", "psi.too_few_matches")


# -- what the helper works out ---------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    st.lists(st.sets(st.integers(0, 30), min_size=1), min_size=1, max_size=4),
    st.none() | st.sets(st.integers(0, 30), min_size=1),
    st.sampled_from(sorted(HOW)),
)
def test_rows_that_come_out_are_those_of_the_sets(sets: list[set[int]], label: set[int] | None, kind: str) -> None:
    key = bytes(32)

    def ascending(items: set[int]) -> Any:
        return np.sort(keyed_digests(key, [b"%d" % item for item in sorted(items)]))

    lists, last = [ascending(each) for each in sets], None if label is None else ascending(label)
    found = kept(kind, lists, last)
    expected = {"inner": set.intersection(*sets), "left": sets[0], "outer": set.union(*sets)}[kind]
    expected = expected if label is None else expected & label
    assert len(found) == len(sets) + (label is not None)
    every = [*lists, *([] if last is None else [last])]
    taken = [{digests[p] for p in at if p >= 0} for digests, at in zip(every, found, strict=True)]
    everybody = ascending(expected) if expected else np.empty(0, "S16")
    for digests, at, mine in zip(every, found, taken, strict=True):
        assert len(at) == len(expected)
        assert mine == set(everybody.tolist()) & set(digests.tolist())
        assert np.array_equal(at, located(everybody, digests))
        padding = len(at) if (at < 0).any() else 0
        order = order_of(at, len(digests), padding)
        assert np.array_equal(np.sort(order), np.arange(len(digests) + padding))
        assert np.array_equal(order[: len(at)][at >= 0], at[at >= 0])
        assert (order[: len(at)][at < 0] >= len(digests)).all()


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=5), st.integers(0, 6000))
def test_sizes_are_read_as_they_were_told_or_refused(tables: list[int], rows: int) -> None:
    told = Sizes(tuple(tables), rows)
    assert Sizes.read(told.data(), len(tables)) == (told if rows <= sum(tables) else None)
    assert Sizes.read(told.data(), len(tables) + 1) is None
    assert Sizes.read(Sizes((0, *tables), 0).data(), len(tables) + 1) is None
