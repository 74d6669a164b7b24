"""Runs of the demo keep their results beside each other."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo import main


def test_a_second_run_keeps_the_first_ones_bundle_and_report(tmp_path: Path) -> None:
    begun = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    folders: list[Path] = []
    for number in range(3):
        folder = main.results_folder(tmp_path / "out", bytes([number]) * 32, begun + timedelta(minutes=number))
        for name in ("evidence.zip", "trust.json", "report.html"):
            (folder / name).write_text(f"run {number}")
        folders.append(folder)
    for number, folder in enumerate(folders):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.read_text() for path in folder.iterdir()} == {f"run {number}"}
    assert sorted((tmp_path / "out").iterdir()) == folders, "the newest is the last by name"
    with pytest.raises(FileExistsError):
        main.results_folder(tmp_path / "out", bytes(32), begun)


def test_forgetting_the_system_leaves_results_alone(tmp_path: Path) -> None:
    state, output = tmp_path / "state" / "demo", tmp_path / "state" / main.OUTPUT.name
    assert main.OUTPUT.parent == main.STATE.parent
    assert not main.OUTPUT.is_relative_to(main.STATE)
    folder = main.results_folder(output, bytes(32), datetime.now(UTC))
    (folder / "report.html").write_text("kept")
    (state / "logs").mkdir(parents=True)
    main.forget(state)
    assert not state.exists()
    assert (folder / "report.html").read_text() == "kept"
