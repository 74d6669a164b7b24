"""A model that stays at the nodes: trained in one task, used by another, as its contract allows and not otherwise."""

import secrets
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from demo import reference, results, story
from demo.data import LABEL
from mpc.programs.catalogue import find
from protocol.ask import complete, per_person
from protocol.contract import Keep, KeptModel, Output, Step, TaskContract
from tallystick.patience import patiently
from tests.e2e.conftest import Run
from tests.patience import until
from workers.node import load_settings
from workers.vault import Vault

_SOURCE = "train.model"
_RIDGE, _SCORE = "linear.ridge@1.0.0", "score.glm@1.0.0"


def _carry_out(run: Run, contract: TaskContract) -> bytes:
    """Submit, authorize as both owners, scores of single people included, and wait for the end of the task."""
    rows = per_person(contract, {name: find(name).published() for name in contract.programs})
    with run.client("hospital") as hospital, run.client("laboratory") as laboratory:
        found = hospital.preflight(contract)
        assert found.problems == ()
        task = hospital.submit(contract)
        for client in (hospital, laboratory):
            for request in patiently(lambda client=client: client.authorizations(task)):
                if request.owner == client.party:
                    client.authorize(task, client.sign(*client.asked(task, request, per_person=rows)))
        ends = ("completed", "refused", "aborted", "expired")
        until(
            90, "the task's end", lambda: hospital.task(task).state in ends, poll=0.2,
            detail=lambda: hospital.task(task).to_json(),
        )  # fmt: skip
    return task


def _contract(run: Run, steps: tuple[Step, ...], source: str, **changes: Any) -> TaskContract:
    contract = replace(
        run.status.contract, nonce=secrets.token_hex(32), deadline=int(time.time()) + 300, steps=steps,
        outputs=(Output(source, ("hospital",)),), **changes,
    )  # fmt: skip
    return complete(contract, {name: find(name).published() for name in contract.programs})


@pytest.fixture(scope="module")
def trained(run: Run) -> tuple[bytes, TaskContract]:
    system = run.system
    system.publish((_RIDGE, _SCORE), run.accounts["platform"], run.accounts["certifier"])
    align, scale = run.status.contract.steps[:2]
    label = f"align.aligned.hospital.{LABEL}"
    train = Step(
        "train",
        _RIDGE,
        (("alpha", "10"), ("label_limit", "2")),
        (("features", ("scale.features",)), ("label", (label,))),
    )
    until = int(time.time()) + 3600
    contract = _contract(run, (align, scale, train), "train.coefficients", keeps=(Keep(_SOURCE, ("hospital",), until),))
    return _carry_out(run, contract), contract


def _scoring(run: Run, task: bytes, **changes: Any) -> TaskContract:
    align = run.status.contract.steps[0]
    score = Step("score", _SCORE, (("output", "linear"),), (("model", ("credit",)), ("tables", ("align.aligned",))))
    return _contract(
        run, (align, score), "score.scores", models=(KeptModel("credit", task, _SOURCE, "model:linear"),), **changes
    )


def test_the_model_is_at_every_node_and_encrypted(run: Run, trained: tuple[bytes, TaskContract]) -> None:
    task, _ = trained
    coefficients = results.await_result(run.system.node_folder("hospital"), task, 60).outputs["train.coefficients"]
    for party in ("hospital", "laboratory", "exchange"):
        folder = run.system.node_folder(party)
        _await(lambda folder=folder: list((folder / "models").glob(f"{task.hex()}-*.model")))
        (file,) = (folder / "models").glob(f"{task.hex()}-*.model")
        part = Vault(load_settings(folder)[1].storage_key).read(file, f"model/{task.hex()}/{_SOURCE}")
        assert b"linear" not in file.read_bytes()
        assert b"train.model" in part
        assert repr(coefficients[0]).encode() not in part


def test_another_task_scores_with_it_and_only_the_scores_are_opened(
    run: Run, trained: tuple[bytes, TaskContract]
) -> None:
    task, _ = trained
    scoring = _carry_out(run, _scoring(run, task))
    with run.client("hospital") as client:
        assert client.task(scoring).state == "completed", client.task(scoring).to_json()
    found = results.await_result(run.system.node_folder("hospital"), scoring, 60)
    first = results.await_result(run.system.node_folder("hospital"), task, 60)
    train = int(float(story.TRAIN_FRACTION) * len(first.order))
    seen, target = reference.pooled(run.sides["hospital"], run.sides["laboratory"], first.order)
    mean, deviation = seen[:train].mean(axis=0), seen[:train].std(axis=0)
    oracle = Ridge(10.0).fit((seen[:train] - mean) / deviation, target[:train])
    rows, _ = reference.pooled(run.sides["hospital"], run.sides["laboratory"], found.order)
    values = np.clip((rows - mean) / deviation, -16, 16)
    np.testing.assert_allclose(found.outputs["score.scores"], oracle.predict(values), atol=5e-3)


def test_a_use_that_the_training_contract_does_not_allow_is_refused(
    run: Run, trained: tuple[bytes, TaskContract]
) -> None:
    task, _ = trained
    with run.client("laboratory") as laboratory, run.client("hospital") as hospital:
        contract = _scoring(run, task, proposer="laboratory")
        refused = laboratory.submit(contract)
        rows = per_person(contract, {name: find(name).published() for name in contract.programs})
        for client in (hospital, laboratory):
            for request in patiently(lambda client=client: client.authorizations(refused)):
                if request.owner == client.party:
                    client.authorize(refused, client.sign(*client.asked(refused, request, per_person=rows)))
        _await(lambda: laboratory.task(refused).state in ("refused", "aborted"))
        assert "check.policy" in str(laboratory.task(refused).to_json())


def _await(condition: Any) -> None:
    until(60, "the task's end", condition, poll=0.2)
