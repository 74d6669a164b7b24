"""Counts of genotypes over centres are those of the pooled people, and nothing else is opened."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mpc.programs.gwas.assoc import run as module
from mpc.programs.gwas.counting import copies
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.planning import plan
from mpc.workflow.values import PrivateTable
from protocol.errors import TallyError
from protocol.variants import ListName
from tests.unit.mpc.programs.genotypes import UNKNOWN, centres, counted, drawn, packed, table_of
from tests.unit.mpc.programs.steps import run_step
from tests.unit.mpc.workflow.test_runner import COMMITTEE, step

PROGRAM = "gwas.assoc@1.0.0"
RNG = np.random.default_rng(22)
K = 5


def run(tables: dict[str, PrivateTable], variants: int, **options: Any) -> Any:
    return run_step(PROGRAM, centres(tables), {"variants": variants}, **options)


@pytest.mark.parametrize("people", [0, 1, 7, 254, 255, 256, 600])
@pytest.mark.parametrize("variants", [1, 3, 4, 9])
def test_bits_count_what_dosages_say(people: int, variants: int) -> None:
    """Around the 255 people that a byte adds up, and where the last byte is not full."""
    dosages = RNG.integers(UNKNOWN, 3, (people, variants))
    expected = [[int((column == n).sum()) for n in (0, 1, 2)] for column in dosages.T]
    assert copies(packed(dosages))[:variants].tolist() == expected


@pytest.mark.parametrize("backend", ["fast", "mpyc"])
def test_counts_are_those_of_the_pooled_people(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In blocks, the last of which is not full; with centres of many, of one and of no cases."""
    monkeypatch.setattr(module, "_BLOCK", 8)
    parts = {"bank": drawn(RNG, 40, 21), "shop": drawn(RNG, 1, 21), "neutral": drawn(RNG, 30, 21)}
    parts["neutral"][0][:] = 0
    found = run({name: table_of(*part) for name, part in parts.items()}, 21, backend=backend)
    cases, dosages = (np.concatenate(both) for both in zip(*parts.values(), strict=True))
    assert found.opened["counts"].tolist() == counted(cases, dosages).tolist()
    assert found.opened["people"].tolist() == [(cases == 0).sum(), (cases == 1).sum()]
    assert found.opened["shown"].all()
    assert not found.opened["variant_list"].any()  # the made-up list's digest
    assert found.disclosed == {"variant_lists": 3 * 16}
    assert found.elements_opened == 3 * 16


def test_the_digest_that_opens_is_the_lists() -> None:
    digest = bytes(range(100, 132))
    tables = {name: table_of(*drawn(RNG, 9, 2), digest) for name in ("bank", "shop")}
    words = run(tables, 2, wanted=("variant_list",)).opened["variant_list"]
    assert b"".join(int(word).to_bytes(2, "big") for word in words) == digest


@pytest.mark.parametrize("readers", [(), ("shop",), ("bank", "shop")])
def test_a_variant_shows_all_of_its_counts_or_none(readers: tuple[str, ...]) -> None:
    """Against the rule in plain Python: no cell, missing ones too, is of somebody but of fewer than the group, whoever subtracts its own."""
    rng = np.random.default_rng(5)
    parts = {name: drawn(rng, 180, 64, 0.1) for name in ("bank", "shop")}
    found = run({name: table_of(*part) for name, part in parts.items()}, 64, minimum_group=K, readers=readers).opened
    views = [["bank", "shop"]] if not readers else [["bank"]] if readers == ("shop",) else [["bank"], ["shop"]]
    expected = np.ones(64, bool)
    for view in views:
        cases, dosages = (np.concatenate(both) for both in zip(*(parts[name] for name in view), strict=True))
        cells = counted(cases, dosages).reshape(64, 2, 3)
        people = np.array([[(cases == 0).sum(), (cases == 1).sum()]])
        cells = np.concatenate([cells, (people - cells.sum(axis=2))[:, :, None]], axis=2)
        expected &= ~((cells > 0) & (cells < K)).any(axis=(1, 2))
    assert 5 < expected.sum() < 64
    assert found["shown"].tolist() == expected.astype(int).tolist()
    cases, dosages = (np.concatenate(both) for both in zip(*parts.values(), strict=True))
    assert found["counts"].tolist() == (counted(cases, dosages) * expected[:, None]).tolist()


def test_two_cases_hide_their_number_and_every_variant() -> None:
    """Regression: sizes of groups are margins of every variant, so they hide with them."""
    cases = np.zeros(80)
    cases[:2] = 1
    dosages = RNG.integers(0, 3, (80, 5))
    found = run(
        {"bank": table_of(cases[:40], dosages[:40]), "shop": table_of(cases[40:], dosages[40:])}, 5, minimum_group=K
    )
    assert not found.opened["people"].any()
    assert not found.opened["counts"].any()
    assert not found.opened["shown"].any()


def test_other_lists_are_refused_by_every_party_before_any_count_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: a centre with flipped alleles would turn the effect of every one of them round."""
    shared: list[Any] = []
    original = module.share_counts

    def watched(*arguments: Any) -> Any:
        shared.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, "share_counts", watched)
    tables = {"bank": table_of(*drawn(RNG, 9, 3)), "shop": table_of(*drawn(RNG, 9, 3), b"\1" + bytes(31))}
    with pytest.raises(TallyError) as caught:
        run(tables, 3)
    assert caught.value.code == "gwas.other_list"
    assert "shop" in caught.value.what
    assert shared == []


CASES, DOSAGES = drawn(RNG, 12, 3)
GOOD = table_of(CASES, DOSAGES)


def test_three_columns_are_not_two() -> None:
    with pytest.raises(TallyError, match=r"gwas\.columns"):
        run_step(PROGRAM, centres({"bank": GOOD, "shop": GOOD}, ("case", "g", "age")), {"variants": 3})


@pytest.mark.parametrize(
    ("own", "code"),
    [
        (PrivateTable(GOOD.ids, {"case": CASES, "g": CASES}), "gwas.genotypes"),
        (PrivateTable(GOOD.ids, {"case": GOOD.columns["g"], "g": GOOD.columns["g"]}), "gwas.genotypes"),
        (table_of(CASES, DOSAGES[:, :2]), "gwas.variants"),
        (table_of(CASES + 1, DOSAGES), "frame.label"),
        (table_of(np.where(np.arange(12) == 4, np.nan, CASES), DOSAGES), "input.null"),
        (PrivateTable(GOOD.ids, {**GOOD.columns, "case": np.array(["1"] * 12, dtype=object)}), "input.kind"),
    ],
)
def test_what_an_owner_cannot_count_it_refuses(own: PrivateTable, code: str) -> None:
    with pytest.raises(TallyError) as caught:
        run({"bank": own, "shop": GOOD}, 3)
    assert caught.value.code == code
    assert caught.value.fix


def test_genotypes_are_no_numbers_for_other_programs() -> None:
    with pytest.raises(TallyError, match=r"input\.kind"):
        GOOD.matrix(("case", "g"))
    with pytest.raises(TallyError, match=r"input\.kind"):
        run_step(
            "prepare.table@1.0.0",
            lambda me, b: {"table": (replace(centres({"bank": GOOD})(me, b)["tables"][0]),)},
            {"recipe": "g: fill 0"},
            wanted=("table",),
        )


@pytest.mark.slow
def test_a_hundred_centres_are_added_up() -> None:
    names = ("bank", "neutral", "shop", *(f"centre-{at}" for at in range(97)))
    parts = {name: drawn(RNG, 3, 4) for name in names}
    found = run_step(
        PROGRAM, centres({name: table_of(*part) for name, part in parts.items()}), {"variants": 4},
        parties=names, outside=97, wanted=("counts",),
    )  # fmt: skip
    cases, dosages = (np.concatenate(both) for both in zip(*parts.values(), strict=True))
    assert found.opened["counts"].tolist() == counted(cases, dosages).tolist()


def test_a_name_of_a_list_says_its_width() -> None:
    assert [ListName(count, b"").width for count in (1, 4, 5, 500_000)] == [1, 1, 2, 125_000]


def test_a_plan_holds_a_persons_bytes_and_takes_prepared_tables_for_none() -> None:
    """Ten thousand people of half a million variants are more than their two columns; a table that a step prepared has no genotypes."""
    name = "cohort-" + "a" * 32
    rows = {name: 10_000}

    def memory(variants: int) -> int:
        test = step("test", "gwas.assoc@1.0.0", {"variants": variants}, tables=(name,))
        flow = Workflow(COMMITTEE, (DataSet(name, "bank", ("case", "g")),), (test,), ("test.people",))
        return asyncio.run(plan(flow, rows))[0].memory

    assert memory(400_000) - memory(4) > 10_000 * 100_000
    prepared = step("prep", "prepare.table@1.0.0", {"recipe": "case: fill 0"}, table=name)
    test = step("test", "gwas.assoc@1.0.0", {"variants": 4}, tables=("prep.table",))
    flow = Workflow(COMMITTEE, (DataSet(name, "bank", ("case", "g")),), (prepared, test), ("test.people",))
    assert len(asyncio.run(plan(flow, rows))) == 2
