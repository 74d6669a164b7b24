"""Building, finding and refusing compiled kernels; choosing a variant."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpc.backends.fast import kernels as package
from mpc.backends.fast.kernels import build, choice, library
from protocol.errors import RefusedError
from tests.patience import scaled

ROOT = Path(__file__).parents[6]
needs_compiler = pytest.mark.skipif(build.compiler() is None, reason="no C compiler here")


def fresh(code: str, **environment: str) -> str:
    """What a new Python process prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=scaled(60),
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("name", choice.usable())
def test_the_environment_names_the_variant(name: str) -> None:
    code = "from mpc.backends.fast import kernels; kernels.self_test(); print(kernels.variant())"
    assert fresh(code, TALLYSTICK_KERNELS=name) == name


def test_the_fastest_usable_variant_is_the_default() -> None:
    code = "from mpc.backends.fast import kernels; print(kernels.variant())"
    assert fresh(code, TALLYSTICK_KERNELS="") == package.variants()[0]


def test_a_variant_that_cannot_run_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"kernels\.not_usable"):
        choice.load("quantum")


def test_importing_has_no_effects() -> None:
    code = "from mpc.backends.fast.kernels import library; import ctypes; ctypes.CDLL = None; import mpc.backends.fast.kernels"
    assert fresh(code) == ""


@needs_compiler
def test_this_machine_uses_what_the_build_step_made() -> None:
    """`make test` builds first: with a compiler here, numpy alone would mean that the build is broken."""
    assert library.find() is not None
    assert "portable" in package.variants()


@needs_compiler
@pytest.mark.slow
@pytest.mark.promised
def test_build_is_done_once_and_clears_what_is_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = build.compiler()
    assert command
    (tmp_path / "kernels-0123456789abcdef-0123456789abcdef.so").write_bytes(b"old")
    target = build.build(command, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    stamp = target.stat().st_mtime_ns
    assert build.build(command, tmp_path) == target
    assert target.stat().st_mtime_ns == stamp
    assert library.find(tmp_path) == target
    _stale_after_a_change(target, tmp_path, pytest.MonkeyPatch())
    assert capsys.readouterr().out == ""


def _stale_after_a_change(target: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of other sources is neither found by its name nor opened when somebody renames it."""
    with monkeypatch.context() as patched:
        patched.setattr(library, "source_digest", lambda: "f" * 64)
        assert library.find(built) is None
        renamed = built / library.library_name("f" * 64, "0" * 64)
        target.rename(renamed)
        assert library.find(built) == renamed
        with pytest.raises(library.StaleLibraryError):
            library.open_library(renamed)
        patched.setattr(library, "find", lambda: renamed)
        library.opened.cache_clear()
        try:
            assert library.opened() is None
            assert library.compiled() == ()
        finally:
            library.opened.cache_clear()


def test_a_file_that_is_no_library_leaves_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "kernels.so"
    broken.write_bytes(b"not machine code")
    monkeypatch.setattr(library, "find", lambda: broken)
    library.opened.cache_clear()
    try:
        assert library.compiled() == ()
    finally:
        library.opened.cache_clear()


def test_the_digest_covers_every_source_and_the_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in library.SOURCES.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert library.source_digest(tmp_path) == library.source_digest()
    seen = {library.source_digest()}
    for path in sorted(library.SOURCES.iterdir()):
        (tmp_path / path.name).write_bytes(path.read_bytes() + b"\n")
        seen.add(library.source_digest(tmp_path))
    monkeypatch.setattr(library, "COMMON_FLAGS", ("-O0",))
    seen.add(library.source_digest(tmp_path))
    assert len(seen) == len(list(library.SOURCES.iterdir())) + 2


def test_without_a_compiler_the_build_says_so_and_does_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(library, "find", lambda: None)
    assert build.main() == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "numpy kernels" in out


def test_a_failing_compiler_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiler = tmp_path / "cc"
    compiler.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "cc: error: out of order" >&2\nexit 1\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    with pytest.raises(build.BuildError, match="out of order"):
        build.build([str(compiler)], tmp_path / "built")
    monkeypatch.setattr(build, "build", lambda command: (_ for _ in ()).throw(build.BuildError("out of order")))
    assert build.main() == 0
    assert capsys.readouterr().out.endswith("will be used: out of order\n")


def test_freed_memory_is_kept_where_glibc_is() -> None:
    code = "from mpc.backends.fast import kernels; print(kernels.keep_freed_memory())"
    assert fresh(code) == str("glibc" in os.confstr("CS_GNU_LIBC_VERSION") if hasattr(os, "confstr") else False)
