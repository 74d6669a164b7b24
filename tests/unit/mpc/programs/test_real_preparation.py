"""Raw credit tables to a model, all of it in the contract: the AUC of a careful notebook on the same people."""

from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mpc.programs.alignment.psi_align import run as psi_align
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.values import PrivateTable
from protocol.recipes import quoted
from tests.unit.mpc.programs import real_data
from tests.unit.mpc.programs.steps import PARTIES
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, execute, reconstruct, step

pytestmark = pytest.mark.slow

GERMAN = "german_credit/germancredit.csv"
UNKNOWN = "unknown/ no savings account"
NUMBERS = ("duration_in_month", "credit_amount", "age_in_years", "installment_rate_in_percentage_of_disposable_income",
           "present_residence_since", "number_of_existing_credits_at_this_bank",
           "number_of_people_being_liable_to_provide_maintenance_for")  # fmt: skip
AT_BANK = ("credit_amount", "credit_history", "duration_in_month", "purpose", "status_of_existing_checking_account",
           "installment_rate_in_percentage_of_disposable_income", "number_of_existing_credits_at_this_bank")  # fmt: skip


def joined(bank: PrivateTable, shop: PrivateTable, recipes: tuple[str, str], label: str) -> Workflow:
    sets = tuple(
        DataSet(name, owner, tuple(sorted(table.columns)))
        for name, owner, table in ((BANK, "bank", bank), (SHOP, "shop", shop))
    )
    target = f"align.aligned.bank.{label}"
    steps = (
        step("at_bank", "prepare.table@1.0.0", {"recipe": recipes[0]}, table=BANK),
        step("at_shop", "prepare.table@1.0.0", {"recipe": recipes[1]}, table=SHOP),
        step("align", "psi.align@1.0.0", tables=("at_bank.table", "at_shop.table")),
        step(
            "scale", "feature.standardize@1.0.0", {"constant_columns": "zero", "beyond_limit": "clip"},
            tables="align.aligned", label=target,
        ),
        step("fit", "glm.logistic@1.0.0", {"c": "0.1"}, features="scale.features", label=target),
        step("test", "eval.binary@1.0.0", {"thresholds": 200}, scores="fit.scores", labels="fit.labels"),
    )  # fmt: skip
    return Workflow(PARTIES, sets, steps, ("test.auc", "fit.coefficients"))


def run(
    flow: Workflow, bank: PrivateTable, shop: PrivateTable, monkeypatch: pytest.MonkeyPatch
) -> tuple[float, list[int]]:
    """The AUC, and the rows in the order of the alignment, of which the first 70 % train."""
    order: list[int] = []
    original = psi_align._aligned

    def keep(source: Any, rows: Any) -> Any:
        if source.owner == "bank" and source.table is not None:
            order[:] = [int(row) for row in rows]
        return original(source, rows)

    monkeypatch.setattr(psi_align, "_aligned", keep)
    results = execute(flow, {"bank": {BANK: bank}, "shop": {SHOP: shop}})
    failed = [result for result in results if isinstance(result, Exception)]
    assert not failed, failed
    return float(reconstruct(results)["test.auc"]), order


def notebook(pipeline: Any, rows: Any, labels: Any, order: list[int]) -> float:
    train = int(0.7 * len(order))
    pipeline.fit(rows[order[:train]], labels[order[:train]])
    return float(roc_auc_score(labels[order[train:]], pipeline.decision_function(rows[order[train:]])))


def test_german_credit_with_texts_and_empty_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = real_data.table(GERMAN)
    rng = np.random.default_rng(4)
    rows = len(raw["creditability"])
    labels = np.array([value == "bad" for value in raw["creditability"]]).astype(float)
    gone = rng.random(rows) < 0.1  # some ages are not known
    columns: dict[str, Any] = {}
    for name, texts in raw.items():
        numbers = np.array([float(text) for text in texts]) if name in NUMBERS else None
        columns[name] = np.array(texts, dtype=object) if numbers is None else numbers
    columns["age_in_years"] = np.where(gone, np.nan, columns["age_in_years"])
    levels = {name: sorted(set(texts)) for name, texts in raw.items() if name not in NUMBERS}

    def recipe(names: tuple[str, ...]) -> str:
        parts = []
        for name in names:
            if name == "creditability":
                parts.append(f"{name}: ordinal good | bad")
            elif name == "credit_amount":
                parts.append(f"{name}: clip quantiles 0 0.99, log")
            elif name == "age_in_years":
                parts.append(f"{name}: fill median, indicator")
            elif name == "savings_account_and_bonds":
                known = " | ".join(quoted(level) for level in levels[name] if level != UNKNOWN)
                parts.append(f"{name}: empty {quoted(UNKNOWN)}, indicator, one-hot {known}")
            elif name in levels:
                parts.append(f"{name}: one-hot {' | '.join(map(quoted, levels[name]))}")
        return "; ".join(parts)

    at_bank = tuple(sorted((*AT_BANK, "creditability")))
    at_shop = tuple(sorted(set(raw) - set(at_bank)))
    ids = tuple(f"c{at}" for at in range(rows))
    bank, shop = (PrivateTable(ids, {name: columns[name] for name in names}) for names in (at_bank, at_shop))
    auc, order = run(joined(bank, shop, (recipe(at_bank), recipe(at_shop)), "creditability"), bank, shop, monkeypatch)
    names = [*NUMBERS, *(name for name in levels if name != "creditability")]
    matrix = np.column_stack([columns[name].astype(object) for name in names])
    plain = [at for at, name in enumerate(names) if name in NUMBERS and name not in ("credit_amount", "age_in_years")]
    amount, age = names.index("credit_amount"), names.index("age_in_years")
    transformer = ColumnTransformer([
        ("plain", "passthrough", plain),
        ("amount", FunctionTransformer(lambda values: np.log1p(values.astype(float))), [amount]),
        ("age", SimpleImputer(strategy="median", add_indicator=True, missing_values=np.nan), [age]),
        ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(range(len(NUMBERS), len(names)))),
    ])  # fmt: skip
    careful = make_pipeline(transformer, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    expected = notebook(careful, matrix, labels, order)
    assert expected > 0.71
    assert auc > expected - 0.01, (auc, expected)


def test_default_credit_with_codes_and_heavy_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """30,000 people; amounts with tails of both signs, categories as numbers with undocumented codes."""
    name = "fate/UCI_Credit_Card.csv"
    raw = real_data.table(name)
    label = "default.payment.next.month"
    names = [column for column in raw if column not in ("ID", label)]
    values = {column.lower(): real_data.numbers(name, (column,))[:, 0] for column in names}
    labels = real_data.numbers(name, (label,))[:, 0]
    coded = {
        "sex": "dummy 1 | 2",
        "education": "one-hot 1 | 2 | 3, other column",
        "marriage": "one-hot 1 | 2 | 3, other column",
    }
    logged = [column for column in values if column.startswith(("bill", "pay_amt", "limit"))]
    recipe = "; ".join(
        [*(f"{column}: {done}" for column, done in coded.items()), *(f"{column}: signed log" for column in logged)]
    )
    at_bank = {column: values[column] for column in values if not column.startswith("bill")} | {"bad": labels}
    at_shop = {column: values[column] for column in values if column.startswith("bill")}
    ids = tuple(f"c{at}" for at in range(len(labels)))
    bank, shop = PrivateTable(ids, at_bank), PrivateTable(ids, at_shop)
    first = "; ".join(part for part in recipe.split("; ") if not part.startswith("bill"))
    second = "; ".join(part for part in recipe.split("; ") if part.startswith("bill"))
    auc, order = run(joined(bank, shop, (first, second), "bad"), bank, shop, monkeypatch)

    def signed(given: Any) -> Any:
        return np.sign(given) * np.log1p(np.abs(given))

    order_of = list(values)
    matrix = np.column_stack([values[column] for column in order_of])
    at = {column: order_of.index(column) for column in order_of}
    rest = [at[column] for column in order_of if column not in logged and column not in coded]
    transformer = ColumnTransformer([
        ("rest", "passthrough", rest),
        ("logs", FunctionTransformer(signed), [at[column] for column in logged]),
        ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [at[column] for column in coded]),
    ])  # fmt: skip
    careful = make_pipeline(transformer, StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    expected = notebook(careful, matrix, labels, order)
    assert expected > 0.71
    assert auc > expected - 0.005, (auc, expected)
