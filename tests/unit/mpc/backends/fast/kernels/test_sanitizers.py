"""The kernels' own tests on a library built with the address and undefined-behaviour sanitizers: nothing out of bounds.

A process of its own: the sanitizer's runtime must be there before Python. Whatever it finds ends that process.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mpc.backends.fast.kernels import build
from tests.patience import scaled

HERE = Path(__file__).parent
FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
RUN = """
import sys
from functools import cache
from pathlib import Path

from mpc.backends.fast.kernels import build, choice, library

library.COMMON_FLAGS = tuple("-O1" if flag == "-O3" else flag for flag in library.COMMON_FLAGS)
path = build.build(sys.argv[2].split(), Path(sys.argv[1]))
library.opened = choice.opened = cache(lambda: library.open_library(path))

import pytest

assert "portable" in choice.usable(), "the library with sanitizers does not open"
sys.exit(pytest.main(["-q", "-s", "-p", "no:cacheprovider", *sys.argv[3:]]))
"""


def runtime(command: list[str]) -> str | None:
    """Where the compiler keeps the address sanitizer's library, if it has one."""
    found = subprocess.run([*command, "-print-file-name=libasan.so"], capture_output=True, text=True, check=False)
    path = found.stdout.strip()
    return path if found.returncode == 0 and Path(path).is_absolute() else None


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library with sanitizers lies, once it is built."""
    return tmp_path_factory.mktemp("sanitized") / "built"


def sanitized(built: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = build.compiler()
    library = None if command is None else runtime(command)
    if command is None or library is None or not shutil.which(command[0]):
        pytest.skip("no C compiler with an address sanitizer here")
    environment = {
        **os.environ,
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "PYTHONMALLOC": "malloc",
        "PYCRYPTODOME_DISABLE_DEEPBIND": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", RUN, str(built), " ".join([*command, *FLAGS]), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=scaled(3000),
        check=False,
    )


@pytest.mark.slow
def test_no_kernel_leaves_its_arrays_or_the_language(built: Path) -> None:
    own = [
        str(path)
        for path in sorted(HERE.glob("test_*.py"))
        if path.name not in {Path(__file__).name, "test_library.py"}
    ]
    done = sanitized(built, *own)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "passed" in done.stdout


@pytest.mark.slow
def test_the_sanitizer_sees_a_read_beyond_the_end(built: Path, tmp_path: Path) -> None:
    """The same way of running on a call that lies about a length: it must not pass."""
    lying = tmp_path / "test_lying.py"
    lying.write_text(
        "import numpy as np\n"
        "from mpc.backends.fast.kernels.choice import load\n"
        "from mpc.backends.fast.kernels.native_calls import address\n"
        "def test_it():\n"
        "    a, out = np.zeros((2, 300), np.uint64), np.zeros((2, 300), np.uint64)\n"
        "    load('portable')._c.neg(address(a), address(out), 301)\n"
    )
    done = sanitized(built, str(lying))
    assert done.returncode == 99
    assert "heap-buffer-overflow" in done.stderr
