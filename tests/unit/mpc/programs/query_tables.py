"""Tables for queries: an owner's columns with NULLs, categories and heavy tails, for the program and for DuckDB alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from mpc.workflow.values import Aligned, Stacked
from protocol.sql.answer import Answer, answer
from protocol.sql.query import Query
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import Outcome, aligned, run_step, stacked

PROGRAM = "stats.sql@1.0.0"


@dataclass(frozen=True)
class Table:
    """Columns by owner; NaN is NULL. ``limit`` is the step's."""

    owners: Mapping[str, Mapping[str, Any]]
    limit: str

    @property
    def columns(self) -> dict[str, Any]:
        return {name: values for own in self.owners.values() for name, values in own.items()}

    def _held(self, names: Sequence[str]) -> dict[str, Any]:
        """As a recipe with ``fill`` and ``indicator`` makes them."""
        found: dict[str, Any] = {}
        for name in names:
            values = self.columns[name]
            found[name] = np.where(np.isnan(values), -1.0, values)
            if np.isnan(values).any():
                found[f"{name}[missing]"] = np.isnan(values).astype(float)
        return found

    def split(self, me: str) -> Aligned:
        """Columns of several owners."""
        parts = {owner: self._held([*own]) for owner, own in self.owners.items()}
        return aligned(me, {owner: ([*own], np.column_stack([*own.values()])) for owner, own in parts.items()})

    def below(self, me: str) -> Stacked:
        """All columns at two owners, who have other rows."""
        own = self._held([*self.columns])
        rows = np.column_stack([*own.values()])
        cut = len(rows) * 2 // 5
        return stacked(me, [*own], {"bank": rows[:cut], "shop": rows[cut:]})

    def run(self, text: str, layout: str, **options: Any) -> Outcome:
        """The step over this table."""
        make = self.split if layout == "columns" else self.below
        given = {"sql": text, "limit": self.limit}
        return run_step(PROGRAM, lambda me, _: {"tables": (make(me),)}, given, **options)

    def answer(self, text: str, layout: str, **options: Any) -> Answer:
        """What the reader of the step gets."""
        return read(text, self.limit, self.run(text, layout, **options).opened)

    def duckdb(self, text: str) -> list[tuple[Any, ...]]:
        """What DuckDB answers over the same rows: as one table, and as one for each owner."""
        frame = pd.DataFrame(self.columns)
        with duckdb.connect() as connection:
            for name, part in {"rows": frame, **{each: pd.DataFrame(own) for each, own in self.owners.items()}}.items():
                connection.register(f"_{name}", part.assign(id=np.arange(len(part))))
                # pandas writes NULL as NaN, which SQL compares as the largest number
                cells = ", ".join(f'nullif("{column}", \'nan\'::double) AS "{column}"' for column in part)
                connection.execute(f'CREATE TABLE "{name}" AS SELECT id, {cells} FROM "_{name}"')
            return connection.execute(text).fetchall()


def read(text: str, limit: str, opened: Mapping[str, Any]) -> Answer:
    """The answer from opened figures."""
    figures = [[Fraction(float(value)) for value in row] for row in opened["figures"]]
    return answer(Query.parse(text), float(limit), figures, [bool(bit) for bit in opened["shown"]])


def loans() -> Table:
    """Made-up people of a bank and a shop: amounts and spendings with heavy tails, empty incomes and ratings."""
    rng, rows = np.random.default_rng(1310), 900
    region = rng.choice(5, rows, p=[0.35, 0.3, 0.2, 0.1, 0.05]).astype(float)
    age = np.clip(rng.normal(45, 14, rows).round(), 18, 90)
    amount = np.minimum(np.exp(rng.normal(9, 1.4, rows)), 4e6).round(2)
    overdue = (rng.random(rows) < 0.08 + 0.05 * (region == 2)).astype(float)
    rating = rng.integers(1, 6, rows).astype(float)
    rating[rng.random(rows) < 0.15] = np.nan
    spent = np.minimum(50 * (rng.pareto(1.3, rows) + 1), 4e6).round(2)
    income = np.exp(rng.normal(8, 0.9, rows)).round(2)
    income[rng.random(rows) < 0.2] = np.nan
    return Table(
        {
            "bank": {"region": region, "age": age, "amount": amount, "overdue": overdue, "rating": rating},
            "shop": {
                "channel": rng.integers(0, 3, rows).astype(float),
                "visits": rng.poisson(3, rows).astype(float),
                "spent": spent,
                "income": income,
            },
        },
        "4000000",
    )


def cards() -> Table:
    """The credit cards of Taiwan, 2005 (UCI), 3,000 of them; education of no known kind is NULL. Skips where the file is absent."""
    names = ("SEX", "EDUCATION", "MARRIAGE", "AGE", "LIMIT_BAL", "PAY_0", "BILL_AMT1", "PAY_AMT1")
    values = real_data.numbers("fate/UCI_Credit_Card.csv", names)[:3000].T
    columns = dict(zip((name.lower() for name in names), values, strict=True))
    columns["bad"] = real_data.numbers("fate/UCI_Credit_Card.csv", ("default.payment.next.month",))[:3000, 0]
    columns["education"] = np.where(np.isin(columns["education"], (1, 2, 3, 4)), columns["education"], np.nan)
    bank = ("sex", "age", "limit_bal", "bad", "education")
    return Table(
        {
            "bank": {name: columns[name] for name in bank},
            "shop": {name: columns[name] for name in columns if name not in bank},
        },
        "1000000",
    )
