"""PLINK files from three centres' disks to a named result: stored, tried before signing, selected, counted, tested."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from client.association import associations
from client.result_file import MadeBy, NamedResult
from mpc.programs.axes import named
from mpc.workflow.dry_run import dry_run
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import WorkflowResult
from mpc.workflow.values import PrivateTable
from protocol import canonical
from protocol.columns import examine
from protocol.contract import Input, RowFilter
from protocol.variants import read_list
from tests.unit.client.fitted import tensor
from tests.unit.mpc.programs.genotypes import counted
from tests.unit.mpc.programs.test_declared_columns import DESCRIPTORS
from tests.unit.mpc.workflow.test_runner import COMMITTEE, execute, reconstruct, step
from tests.unit.workers.sources import plink
from tests.unit.workers.sources.test_draft import drafted
from workers import child, own_rows
from workers.data_sets import DataSetStore
from workers.pipe import Kind
from workers.results import Result
from workers.vault import Vault

VARIANTS = 9
OUTPUTS = ("test.counts", "test.people", "test.shown", "test.variant_list")


def handed_over(folder: Path, asked: Input, variants: bytes) -> tuple[PrivateTable, Any]:
    """What the child of a node gets of a cohort that its owner drafted and added, and what others see of it."""
    store = DataSetStore(folder / "data", Vault(bytes(32)))
    schema, _ = drafted(folder / "cohort.bed")
    stored = store.add(folder / "cohort.bed", schema, asked.data_set, 1, "consent")
    again = store.find(asked.data_set, 1)
    assert again is not None
    assert again.schema == stored.schema
    chosen = own_rows.chosen(store.table(again), asked)
    assert chosen.schema.column("genotypes").listed().count == len(read_list(variants))

    class Pipe:
        def read(self, kind: Kind) -> bytes:
            return canonical.dumps(chosen.schema.to_json()) if kind == Kind.SCHEMA else chosen.snapshot()

    return child._read_table(Pipe()), again.description(asked.owner)  # type: ignore[arg-type]


def test_three_cohorts_become_one_table_of_tests(tmp_path: Path) -> None:
    """People whose phenotype is missing are left out by the contract's filter; others see names, list and nothing of the genotypes."""
    rng, bim = np.random.default_rng(12), plink.bim(VARIANTS)
    inputs = tuple(
        Input(f"{owner}-{'a' * 32}", 1, owner, ("case", "genotypes"), (RowFilter("case", "ge", "0"),))
        for owner in COMMITTEE
    )
    tables: dict[str, dict[str, PrivateTable]] = {}
    known: dict[str, Any] = {}
    cases: list[Any] = []
    dosages: list[Any] = []
    for at, asked in enumerate(inputs):
        folder = tmp_path / asked.owner
        folder.mkdir()
        own, phenotypes = rng.integers(-1, 3, (20 + at, VARIANTS)), rng.integers(0, 3, 20 + at)
        plink.written(folder, own, phenotypes, bim)
        table, described = handed_over(folder, asked, bim)
        tables[asked.owner], known[asked.data_set] = {asked.data_set: table}, described.columns
        cases.append(phenotypes[phenotypes > 0] - 1)
        dosages.append(own[phenotypes > 0])
    test = step("test", "gwas.assoc@1.0.0", {"variants": VARIANTS}, tables=tuple(item.data_set for item in inputs))
    assert examine(inputs, (test,), known, DESCRIPTORS) == ()
    sets = tuple(DataSet(item.data_set, item.owner, item.columns) for item in inputs)
    flow = Workflow(COMMITTEE, sets, (test,), OUTPUTS)
    rows = {item.data_set: 20 + at for at, item in enumerate(inputs)}
    for owner, own in tables.items():
        tried = asyncio.run(dry_run(flow, owner, own, rows))
        assert (tried.findings, tried.untried) == ((), ())
    results = execute(flow, tables)
    assert all(isinstance(result, WorkflowResult) for result in results), results
    opened = reconstruct(results)
    whole, people = np.concatenate(cases), np.concatenate(dosages)
    assert opened["test.counts"].tolist() == counted(whole, people).tolist()
    axes = {name: named(flow, name, np.shape(values)) for name, values in opened.items()}
    made = tuple((name, (bytes(32),), tensor(values)) for name, values in opened.items())
    steps = (MadeBy("test", "gwas.assoc@1.0.0", {"variants": str(VARIANTS)}),)
    (found,) = associations(
        NamedResult.read(Result(b"\7" * 32, b"\2" * 32, True, made, axes, steps).data()), read_list(bim)
    )
    assert (found.controls, found.cases) == ((whole == 0).sum(), (whole == 1).sum())
    for each in found.tested:
        assert each.variant is not None
        assert each.variant.name == f"rs{each.place - 1}"
        column = people[:, each.place - 1]
        assert each.case_frequency == pytest.approx(column[(whole == 1) & (column >= 0)].mean() / 2)


def test_a_cohort_of_another_size_is_told_its_owner_before_it_signs(tmp_path: Path) -> None:
    asked = Input(f"bank-{'a' * 32}", 1, "bank", ("case", "genotypes"), ())
    plink.written(tmp_path, np.ones((8, VARIANTS), int), [1, 2] * 4)
    table, described = handed_over(tmp_path, asked, plink.bim(VARIANTS))
    test = step("test", "gwas.assoc@1.0.0", {"variants": VARIANTS + 1}, tables=(asked.data_set,))
    (said,) = examine((asked,), (test,), {asked.data_set: described.columns}, DESCRIPTORS)
    assert (said.column, said.fix.english) == ("genotypes", f"Set variants to {VARIANTS}.")
    flow = Workflow(COMMITTEE, (DataSet(asked.data_set, "bank", asked.columns),), (test,), OUTPUTS)
    tried = asyncio.run(dry_run(flow, "bank", {asked.data_set: table}, {asked.data_set: 8}))
    assert [(item.code, item.columns) for item in tried.findings] == [("gwas.variants", ("genotypes",))]
