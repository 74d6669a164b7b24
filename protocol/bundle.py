"""The evidence bundle: one zip in one canonical form, self-contained, every byte of it checked.

Canonical form: entries sorted by name, stored (not deflated: deflate streams differ between libraries), no extra
fields, no comment, the fixed DOS time 1980-01-01; JSON inside is RFC 8785. Reading rebuilds the zip from its parsed
parts and compares the bytes, so no byte anywhere in it, metadata included, can be changed unseen (I8).
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Annotated, Final

from protocol import canonical, state
from protocol.ancestry import Descent
from protocol.codec import hexadecimal, integer, objects, sequence
from protocol.errors import FormatError
from protocol.fields import Count, Fields, Hash
from protocol.limits import LIMITS
from protocol.messages import LogEvidence, SignedAuthorization
from protocol.record import Record
from protocol.registers import Register

FORMAT: Final = "tallystick/bundle/v3"
_MANIFEST = "manifest.json"
_CONTRACT = "contract.json"
_DESCENT = "chain/descent.json"
_SEALS = "chain/seals.json"
_RECEIPTS = "chain/receipts.json"
_STATE = "chain/state.json"
_SUCCESSIONS = "chain/successions.json"
_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ReceiptProof(Fields):
    """A transaction's receipt with its Merkle-Patricia proof against its block's ``receiptsRoot``."""

    block: Count
    index: Annotated[int, integer(0, 2**31 - 1)]
    receipt: Annotated[bytes, hexadecimal(LIMITS.envelope)]
    nodes: Annotated[tuple[bytes, ...], state.NODES]


MAX_SUCCESSIONS: Final = 16
"""Steps that lead from one release to another at most (``MAX_SUCCESSIONS`` of the contracts)."""


@dataclass(frozen=True, slots=True)
class Succession(Fields):
    """Two releases, by their ids on chain, of which the newer may stand in for the older: a hint where to look for it.

    What approved it is in the registers; which way leads from one release to another cannot be read from there.
    """

    older: Hash
    newer: Hash


_SEAL_LIST: Final = sequence(hexadecimal(LIMITS.header), 10_000)
_RECEIPT_LIST: Final = objects(ReceiptProof, 100_000)
_SUCCESSION_LIST: Final = objects(Succession, 10_000)


@dataclass(frozen=True, slots=True)
class BundleMaterial:
    """What a bundle is made of.

    ``descent`` proves, below the head, the blocks of the receipts and nothing else; ``seals`` are the genesis header and,
    under QBFT, what makes the head final (:mod:`protocol.finality`); ``registers`` are what the contracts hold at the
    head, by contract (:mod:`protocol.registers`), ``successions`` what of it lets releases stand in for those that a consent
    names. ``authorizations`` are sorted by data set, ``logs`` by party, ``receipts`` by (block, index).
    """

    task: bytes
    contract: bytes
    authorizations: tuple[SignedAuthorization, ...]
    logs: tuple[LogEvidence, ...]
    descent: Descent
    seals: tuple[bytes, ...]
    registers: dict[str, Register]
    successions: tuple[Succession, ...]
    receipts: tuple[ReceiptProof, ...]


def build(material: BundleMaterial) -> bytes:
    """The canonical zip of ``material``; refuses what exceeds the limits."""
    files = _files(material)
    manifest = {
        "format": FORMAT,
        "task": "0x" + material.task.hex(),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    return _zip({**files, _MANIFEST: canonical.dumps(manifest)})


def read(data: bytes) -> BundleMaterial:
    """Parse a bundle and prove its form: exactly the files of the manifest, their hashes, and no other byte."""
    files = _unzip(data)
    if _MANIFEST not in files:
        raise FormatError("bundle.no_manifest", "The bundle has no manifest.json.", "Fetch the bundle again.")
    record = Record(canonical.loads(files.pop(_MANIFEST), LIMITS.bundle_unpacked), "manifest")
    record.const("format", FORMAT)
    task = record.hex32("task")
    listed = record.mapping_of_text("files", LIMITS.bundle_files)
    record.done()
    if sorted(listed) != sorted(files):
        odd = min(set(listed) ^ set(files))
        raise FormatError("bundle.files", f"{odd} is not both in the manifest and in the bundle.", "Fetch it again.")
    for name, content in files.items():
        if (found := hashlib.sha256(content).hexdigest()) != listed[name]:
            raise FormatError(
                "bundle.hash",
                f"{name} has SHA-256 {found}, the manifest says {listed[name]}.",
                "Fetch it again.",
                file=name,
            )
    material = _material(task, files)
    if build(material) != data:
        raise FormatError(
            "bundle.not_canonical", "The bundle's bytes are not the canonical form of its contents.", "Fetch it again."
        )
    return material


def _files(material: BundleMaterial) -> dict[str, bytes]:
    files = {
        _CONTRACT: material.contract,
        _DESCENT: canonical.dumps(material.descent.to_json()),
        _SEALS: canonical.dumps(_SEAL_LIST.write(material.seals)),
        _STATE: canonical.dumps({name: register.to_json() for name, register in material.registers.items()}),
        _SUCCESSIONS: canonical.dumps(_SUCCESSION_LIST.write(material.successions)),
        _RECEIPTS: canonical.dumps(_RECEIPT_LIST.write(material.receipts)),
    }
    for item in material.authorizations:
        files[f"consents/{item.message.data_set}.json"] = canonical.dumps(item.to_json())
    for log in material.logs:
        files[f"logs/{log.party}.json"] = canonical.dumps(log.to_json())
    return files


def _material(task: bytes, files: dict[str, bytes]) -> BundleMaterial:
    def json(name: str) -> object:
        if name not in files:
            raise FormatError("bundle.missing", f"The bundle lacks {name}.", "Fetch it again.", file=name)
        return canonical.loads(files[name], LIMITS.bundle_unpacked)

    registers = Record({"state": json(_STATE)}, _STATE).mapping("state", 32)
    json(_CONTRACT)
    return BundleMaterial(
        task,
        files[_CONTRACT],
        tuple(SignedAuthorization.parse(json(name), name) for name in sorted(files) if name.startswith("consents/")),
        tuple(LogEvidence.parse(json(name), name) for name in sorted(files) if name.startswith("logs/")),
        Descent.parse(json(_DESCENT), _DESCENT),
        _SEAL_LIST.read(json(_SEALS), _SEALS),
        {name: Register.parse(value, f"{_STATE}.{name}") for name, value in registers.items()},
        _SUCCESSION_LIST.read(json(_SUCCESSIONS), _SUCCESSIONS),
        _RECEIPT_LIST.read(json(_RECEIPTS), _RECEIPTS),
    )


def _zip(files: dict[str, bytes]) -> bytes:
    if len(files) > LIMITS.bundle_files or sum(map(len, files.values())) > LIMITS.bundle_unpacked:
        raise FormatError("bundle.too_large", "The bundle exceeds 10,000 files or 256 MiB.", "Ask for a shorter range.")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()


def _unzip(data: bytes) -> dict[str, bytes]:
    if len(data) > LIMITS.bundle_unpacked + LIMITS.bundle_files * 1024:
        raise FormatError("bundle.too_large", "The bundle exceeds 256 MiB.", "Fetch it again.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if len(entries) > LIMITS.bundle_files or total > LIMITS.bundle_unpacked:
                raise FormatError("bundle.too_large", "The bundle exceeds 10,000 files or 256 MiB.", "Fetch it again.")
            if any(entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 for entry in entries):
                raise FormatError(
                    "bundle.not_canonical", "The bundle's entries are not plainly stored.", "Fetch it again."
                )
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError, IndexError) as error:
        raise FormatError("bundle.not_zip", f"This is no readable zip: {error}.", "Fetch the bundle again.") from error
