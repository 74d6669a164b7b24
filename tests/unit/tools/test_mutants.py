"""The list of defences is about what stands in the tree: each is there once, and its tests exist."""

import shutil
from pathlib import Path

import pytest

from tools.mutants import MUTANTS, Mutant, running
from tools.other_environment import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_defence_stands_where_the_list_says(mutant: Mutant, tmp_path: Path) -> None:
    (tmp_path / mutant.file).parent.mkdir(parents=True)
    shutil.copy(ROOT / mutant.file, tmp_path / mutant.file)
    running.broken(tmp_path, mutant)
    if mutant.file.endswith(".py"):
        compile((tmp_path / mutant.file).read_text("utf-8"), mutant.file, "exec")
    assert all((ROOT / argument).exists() for argument in mutant.tests if argument.startswith("tests/"))


def test_a_mutant_that_no_test_minds_survives(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("LIMIT = 3\n")
    (tmp_path / "test_code.py").write_text("import code as _\n\n\ndef test_nothing() -> None:\n    assert True\n")
    one = Mutant("x", "code.py", "LIMIT = 3", "LIMIT = 4", ("test_code.py",))
    running.broken(tmp_path, one)
    assert not running.noticed(one, tmp_path)
    (tmp_path / "test_code.py").write_text("def test_it() -> None:\n    assert False\n")
    assert running.noticed(one, tmp_path)
    (tmp_path / "test_code.py").write_text("import nothing_like_it\n")
    assert not running.noticed(one, tmp_path), "tests that cannot start notice nothing"


def test_a_defence_that_is_gone_is_said(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text("LIMIT = 4\n")
    with pytest.raises(ValueError, match="0 times"):
        running.broken(tmp_path, Mutant("x", "code.py", "LIMIT = 3", "LIMIT = 4", ()))
