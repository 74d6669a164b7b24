"""The compiled kernels: where they are kept, what they were built from, and how they are opened.

A library carries the digest of the sources it was built from, in its file name and inside. It is opened only if both are the
digest of the sources that lie here now, so a stale one is never used.
"""

import ctypes
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent / "csrc"
BUILT: Final = Path(__file__).resolve().parent / "built"

COMMON_FLAGS: Final = ("-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra")
_AVX2: Final = ("-mavx2", "-mbmi2", "-maes")
_AVX512: Final = ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512ifma", "-mvaes")
UNITS: Final[dict[str, tuple[str, ...]]] = {
    "portable.c": (),
    "avx2.c": _AVX2,
    "avx512ifma.c": (*_AVX2, *_AVX512, "-mprefer-vector-width=512"),
    "dispatch.c": (),
    "rows.c": (),
}
"""Every source file that is compiled, with the instructions it may use."""

_LEVELS: Final = {"avx512ifma": 2, "avx2": 1, "portable": 0}


class StaleLibraryError(Exception):
    """A library was built from other sources than those that lie here."""


def source_digest(sources: Path = SOURCES) -> str:
    """SHA-256 of the sources and of how they are compiled, as 64 hexadecimal digits."""
    digest = sha256(repr((COMMON_FLAGS, sorted(UNITS.items()))).encode())
    for path in sorted(sources.glob("*.[ch]"), key=lambda found: found.name):
        digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def library_name(source: str, compiler: str) -> str:
    """The file name of a library built from ``source`` by the compiler whose digest is ``compiler``."""
    return f"kernels-{source[:16]}-{compiler[:16]}.so"


def find(built: Path = BUILT) -> Path | None:
    """The library built from the present sources, if there is one."""
    return next(iter(sorted(built.glob(library_name(source_digest(), "*")))), None)


def open_library(path: Path) -> ctypes.CDLL:
    """Open a library; :class:`StaleLibraryError` when the digest inside is not that of the present sources."""
    library = ctypes.CDLL(str(path))
    built_from = (ctypes.c_char * 65).in_dll(library, "tallystick_source").value.decode("ascii", "replace")
    if built_from != source_digest():
        raise StaleLibraryError(f"{path.name} was built from {built_from[:16]}")
    return library


@cache
def opened() -> ctypes.CDLL | None:
    """The library of this process; None when there is none that fits (then the numpy kernels serve)."""
    path = find()
    if path is None:
        return None
    try:
        return open_library(path)
    except (OSError, ValueError, StaleLibraryError):
        return None


def compiled() -> tuple[str, ...]:
    """The compiled variants that this machine can run, fastest first."""
    library = opened()
    if library is None:
        return ()
    levels = library.tallystick_levels
    levels.restype, levels.argtypes = ctypes.c_int64, ()
    highest = int(levels()).bit_length()
    return tuple(name for name, needed in _LEVELS.items() if needed <= highest and hasattr(library, f"{name}_add"))
