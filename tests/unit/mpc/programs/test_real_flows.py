"""Payment orders of a Czech bank's customers (PKDD'99, Berka): reported, and held by thirteen banks with known faults, read as nodes read files."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mpc.workflow.values import PrivateTable, Source
from tests.unit.mpc.programs.flow_tables import PROGRAM, Row, expected, found
from tests.unit.mpc.programs.real_data import DATA
from tests.unit.mpc.programs.steps import PARTIES, run_step
from workers import sources
from workers.own_rows import private_table
from workers.sources.schema import Schema

ORDERS = DATA / "berka" / "fin_order.tsv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ORDERS.is_file(), reason="needs shared/data/berka beside the repository"),
]
KEYS = ("reference", "payer", "day")
SCHEMA = """format = "tallystick/declared-schema/v2"
title = { en = "orders", zh = "付款指令" }
data_level = 3
sensitive = []
[[columns]]
name = "reference"
kind = "text"
[[columns]]
name = "payer"
kind = "text"
[[columns]]
name = "day"
kind = "integer"
low = 1
high = 99999999
[[columns]]
name = "amount"
kind = "decimal"
low = -1000000
high = 1000000
scale = 2
"""


def read(folder: Path, name: str, rows: Sequence[Row]) -> PrivateTable:
    """An owner's file, without an identifier and with repeated references, as its node hands it over."""
    (folder / "schema.toml").write_text(SCHEMA)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow((*KEYS, "amount"))
        writer.writerows(rows)
    return private_table(sources.read(folder / f"{name}.csv", Schema.read(folder / "schema.toml")))


def test_every_injected_fault_is_found_and_nothing_else(tmp_path: Path) -> None:
    with ORDERS.open() as file:
        orders = list(csv.reader(file, delimiter="\t"))
    # the payee's account, a number, is what is compared beside order and payer
    reported: list[Row] = [(order, payer, int(to), f"{float(amount):.2f}") for order, payer, _, to, amount, _ in orders]
    kind = np.random.default_rng(3).choice(5, len(reported), p=[0.9, 0.03, 0.03, 0.02, 0.02])
    held: dict[str, list[Row]] = {}
    for row, (_, _, bank, *_), at in zip(reported, orders, kind, strict=True):
        lines = held.setdefault(f"bank-{bank.lower()}", [])
        changed = (*row[:3], f"{float(row[3]) + 0.05 + 0.01 * (at == 2):.2f}")  # at the tolerance, or a cent beyond
        lines += {0: [row], 1: [], 2: [changed], 3: [row, row], 4: [changed]}[int(at)]
    reported += [reported[at] for at in np.flatnonzero(kind == 3)[:40]]
    assert len(held) == 13
    owners = ("bank-ab", "neutral", "bank-cd", *sorted({*held} - {"bank-ab", "bank-cd"}), "regulator")
    assert set(owners) == {*held, "neutral", "regulator"}
    files = {owner: read(tmp_path, owner, rows) for owner, rows in (*held.items(), ("regulator", reported))}

    def inputs(me: str, _: Any) -> dict[str, Any]:
        def source(owner: str) -> Source:
            return Source(f"{owner}-set", owner, (*KEYS, "amount"), files[owner] if me == owner else None)

        return {"reported": (source("regulator"),), "banks": tuple(source(owner) for owner in held)}

    given = {"keys": ", ".join(KEYS), "tolerance": "0.05", "limit": "1000000"}
    outcome = run_step(PROGRAM, inputs, given, parties=owners, outside=len(owners) - len(PARTIES))
    whole = expected(reported, held, "0.05")
    assert found(outcome) == whole
    counts = np.bincount(kind, minlength=5)
    assert whole.totals[1] == counts[2]
    assert whole.totals[4] == counts[1]
    assert whole.totals[2] + whole.totals[3] == counts[3]
    assert whole.totals[2] == whole.totals[5] == 40
