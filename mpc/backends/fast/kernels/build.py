"""Compile the kernels: ``python -m mpc.backends.fast.kernels.build``.

Needs a C compiler (``CC``, or cc, gcc, clang on the PATH) and nothing else. Without one, or when it fails, one line says so and the
numpy kernels serve instead: about ten times slower, equally correct. Does nothing when the library is already there.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from mpc.backends.fast.kernels import library

_SECONDS: Final = 300
_X86: Final = ("avx2.c", "avx512ifma.c")


class BuildError(Exception):
    """The kernels could not be compiled."""


def compiler() -> list[str] | None:
    """The command that compiles C, if there is one."""
    named = os.environ.get("CC", "").split()
    candidates = [named] if named else [["cc"], ["gcc"], ["clang"]]
    return next((command for command in candidates if shutil.which(command[0])), None)


def build(command: list[str], built: Path = library.BUILT) -> Path:
    """Compile unless done already, and remove libraries of other sources; :class:`BuildError` with the compiler's words."""
    target = built / library.library_name(library.source_digest(), _identity(command))
    if not target.exists():
        built.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=built) as scratch:
            made = _compile(command, Path(scratch))
            library.open_library(made)
            made.replace(target)
    for other in built.glob("kernels-*.so"):
        if other != target:
            other.unlink(missing_ok=True)
    return target


def main() -> int:
    """Build and say in one line what came of it; never fails an installation."""
    command = compiler()
    if command is None and library.find():
        return 0
    if command is None:
        print("kernels: no C compiler (cc, gcc or clang) here; the slower numpy kernels will be used")  # noqa: T201
        return 0
    try:
        before = library.find()
        target = build(command)
    except (BuildError, OSError, subprocess.SubprocessError, library.StaleLibraryError) as problem:
        print(f"kernels: not compiled, the slower numpy kernels will be used: {problem}")  # noqa: T201
        return 0
    if before != target:
        print(f"kernels: compiled {target.name} with {command[0]}")  # noqa: T201
    return 0


def _compile(command: list[str], scratch: Path) -> Path:
    x86 = platform.machine().lower() in {"x86_64", "amd64"}
    objects: list[str] = []
    for unit, instructions in library.UNITS.items():
        if unit in _X86 and not x86:
            continue
        made = str(scratch / f"{unit}.o")
        digest = f'-DSOURCE_DIGEST="{library.source_digest()}"'
        try:
            _run(
                [*command, *library.COMMON_FLAGS, *instructions, digest, "-c", str(library.SOURCES / unit), "-o", made]
            )
        except BuildError as problem:
            if unit not in _X86:
                raise
            print(f"kernels: left out {unit}, which this compiler cannot compile: {problem}")  # noqa: T201
            continue
        objects.append(made)
    target = scratch / "kernels.so"
    _run([*command, "-shared", *objects, "-o", str(target)])
    return target


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise BuildError(
            next((line for line in lines if "error" in line), lines[0] if lines else "the compiler failed")
        )
    return done.stdout


def _identity(command: list[str]) -> str:
    return sha256(repr(command).encode() + _run([*command, "--version"]).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
