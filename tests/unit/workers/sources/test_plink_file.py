"""PLINK files as a data set: people as rows, their dosages in one column; what is cut, of another mode or another list is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mpc.programs.gwas.counting import copies
from protocol.errors import FormatError
from protocol.rows import InputTree, RowHasher, verify_opening
from protocol.variants import ListName, read_list
from tests.unit.mpc.programs.genotypes import packed
from tests.unit.mpc.programs.real_data import DATA
from tests.unit.workers.sources import plink
from tests.unit.workers.sources.declared import Heard, declared
from tests.unit.workers.sources.test_commitment import roots_of
from tests.unit.workers.sources.test_draft import drafted
from workers import own_rows
from workers.sources import plink_file, read
from workers.sources.problems import DataError
from workers.sources.schema import Schema
from workers.sources.table import Table

RNG = np.random.default_rng(6)
DOSAGES = RNG.integers(-1, 3, (7, 10))
PHENOTYPES = [2, 1, 2, 1, -9, 0, 1]


def schema_of(name: ListName | str, **more: Any) -> Schema:
    return declared(
        {"name": "id", "kind": "identifier", "source": "iid"},
        {"name": "case", "kind": "integer", "low": 0, "high": 1, "null": True},
        {"name": "g", "kind": "genotypes", "source": "genotypes", "variants": str(name)},
        **more,
    )


def cohort(folder: Path) -> tuple[Path, Schema]:
    path, name = plink.written(folder, DOSAGES, PHENOTYPES)
    return path, schema_of(name)


def refusals(path: Path, schema: Schema) -> list[tuple[str, int]]:
    with pytest.raises(DataError) as caught:
        read(path, schema)
    for problem in caught.value.problems:
        assert problem.fix
        assert problem.chinese
    return [(problem.code, problem.row) for problem in caught.value.problems]


@pytest.mark.parametrize("block", [4, 8, 4096])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 4), (9, 13)])
def test_people_are_rows(tmp_path: Path, shape: tuple[int, int], block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plink_file, "_BLOCK", block)
    dosages = RNG.integers(-1, 3, shape)
    path, name = plink.written(tmp_path, dosages, [1 + at % 2 for at in range(shape[0])])
    table = read(path, schema_of(name))
    assert table.texts("id") == [f"p{at}" for at in range(shape[0])]
    assert table.numbers("case").tolist() == [at % 2 for at in range(shape[0])]
    assert table.packed("g").tolist() == packed(dosages).tolist()


def test_missing_phenotypes_are_empty_and_a_filter_leaves_them_out(tmp_path: Path) -> None:
    path, schema = cohort(tmp_path)
    table = read(path, schema)
    assert table.texts("case") == ["1", "0", "1", "0", None, None, "0"]
    chosen = table.select(["case", "g"], [("case", "ge", "0")])
    assert chosen.packed("g").tolist() == packed(DOSAGES[[0, 1, 2, 3, 6]]).tolist()
    assert own_rows.private_table(chosen).matrix(("case",))[:, 0].tolist() == [1, 0, 1, 0, 0]
    nobody = table.select(["case", "g"], [("case", "lt", "0")])
    assert own_rows.private_table(nobody).matrix(("case",)).shape == (0, 1)
    assert nobody.packed("g").shape == (0, 3)
    part = Table(table.schema, tuple(array.slice(2, 3) for array in table.arrays))
    assert part.packed("g").tolist() == packed(DOSAGES[2:5]).tolist()
    with pytest.raises(FormatError, match=r"table\.filter"):
        table.select(["case"], [("g", "eq", "0")])


def test_what_is_stored_is_what_was_read(tmp_path: Path) -> None:
    path, schema = cohort(tmp_path)
    table = read(path, schema)
    again = Table.restore(Schema.parse(schema.to_json()), table.snapshot())
    assert again.packed("g").tolist() == table.packed("g").tolist()
    name, genotypes = own_rows.private_table(again).genotypes(("case", "g")) or ("", None)
    assert name == "g"
    assert genotypes is not None
    assert genotypes.variants == schema.column("g").listed()
    assert genotypes.packed.tolist() == packed(DOSAGES).tolist()


def test_the_commitment_covers_every_dosage_and_the_list(tmp_path: Path) -> None:
    """Attack: one dosage of one person, or the list that it is about, after registration."""
    path, schema = cohort(tmp_path)
    (root,) = roots_of(read(path, schema), bytes(32))
    seen = {root}
    for at in ((0, 0), (6, 9), (3, 4)):
        other = DOSAGES.copy()
        other[at] = (other[at] + 2) % 3
        seen |= roots_of(read(plink.written(tmp_path, other, PHENOTYPES)[0], schema), bytes(32))
    flipped, name = plink.written(tmp_path, DOSAGES, PHENOTYPES, plink.bim(10).replace(b"A\tG", b"G\tA"))
    seen |= roots_of(read(flipped, schema_of(name)), bytes(32))
    assert len(seen) == 5


def test_an_auditor_checks_a_person_by_the_digest(tmp_path: Path) -> None:
    path, schema = cohort(tmp_path)
    table = read(path, schema)
    hasher = RowHasher(schema.committed(), bytes(32))
    rows = list(table.canonical_rows())
    tree = InputTree(hasher.row_hash(at, row) for at, row in enumerate(rows))
    opening = tree.open_cells(hasher, 2, rows[2], ["g"])
    found = verify_opening(schema.committed(), tree.root(), 7, opening)
    assert found == {"g": schema.column("g").listed().cell(bytes(table.packed("g")[2]))}


def test_others_see_the_lists_name_and_no_range(tmp_path: Path) -> None:
    _, schema = cohort(tmp_path)
    shown = schema.column("g").described()
    assert shown.levels == (schema.column("g").variants,)
    assert schema.descriptor("x-" + "a" * 32, 1, "bank", 7).columns[1] == shown


CUT = {
    "cut": (lambda data: data[:-1], "plink.bed_length"),
    "longer": (lambda data: data + b"\0", "plink.bed_length"),
    "empty": (lambda data: b"", "plink.bed_magic"),
    "a text": (lambda data: b"FID IID\n", "plink.bed_magic"),
    "no magic": (lambda data: b"\x6c\x1c" + data[2:], "plink.bed_magic"),
    "people first": (lambda data: data[:2] + b"\0" + data[3:], "plink.bed_mode"),
    "no mode": (lambda data: data[:2], "plink.bed_mode"),
    "bits of nobody": (lambda data: data[:-1] + bytes([data[-1] | 0b11000000]), "plink.bed_bits"),
}


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    path, schema = cohort(tmp_path)
    spoil, code = CUT[name]
    path.write_bytes(spoil(path.read_bytes()))
    assert refusals(path, schema) == [(code, 0)]


@pytest.mark.parametrize("suffix", [".bed", ".bim", ".fam"])
def test_three_files_are_needed(tmp_path: Path, suffix: str) -> None:
    path, schema = cohort(tmp_path)
    path.with_suffix(suffix).unlink()
    assert refusals(path, schema) == [("plink.missing" if suffix == ".bed" else "plink.bed_beside", 0)]


@pytest.mark.parametrize(
    "variants",
    [
        plink.bim(10).replace(b"A\tG", b"G\tA", 1),
        plink.bim(10).replace(b"\t105\t", b"\t106\t"),
        b"".join(sorted(plink.bim(10).splitlines(keepends=True), reverse=True)),
    ],
    ids=["flipped", "moved", "reordered"],
)
def test_another_list_than_the_declared_one_is_refused(tmp_path: Path, variants: bytes) -> None:
    path, schema = cohort(tmp_path)
    path.with_suffix(".bim").write_bytes(variants)
    assert refusals(path, schema) == [("plink.bim_other", 0)]


@pytest.mark.parametrize(
    ("suffix", "data", "found"),
    [
        (".bim", b"", [("plink.bim_none", 0)]),
        (".bim", plink.bim(9) + b"1 rs9\n", [("plink.bim_line", 10)]),
        (".bim", plink.bim(9) + b"1 rs1 0 101 A G\n", [("plink.bim_twice", 10)]),
        (".fam", b"", [("plink.empty", 0)]),
        (
            ".fam",
            b"f p 0 0 1\n\nf q 0 0 1 2 3\n",
            [("plink.cell_count", 1), ("plink.empty_row", 2), ("plink.cell_count", 3)],
        ),
        (".fam", b"f \xff 0 0 1 2\n", [("plink.encoding", 0)]),
        (".fam", plink.fam([2, 1, 2, 1, 1, 2, 3.5]), [("plink.fam_case", 7)]),
        (".fam", plink.fam([2, 1, 2, 1, 1, 2, 1]).replace(b"p3", b"p2"), [("plink.duplicate_id", 4)]),
    ],
)
def test_lists_and_people_that_are_none(tmp_path: Path, suffix: str, data: bytes, found: list[tuple[str, int]]) -> None:
    path, schema = cohort(tmp_path)
    path.with_suffix(suffix).write_bytes(data)
    assert refusals(path, schema) == found


def test_files_that_are_too_long_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, schema = cohort(tmp_path)
    monkeypatch.setattr("protocol.variants.MOST", 9)
    assert refusals(path, schema) == [("plink.bim_many", 0)]
    monkeypatch.setattr(plink_file, "_MOST_TEXT", 20)
    assert refusals(path, schema) == [("plink.too_large", 0)]


def test_genotypes_are_declared_as_what_they_are(tmp_path: Path) -> None:
    path, schema = cohort(tmp_path)
    name = schema.column("g").variants
    for wrong in (
        {"name": "g", "kind": "genotypes", "source": "sex", "variants": name},
        {"name": "g", "kind": "text", "source": "genotypes"},
    ):
        both = declared({"name": "id", "kind": "identifier", "source": "iid"}, wrong)
        assert refusals(path, both) == [("plink.bed_column", 0)]
    (tmp_path / "t.csv").write_text("iid,case,genotypes\np,1,0\n")
    with pytest.raises(FormatError, match=r"source\.genotypes"):
        read(tmp_path / "t.csv", schema)
    without = declared({"name": "id", "kind": "identifier", "source": "iid"}, {"name": "sex", "kind": "text"})
    assert read(path, without).texts("sex") == ["1", "2", "1", "2", "1", "2", "1"]


@pytest.mark.parametrize(
    "change",
    [{"variants": "7"}, {"variants": "7:" + "g" * 64}, {"null": True}, {"low": 0}],
    ids=["count", "digest", "null", "range"],
)
def test_a_declaration_that_is_none(change: dict[str, Any]) -> None:
    good = {"name": "g", "kind": "genotypes", "variants": "7:" + "a" * 64}
    assert declared(good).column("g").listed().count == 7
    with pytest.raises(FormatError):
        declared({**good, **change})
    with pytest.raises(FormatError, match=r"schema\.genotypes"):
        declared(good, {**good, "name": "h", "source": "h"})


def test_a_draft_names_the_list_and_reads_the_files(tmp_path: Path) -> None:
    path, schema = cohort(tmp_path)
    found, document = drafted(path)
    assert found.identifier == "iid"
    assert found.column("genotypes").variants == schema.column("g").variants
    assert (found.column("case").kind, found.column("case").null) == ("integer", True)
    assert "7 people, 10 variants" in document
    assert read(path, found).packed("genotypes").tolist() == packed(DOSAGES).tolist()


def test_progress_ends_with_all_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plink_file, "_BLOCK", 4)
    path, schema = cohort(tmp_path)
    heard = Heard()
    read(path, schema, heard)
    assert [step for step in heard.steps if step[0] == "read"] == [("read", 4, 10), ("read", 8, 10), ("read", 10, 10)]


def test_the_files_of_another_program(tmp_path: Path) -> None:
    """Regenie's published example: a measured phenotype, so no cases; frequencies of 494 people are those of its own output."""
    source = DATA / "gwas_regenie"
    if not source.exists():
        pytest.skip(f"needs the public data set {source}")
    for suffix in (".bed", ".bim", ".fam"):
        (tmp_path / f"cohort{suffix}").write_bytes((source / f"example{suffix}").read_bytes())
    path = tmp_path / "cohort.bed"
    schema, _ = drafted(path)
    table = read(path, schema)
    assert "case" not in schema.names
    left_out = {line.split()[1] for line in (source / "fid_iid_to_remove.txt").read_text().splitlines()}
    kept = np.array([text not in left_out for text in table.texts("iid")])
    counts = copies(table.packed("genotypes")[kept])
    lines = [line.split() for line in (source / "test_bin_out_firth_Y1.regenie").read_text().splitlines()[1:]]
    assert [line[2] for line in lines] == [each.name for each in read_list(path.with_suffix(".bim").read_bytes())]
    assert {int(line[7]) for line in lines} == {494} == set(counts.sum(axis=1).tolist())
    said = np.array([float(line[5]) for line in lines])
    assert np.abs((counts[:, 1] + 2 * counts[:, 2]) / (2 * 494) - said).max() < 1e-6
