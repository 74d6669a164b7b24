"""A join in real processes over pinned TLS links: joined and described, joined and trained on, against numpy and scikit-learn."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.integration.programs.breast_cancer import step
from tests.integration.programs.conftest import Run
from tests.integration.programs.outputs import reconstruct

COMMITTEE = ("bank", "exchange", "shop")
BANK, SHOP, LABEL = "loans-" + "a" * 32, "orders-" + "b" * 32, "defaults-" + "c" * 32
ROWS, COMMON = 400, 240


def tables() -> tuple[dict[str, Any], Any, Any]:
    """Files' contents by data set; the common people's four features, each of its owner's, and their labels."""
    rng = np.random.default_rng(3)
    people = rng.permutation(10**6)[: 2 * ROWS - COMMON]
    features = rng.normal(size=(len(people), 4)) * [1, 5, 0.2, 2] + [0, 30, 1, -4]
    unit = (features - features.mean(axis=0)) / features.std(axis=0)
    labels = (unit @ [0.8, -0.6, 0.5, -0.4] + rng.logistic(size=len(people)) > 0).astype(float)
    ours, theirs = rng.permutation(ROWS), rng.permutation(np.arange(ROWS - COMMON, len(people)))
    common = np.arange(ROWS - COMMON, ROWS)

    def file(rows: Any, columns: dict[str, Any]) -> dict[str, Any]:
        cells = {name: values[rows].tolist() for name, values in columns.items()}
        return {"ids": [f"客户 {people[row]}" for row in rows], "columns": cells}

    found = {
        BANK: file(ours, {"a": features[:, 0], "b": features[:, 1]}),
        SHOP: file(theirs, {"c": features[:, 2], "d": features[:, 3]}),
        LABEL: file(theirs[::-1], {"y": labels}),
    }
    return found, features[common], labels[common]


@pytest.mark.parametrize(
    ("outside", "group"), [((), 10), pytest.param(("shop",), 0, marks=pytest.mark.slow)], ids=["inside", "outside"]
)
def test_joined_tables_are_described_and_trained_on(
    run: Run, tmp_path: Path, outside: tuple[str, ...], group: int
) -> None:
    committee = COMMITTEE if not outside else ("bank", "exchange", "lender")
    files, features, labels = tables()
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    spec: dict[str, Any] = {
        "body": "workflow", "folder": str(tmp_path), "total": 150.0, "deadline": 140.0, "minimum_group": group,
        "readers": ["exchange"],
        "data_sets": [[BANK, "bank", ["a", "b"]], [SHOP, "shop", ["c", "d"]], [LABEL, "shop", ["y"]]],
        "steps": [
            step("join", "psi.join@1.0.0", {"limit": "64"}, tables=[BANK, SHOP], label=[LABEL]),
            step("all", "stats.describe@1.0.0", {"limit": "64"}, table=["join.joined"]),
            step("scale", "feature.standardize_pooled@1.0.0", {"limit": "64"}, tables=["join.joined"]),
            step("fit", "glm.logistic@1.0.0", {"c": "1"}, features=["scale.features"], label=["join.labels"]),
        ],
        "outputs": ["all.count", "all.mean", "all.variance", "fit.coefficients", "fit.intercept"],
    }  # fmt: skip
    results = run(committee, within=150, **({"outside": outside} if outside else {}), **spec)
    assert all("ok" in result for result in results.values()), results
    found = reconstruct(tmp_path, results, committee)
    assert found["all.count"].tolist() == [COMMON] * 4
    assert np.allclose(found["all.mean"], features.mean(axis=0), atol=1e-5)
    assert np.allclose(found["all.variance"], features.var(axis=0, ddof=1), atol=1e-4)
    unit = (features - features.mean(axis=0)) / features.std(axis=0)
    oracle = LogisticRegression(tol=1e-10, max_iter=5000).fit(unit, labels)
    assert np.abs(found["fit.coefficients"] - oracle.coef_[0]).max() < 2e-3
    assert abs(found["fit.intercept"] - oracle.intercept_[0]) < 2e-3
    for result in results.values():
        assert result["ok"]["steps"][0][5] == [["joined_rows", COMMON]]
        assert result["ok"]["aligned"] == 0, "nobody learns which of its rows matched"
    assert not list(tmp_path.glob("*.order"))
