"""Lines of payments as a regulator and banks have them, ugly ones too, and what DuckDB finds when it compares them in the clear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from mpc.workflow.values import PrivateTable, Source
from tests.unit.mpc.programs.steps import Outcome, run_step

PROGRAM = "reconcile.flows@1.0.0"
KEYS = ("reference", "payer", "day")
Row = tuple[str, str, int, str]
"""Reference, payer, day, and an amount as text with two decimals."""
_LINES = "CREATE TABLE {name} (line INTEGER, reference TEXT, payer TEXT, day INTEGER, amount DECIMAL(18, 2))"
_FINDINGS = """
WITH r AS (SELECT reference, payer, day, count(*) AS n, sum(amount) AS s, min(line) AS first FROM reported GROUP BY ALL),
     b AS (SELECT reference, payer, day, count(*) AS n, sum(amount) AS s FROM banks GROUP BY ALL)
SELECT line, CASE WHEN line <> r.first THEN 5 WHEN b.n IS NULL THEN 4
                  ELSE CAST(abs(r.s - b.s) > CAST(? AS DECIMAL(18, 2)) AS INTEGER) + 2 * CAST(r.n > 1 OR b.n > 1 AS INTEGER) END
FROM reported JOIN r USING (reference, payer, day) LEFT JOIN b USING (reference, payer, day) ORDER BY line
"""
_UNREPORTED = "SELECT count(*) FROM banks ANTI JOIN reported USING (reference, payer, day)"
_AMOUNTS = """
SELECT (SELECT sum(amount) FROM reported SEMI JOIN banks USING (reference, payer, day)),
       (SELECT sum(amount) FROM banks SEMI JOIN reported USING (reference, payer, day))
"""


@dataclass(frozen=True)
class Found:
    """What is to come out: lines and their findings in the order of lines, the totals, and both sums in cents."""

    lines: list[tuple[int, int]]
    totals: list[int]
    amounts: list[int]


def drawn(seed: int, rows: int, banks: Sequence[str] = ("shop",)) -> tuple[list[Row], dict[str, list[Row]]]:
    """Reported lines and those of banks: doubled on either side and on both, missing on either side, negative, zero, at 1.00 of difference and a cent
    beyond, a payment in two banks, keys that differ in one column.
    """
    rng = np.random.default_rng(seed)
    reported: list[Row] = []
    held: dict[str, list[Row]] = {bank: [] for bank in banks}
    for at in range(rows):
        cents = int(rng.integers(-500_000, 5_000_000)) if at % 7 else 0
        row = (f"payment {at // 2 if at % 11 == 1 else at}", f"account {at % 5}", 20240101 + at % 3)
        there = int(rng.choice([0, 0, 100, -100, 101, -101, 2500]))
        kind = int(rng.integers(0, 8))
        ours, theirs = (1 if kind != 0 else 0, 1 if kind != 1 else 0) if kind < 6 else (kind - 5, 8 - kind)
        reported += [(*row, _text(cents))] * ours
        for copy in range(theirs):
            bank = banks[int(rng.integers(len(banks)))]
            held[bank].append((*row, _text(cents + (there if copy == 0 else 0))))
    for lines in held.values():
        if not lines:
            lines.append(("no payment", "nobody", 20240101, "0.00"))
    order = rng.permutation(len(reported))
    return [reported[place] for place in order], held


def _text(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def expected(reported: Sequence[Row], banks: Mapping[str, Sequence[Row]], tolerance: str) -> Found:
    """What DuckDB says."""
    with duckdb.connect() as base:
        for name, rows in (("reported", reported), ("banks", [row for lines in banks.values() for row in lines])):
            base.execute(_LINES.format(name=name))
            base.executemany(
                f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", [(at, *row) for at, row in enumerate(rows, 1)]
            )
        lines = [(int(line), int(finding)) for line, finding in base.execute(_FINDINGS, [tolerance]).fetchall()]
        (unreported,) = base.execute(_UNREPORTED).fetchone() or (0,)
        amounts = base.execute(_AMOUNTS).fetchone() or (0, 0)
    totals = np.bincount([finding for _, finding in lines], minlength=6).tolist()
    return Found(
        lines, [*totals, sum(map(len, banks.values())), unreported], [round(100 * float(each or 0)) for each in amounts]
    )


def source(me: str, owner: str, rows: Sequence[Row], name: str = "") -> Source:
    """An owner's lines as its node hands them over."""
    own = PrivateTable(
        tuple(map(str, range(len(rows)))),
        {
            **{
                key: np.array([row[at] for row in rows], dtype=object if at < 2 else float)
                for at, key in enumerate(KEYS)
            },
            "amount": np.array([float(row[3]) for row in rows]),
        },
    )
    return Source(name or f"{owner}-set", owner, (*KEYS, "amount"), own if me == owner else None)


def inputs(reported: Sequence[Row], banks: Mapping[str, Sequence[Row]], owner: str = "bank") -> Any:
    """By port: ``owner`` reports."""

    def made(me: str, _: Any) -> dict[str, Any]:
        return {
            "reported": (source(me, owner, reported),),
            "banks": tuple(source(me, bank, lines) for bank, lines in banks.items()),
        }

    return made


def reconciled(reported: Sequence[Row], banks: Mapping[str, Sequence[Row]], **options: Any) -> Outcome:
    """A run by three key columns; options of :func:`run_step`, and parameters."""
    named = ("keys", "places", "tolerance", "limit")
    given = {"keys": ", ".join(KEYS), **{name: options.pop(name) for name in named if name in options}}
    return run_step(PROGRAM, inputs(reported, banks, options.pop("owner", "bank")), given, **options)


def found(outcome: Outcome) -> Found:
    """What came out."""
    lines = sorted((int(line), int(finding)) for line, finding in outcome.opened["lines"])
    return Found(lines, outcome.opened["totals"].astype(int).tolist(), outcome.opened["amounts"].astype(int).tolist())
