import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

from demo import data, reference, story
from protocol.contract import TaskContract


def test_the_cut_is_real_data_with_the_promised_overlap() -> None:
    hospital, laboratory = data.split()
    real = load_breast_cancer()
    common = set(hospital.ids) & set(laboratory.ids)
    everyone = set(hospital.ids) | set(laboratory.ids)
    assert len(everyone) == 569
    assert 0.75 < len(common) / 569 < 0.85
    assert (len(hospital.columns), len(laboratory.columns)) == (11, 20)
    features, labels = reference.pooled(hospital, laboratory, tuple(sorted(common)))
    known = {tuple(row) for row in np.column_stack([real.data, 1.0 - real.target])}
    assert all(tuple(row) in known for row in np.column_stack([features, labels]))


def test_neither_side_is_sorted_and_ids_are_unique() -> None:
    for side in data.split():
        assert list(side.ids) != sorted(side.ids)
        assert len(set(side.ids)) == len(side.ids) == len(side.values)


def test_the_file_holds_every_digit(tmp_path: Path) -> None:
    hospital, _ = data.split()
    data.write_csv(hospital, tmp_path / "hospital.csv")
    with (tmp_path / "hospital.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [data.ID, *hospital.columns]
    assert np.array_equal(np.array([[float(cell) for cell in row[1:]] for row in rows[1:]]), hospital.values)


def test_the_contract_is_valid_and_asks_for_exactly_the_files_columns() -> None:
    hospital, laboratory = data.split()
    references = {"hospital": "diagnoses-" + "a" * 32, "laboratory": "assays-" + "b" * 32}
    contract = story.task_contract(references, {"hospital": hospital, "laboratory": laboratory}, 1_800_000_000)
    assert TaskContract.read(contract.data()) == contract
    assert set(contract.input_of(references["hospital"]).columns) == set(hospital.columns)
    assert contract.result_users == ("hospital",)


def test_no_order_of_the_rows_puts_a_value_beyond_the_contracts_limit() -> None:
    hospital, laboratory = data.split()
    common = sorted(set(hospital.ids) & set(laboratory.ids))
    features, _ = reference.pooled(hospital, laboratory, tuple(common))
    train, rng = int(float(story.TRAIN_FRACTION) * len(common)), np.random.default_rng()
    farthest = 0.0
    for _ in range(300):
        part = features[rng.permutation(len(common))[:train]]
        farthest = max(farthest, float(np.abs((features - part.mean(axis=0)) / part.std(axis=0)).max()))
    assert 12 < farthest < float(story.LIMIT) - 4
    # The worst that any order can do: a column's farthest record is not among those that train.
    for column in features.T:
        rest = np.delete(column, np.abs(column - column.mean()).argmax())
        assert abs((column - rest.mean()) / rest.std()).max() < float(story.LIMIT)


def test_more_columns_help_the_hospital() -> None:
    hospital, laboratory = data.split()
    order = tuple(p for p in hospital.ids if p in set(laboratory.ids))
    features, labels = reference.pooled(hospital, laboratory, order)
    train = int(0.7 * len(order))
    joint = reference.fit(features, labels, train, 0.1)
    alone = reference.fit(features[:, : data.HOSPITAL_FEATURES], labels, train, 0.1)
    assert joint.auc > alone.auc > 0.9
    assert joint.roc[0] == (0.0, 0.0)
    assert joint.roc[-1] == (1.0, 1.0)
