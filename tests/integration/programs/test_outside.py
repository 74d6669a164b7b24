"""Owners outside the committee as real processes without a listening port, over pinned TLS links."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chain.ports import free_ports
from tests.integration.programs.breast_cancer import step
from tests.integration.programs.conftest import Run, launch
from tests.integration.programs.outputs import reconstruct
from tests.patience import scaled

COMMITTEE = ("c-one", "c-two", "c-three")


def reference(owner: str) -> str:
    return f"{owner}-data-" + "a" * 32


def tables(owners: tuple[str, ...], rows: int, common: int, columns: int, seed: int = 9) -> dict[str, Any]:
    """Every owner has ``common`` ids that all have and some of its own, in its own order, and ``columns`` columns."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for number, owner in enumerate(owners):
        ids = [f"id-{n}" for n in range(common)] + [f"only-{number}-{n}" for n in range(rows - common)]
        values = rng.normal(size=(rows, columns)) * (1 + number) + number
        order = rng.permutation(rows)
        found[owner] = {
            "ids": [ids[i] for i in order],
            "columns": {f"x{number:03d}-{c}": values[order, c].tolist() for c in range(columns)},
        }
    return found


def write(folder: Path, found: dict[str, Any]) -> None:
    for owner, table in found.items():
        (folder / f"{reference(owner)}.json").write_text(json.dumps(table))


def spec(folder: Path, found: dict[str, Any], **changes: Any) -> dict[str, Any]:
    references = sorted(reference(owner) for owner in found)
    return {
        "body": "workflow",
        "folder": str(folder),
        "total": 90.0,
        "deadline": 80.0,
        "data_sets": sorted([reference(owner), owner, sorted(found[owner]["columns"])] for owner in found),
        "steps": [
            step("align", "psi.align@1.0.0", {}, tables=references),
            step("scale", "feature.standardize@1.0.0", {"train_fraction": "1"}, tables=["align.aligned"]),
        ],
        "outputs": ["scale.means", "scale.deviations"],
        **changes,
    }


def expected(found: dict[str, Any], common: int) -> tuple[Any, Any]:
    """Means and deviations over the common rows, in data set and column order."""
    means, deviations = [], []
    for owner in sorted(found, key=reference):
        keep = [i for i, text in enumerate(found[owner]["ids"]) if text in {f"id-{n}" for n in range(common)}]
        for column in sorted(found[owner]["columns"]):
            values = np.array(found[owner]["columns"][column])[keep]
            means.append(values.mean())
            deviations.append(values.std())
    return np.array(means), np.array(deviations)


def test_five_outside_owners_and_one_inside_are_aligned_and_summarised(run: Run, tmp_path: Path) -> None:
    outside = ("bank", "clinic", "depot", "shop", "telco")
    found = tables((*outside, "c-three"), 60, 40, 2)
    write(tmp_path, found)
    results = run(COMMITTEE, within=90, outside=outside, **spec(tmp_path, found))
    assert all("ok" in result for result in results.values()), results
    outputs = reconstruct(tmp_path, results, COMMITTEE)
    means, deviations = expected(found, 40)
    assert np.allclose(outputs["scale.means"], means, atol=1e-7)
    assert np.allclose(outputs["scale.deviations"], deviations, atol=1e-7)
    for name, result in results.items():
        assert result["ok"]["steps"][0][5] == [["intersection_size", 40]]
        assert result["ok"]["aligned"] == (40 if name in found else 0)
        assert len({r["ok"]["backend"] for r in results.values()}) == 1
        if name in outside:
            assert result["ok"]["outputs"] == []
            assert result["links"] == 3
    assert not [path for path in tmp_path.glob("*.share") if path.name.split(".")[-2] in outside]


def test_an_outside_owner_that_dies_ends_the_run_for_everyone(run: Run, tmp_path: Path) -> None:
    outside = ("bank", "shop")
    found = tables(outside, 30, 20, 1)
    write(tmp_path, found)
    results = run(COMMITTEE, within=60, outside=outside, **spec(tmp_path, found, die_in="align", die_name="shop"))
    assert results["shop"]["exit"] == 9
    for name in (*COMMITTEE, "bank"):
        assert results[name]["error"].startswith("link."), results[name]
        assert name == "bank" or results[name]["details"]["peer"] == "shop"
    assert not list(tmp_path.glob("*.share"))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_hundred_outside_owners(tmp_path: Path) -> None:
    """One process holds all hundred owners' sessions, each with its own thread, key and three links."""
    outside = tuple(f"owner-{i:03d}" for i in range(100))
    found = tables(outside, 12, 8, 1)
    write(tmp_path, found)
    ports = free_ports(3)
    given = spec(tmp_path, found, total=180.0, deadline=170.0, connect=120.0)
    owners = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("many_owners.py")),
         json.dumps({"names": COMMITTEE, "ports": ports, "outside": outside, **given})],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        started = time.monotonic()
        results = launch(COMMITTEE, within=200, ports=ports, elsewhere=outside, **given)
        out, err = owners.communicate(timeout=scaled(60))
        print(f"100 owners: {time.monotonic() - started:.1f} s")
    finally:
        if owners.poll() is None:
            owners.kill()
            owners.wait()
    assert owners.returncode == 0, err
    theirs = json.loads(out.strip().splitlines()[-1])
    assert all("ok" in result for result in (*results.values(), *theirs.values())), (results, theirs)
    assert {result["links"] for result in theirs.values()} == {3}
    outputs = reconstruct(tmp_path, results, COMMITTEE)
    means, deviations = expected(found, 8)
    assert np.allclose(outputs["scale.means"], means, atol=1e-7)
    assert np.allclose(outputs["scale.deviations"], deviations, atol=1e-7)
