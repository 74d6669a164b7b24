"""Looking for secrets in places where none may be: every usual spelling of a secret, in every layer of what is searched.

Both sides are widened. A secret is looked for as bytes, as hex and as base64 in all three alignments; and what is searched
is opened up: zip members, base64 and hex runs are decoded again and again. numpy finds candidates by a few bytes,
so that ten thousand spellings in tens of megabytes take seconds.
"""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import numpy as np
import numpy.typing as npt
from eth_hash.auto import keccak

SHORTEST = 6
"""Shorter byte strings occur by chance; nothing that we look for has a shorter distinctive spelling."""
_KEY = 6
_MASK = np.uint64(2 ** (8 * _KEY) - 1)
_DEPTH = 6
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_STANDARD = bytes.maketrans(b"-_", b"+/")


def spellings(secret: bytes) -> Iterator[bytes]:
    """``secret`` as bytes, hex and base64 (both alphabets, wherever in the encoded text it begins)."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + secret)
        # only characters made of the secret's own bits: neighbours change the first and the last ones
        whole = encoded[-(-8 * shift // 6) : 8 * (shift + len(secret)) // 6]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def guessable(secret: bytes) -> Iterator[bytes]:
    """Unsalted hashes of a secret that can be guessed: as good as the secret itself."""
    for digest in (
        hashlib.sha256(secret).digest(),
        hashlib.sha1(secret).digest(),
        hashlib.md5(secret).digest(),
        hashlib.sha3_256(secret).digest(),
        hashlib.blake2b(secret).digest(),
        keccak(secret),
    ):
        yield from spellings(digest)


def layers(data: bytes) -> list[bytes]:
    """``data`` and everything that can be decoded out of it, each once."""
    seen: dict[bytes, bytes] = {}
    waiting = [(data, 0)]
    while waiting:
        layer, depth = waiting.pop()
        name = hashlib.sha256(layer).digest()
        if name in seen:
            continue
        seen[name] = layer
        if depth < _DEPTH:
            waiting += [(inner, depth + 1) for inner in _decoded(layer)]
    return list(seen.values())


def _decoded(layer: bytes) -> Iterator[bytes]:
    if b"PK\x05\x06" in layer:
        # a zip cut short by where a run was taken to end is no zip; the whole one is another layer
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(layer)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                yield archive.read(member)
    for run in _HEX.findall(layer):
        yield bytes.fromhex(run.decode())
    for run in _BASE64.findall(layer):
        if _HEX.fullmatch(run):
            continue
        text = run.translate(_STANDARD)
        yield base64.b64decode(text[: len(text) // 4 * 4])
        if len(text) % 4 > 1:
            yield base64.b64decode(text + b"=" * (4 - len(text) % 4))


class Secrets:
    """Named secrets, ready to be looked for. ``forms`` gives each name's byte strings, already in every spelling."""

    def __init__(self, forms: Mapping[str, Iterable[bytes]]) -> None:
        self._names: dict[int, list[tuple[int, bytes, str]]] = {}
        self.names = frozenset(forms)
        for name, strings in forms.items():
            kept = {string for string in strings if len(string) >= SHORTEST}
            assert kept, f"{name} has no spelling that is long enough to be looked for"
            for string in kept:
                at = _telling(string)
                key = int.from_bytes(string[at : at + _KEY], "little")
                self._names.setdefault(key, []).append((at, string, name))
        self._keys = np.array(sorted(self._names), dtype=np.uint64)
        self._starts = np.zeros(1 << 24, dtype=np.bool_)
        self._starts[(self._keys & np.uint64(0xFFFFFF)).astype(np.int64)] = True

    def __len__(self) -> int:
        """Number of byte strings that are looked for."""
        return sum(map(len, self._names.values()))

    def directly_in(self, data: bytes) -> set[str]:
        """Names of the secrets whose spelling occurs in ``data`` as it stands."""
        found: set[str] = set()
        words = np.frombuffer(data + bytes(16), dtype=np.uint8)
        for offset in range(8):
            aligned: npt.NDArray[np.uint64] = words[offset : offset + (len(words) - offset) // 8 * 8].view("<u8")
            likely = np.flatnonzero(self._starts[(aligned & np.uint64(0xFFFFFF)).astype(np.int64)])
            keys = aligned[likely] & _MASK
            nearest = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
            here = likely[self._keys[nearest] == keys]
            for index in here:
                place = offset + 8 * int(index)
                for at, string, name in self._names[int(aligned[index] & _MASK)]:
                    if name not in found and place >= at and data.startswith(string, place - at):
                        found.add(name)
        return found

    def inside(self, data: bytes) -> set[str]:
        """Names of the secrets that occur anywhere in ``data``, however wrapped."""
        # one pass over all layers; the zeros between them keep one layer's end from making a word with the next's start
        return self.directly_in(bytes(16).join(layers(data)))


def _telling(string: bytes) -> int:
    """Where in ``string`` its key stands: zeros in a row are everywhere, so a place with different bytes is taken."""
    if len(set(string[:_KEY])) == _KEY:
        return 0
    return max(range(len(string) - _KEY + 1), key=lambda at: len(set(string[at : at + _KEY])))
