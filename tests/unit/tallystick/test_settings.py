"""`tally --settings FILE`: whose command it is comes from a file, and from nothing that only looks like one."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from protocol.errors import FormatError, TallyError
from tallystick import settings


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_lines_are_read_as_a_shell_would_export_them(tmp_path: Path) -> None:
    text = "# who\n\nTALLY_PARTY=clinic\nexport TALLY_WALLET='a b/wallet'\n  TALLY_RPC_URL=http://h:1/?a=b  \nTALLY_STATE=\"x\"\n"
    assert settings.read(written(tmp_path / "s", text)) == {
        "TALLY_PARTY": "clinic",
        "TALLY_WALLET": "a b/wallet",
        "TALLY_RPC_URL": "http://h:1/?a=b",
        "TALLY_STATE": "x",
    }


@pytest.mark.parametrize(
    "text",
    [
        "PATH=/tmp",
        "TALLY_PARTY",
        "LD_PRELOAD=/tmp/x.so",
        "TALLY_SETTINGS=other",
        "TALLY_A=1\nTALLY_A=2",
        "tally_party=x",
    ],
)
def test_attack_a_file_that_sets_anything_else(tmp_path: Path, text: str) -> None:
    """A settings file that somebody hands over changes nothing of the process but its own settings."""
    with pytest.raises(FormatError, match=r"settings\.line"):
        settings.read(written(tmp_path / "s", text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"settings\.unreadable"):
        settings.read(tmp_path / "nothing")
    (tmp_path / "s").write_bytes(b"TALLY_PARTY=\xff")
    with pytest.raises(FormatError, match=r"settings\.unreadable"):
        settings.read(tmp_path / "s")


VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="'\""), min_size=1, max_size=40
)


@given(
    st.dictionaries(st.from_regex(r"TALLY_[A-Z_]{1,20}", fullmatch=True).filter(lambda n: n != settings.OPTION), VALUES)
)
def test_what_is_written_is_read(values: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:  # a fixture would be shared by all examples
        text = "".join(f"{name}={value}\n" for name, value in values.items())
        assert settings.read(written(Path(folder) / "s", text)) == values


def test_a_commands_options_come_from_the_file_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "s", f"TALLY_NODE_STATE={tmp_path / 'node'}\n")
    monkeypatch.setattr(os, "environ", {**os.environ, "TALLY_NODE_STATE": "/elsewhere"})
    CliRunner().invoke(app, [f"--settings={file}", "node", "dataset", "list"])
    assert os.environ["TALLY_NODE_STATE"] == str(tmp_path / "node")
    wrong = CliRunner().invoke(app, [f"--settings={tmp_path / 'nothing'}", "node", "dataset", "list"])
    assert isinstance(wrong.exception, TallyError)
