"""Digests of the code that runs, as installed: what certifiers approve and nodes compare before they touch data.

The **engine** is everything in ``mpc/`` outside ``programs/``, and the versions of the libraries that compute. A **program**
is its static import graph within ``programs/``, from its ``run.py`` on, and the facts of its description: ports, parameters
with defaults and ranges, levels; not its words and not how long it takes, so that a corrected word or a better estimate
voids nothing. The two are published as releases of their own: a program's registered code digest is :func:`program_digest`
alone, the engine's is :func:`engine_digest`. What an import graph cannot see (``importlib``, ``exec``) is refused. A digest is SHA-256 over fields with
their lengths, files sorted by path (compiled kernels are only loaded when they were built from exactly these).
"""

import ast
import functools
import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Final

from mpc.workflow.program import Program
from protocol import canonical
from protocol.errors import FormatError

ENGINE: Final = "tallystick.engine@1.0.0"
"""The release that this engine is published as: changed code under a published version is refused when it is published."""
LIBRARIES: Final = ("blake3", "cryptography", "gmpy2", "mpyc", "numpy")
KINDS: Final = ("*.py", "*.c", "*.h")
_SUFFIXES: Final = tuple(kind.removeprefix("*") for kind in KINDS)
SOURCES: Final = Path(__file__).resolve().parents[1]
PROGRAMS: Final = "mpc.programs"
_ENGINE_DOMAIN: Final = b"tallystick/engine/v1"
_PROGRAM_DOMAIN: Final = b"tallystick/program/v3"
_DYNAMIC: Final = frozenset({"importlib", "runpy", "__import__", "exec", "eval", "compile"})


def snapshot(sources: Path = SOURCES) -> bytes:
    """Changes when what a digest covers does: names, sizes and times of the source files, versions of the libraries.

    Looked at often, so that nothing is read but folders.
    """
    found: list[tuple[str, int, int]] = []
    folders = [str(sources)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIXES):
                    stat = entry.stat()
                    found.append((entry.path, stat.st_mtime_ns, stat.st_size))
                elif entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
                    folders.append(entry.path)
    return sha256(repr((sorted(found), _versions())).encode()).digest()


def engine_digest(sources: Path = SOURCES) -> bytes:
    """The digest of what runs programs."""
    versions = (version.encode() for version in _versions())
    found = (path for kind in KINDS for path in sources.rglob(kind))
    ours = (path for path in found if path.relative_to(sources).parts[0] != "programs")
    return _digest(_ENGINE_DOMAIN, versions, ours, sources)


def _versions() -> list[str]:
    return [f"{library}=={metadata.version(library)}" for library in LIBRARIES]


def program_digest(program: Program, folder: str, sources: Path = SOURCES) -> bytes:
    """The digest of one program, apart from what it runs on."""
    return _digest(_PROGRAM_DOMAIN, (canonical.dumps(facts(program)),), closure(folder, sources), sources)


def facts(program: Program) -> dict[str, object]:
    """What a description says that a run depends on: all but words and how long it takes."""
    return {
        "program": program.program,
        "inputs": [
            [port.name, [*port.kinds], port.least, port.most, port.values, port.levels, port.identified]
            for port in program.inputs
        ],
        "outputs": [[port.name, port.kind, port.support, port.values] for port in program.outputs],
        "pairs": [pair.to_json() for pair in program.pairs],
        "parameters": [
            [spec.name, spec.kind, spec.default, spec.low, spec.high, [*spec.choices]] for spec in program.parameters
        ],
        "committee": program.committee,
        "parties": [program.min_parties, program.max_parties],
        "needs_dataless_party": program.needs_dataless_party,
        "rows_stay": program.rows_stay,
        "protection_level": program.protection_level,
        "security_model": program.security_model,
        "disclosures": [
            [disclosure.name, disclosure.to, [condition.to_json() for condition in disclosure.when]]
            for disclosure in program.disclosures
        ],
    }


def closure(folder: str, sources: Path = SOURCES) -> frozenset[Path]:
    """The files of ``programs/`` that importing ``mpc.programs.<folder>.run`` reads, in whichever branch of its code.

    Raises :class:`FormatError` ``program.dynamic_import`` for code whose imports cannot be read off.
    """
    found: set[Path] = set()
    waiting = [f"{PROGRAMS}.{folder}.run"]
    while waiting:
        for path in _files(waiting.pop(), sources):
            if path not in found:
                found.add(path)
                waiting.extend(_imports(path.name, path.read_bytes()))
    return frozenset(found)


def _files(module: str, sources: Path) -> Iterator[Path]:
    """The module's file and its packages' own, as far as they lie in ``programs/``."""
    parts = module.split(".")[1:]
    for length in range(1, len(parts) + 1):
        place = sources.joinpath(*parts[:length])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                yield path


@functools.lru_cache(maxsize=256)  # many programs share files
def _imports(file: str, code: bytes) -> tuple[str, ...]:
    """Modules of ``programs/`` that this code may import; what is no module is left to :func:`_files`."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise _dynamic(file, "a relative import")
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            if isinstance(node, ast.Name) and node.id in _DYNAMIC:
                raise _dynamic(file, node.id)
            continue
        if any(name.split(".")[0] in _DYNAMIC for name in names):
            raise _dynamic(file, names[0])
        found += [name for name in names if name == PROGRAMS or name.startswith(f"{PROGRAMS}.")]
    return tuple(found)


def _digest(domain: bytes, first: Iterable[bytes], files: Iterable[Path], sources: Path) -> bytes:
    digest = sha256(_field(domain))
    for each in first:
        digest.update(_field(each))
    for path in sorted(files, key=lambda each: each.relative_to(sources).as_posix()):
        digest.update(_field(path.relative_to(sources).as_posix().encode()))
        digest.update(sha256(path.read_bytes()).digest())
    return digest.digest()


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _dynamic(file: str, what: str) -> FormatError:
    return FormatError(
        "program.dynamic_import",
        f"{file} uses {what}: what it imports cannot be read off, so no digest covers it.",
        "Import modules of mpc.programs by their full names, at the top of the file.",
    )
