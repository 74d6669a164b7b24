"""The digest of a program's code, as installed: what certifiers approve and nodes compare before they touch data.

SHA-256 over the program id, the versions of the libraries that compute (mpyc, numpy, gmpy2) and, sorted by path, the path
and SHA-256 of every Python and C source below ``mpc`` (compiled kernels are only loaded when they were built from
exactly these). A program shares the engine with all others, so a change to any of it is a change to each.
"""

from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Final

LIBRARIES: Final = ("gmpy2", "mpyc", "numpy")
KINDS: Final = ("*.py", "*.c", "*.h")
SOURCES: Final = Path(__file__).resolve().parents[1]
_DOMAIN: Final = b"tallystick/program-code/v1"


def code_digest(program: str, sources: Path = SOURCES) -> bytes:
    """The 32-byte digest of ``program`` (``name@version``) over what is installed now."""
    digest = sha256(_field(_DOMAIN) + _field(program.encode()))
    for library in LIBRARIES:
        digest.update(_field(f"{library}=={metadata.version(library)}".encode()))
    found = (path for kind in KINDS for path in sources.rglob(kind))
    for path in sorted(found, key=lambda each: each.relative_to(sources).as_posix()):
        digest.update(_field(path.relative_to(sources).as_posix().encode()))
        digest.update(sha256(path.read_bytes()).digest())
    return digest.digest()


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
