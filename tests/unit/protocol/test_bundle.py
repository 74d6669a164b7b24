"""The bundle's one canonical form: every byte of it counts, zip metadata included."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import bundle
from protocol.ancestry import Ancestor, Descent, Window
from protocol.errors import TallyError
from protocol.registers import Register
from tests.unit.protocol.samples import contract
from tests.unit.protocol.test_messages import log, signed

MATERIAL = bundle.BundleMaterial(
    b"\x01" * 32,
    contract().data(),
    (signed,),
    (log,),
    Descent(b"\xc0", (Window((b"\xc1\x80",), (Ancestor(b"\xc0", (b"\xc0",)),)),)),
    (b"\xc0",),
    {"Tasks": Register((b"\xc0",), ((7, (b"\xc1\x80",)),))},
    (bundle.Succession(b"\x02" * 32, b"\x03" * 32),),
    (bundle.ReceiptProof(1, 0, b"\x02\xc0", (b"\xc0",)),),
)
DATA = bundle.build(MATERIAL)


def test_round_trip() -> None:
    assert bundle.read(DATA) == MATERIAL
    assert bundle.build(MATERIAL) == DATA


def test_any_zip_tool_can_open_it() -> None:
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) >= {"manifest.json", "contract.json", "chain/descent.json", "logs/hospital.json"}


@settings(max_examples=300)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_refused(position: int, flip: int) -> None:
    changed = bytearray(DATA)
    changed[position] ^= flip
    with pytest.raises(TallyError):
        bundle.read(bytes(changed))


@pytest.mark.slow
def test_every_single_byte_counts() -> None:
    for position in range(len(DATA)):
        for flip in (1, 0x80, 0xFF):
            changed = bytearray(DATA)
            changed[position] ^= flip
            with pytest.raises(TallyError):
                bundle.read(bytes(changed))


@given(st.integers(0, len(DATA) - 1))
def test_a_truncated_or_extended_bundle_is_refused(size: int) -> None:
    for changed in (DATA[:size], DATA + DATA[:size] if size else DATA + b"\x00"):
        with pytest.raises(TallyError):
            bundle.read(changed)


def rewritten(**changes: object) -> bytes:
    """The same files in a zip with other metadata."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(DATA)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            for field, value in changes.items():
                setattr(info, field, value)
            target.writestr(info, content)
        if "comment" in changes:
            target.comment = b"note"
    return out.getvalue()


@pytest.mark.parametrize(
    "changes",
    [
        {"date_time": (1980, 1, 1, 0, 0, 2)},
        {"external_attr": 0},
        {"create_system": 0},
        {"comment": b"x"},
        {"extra": b"\x99\x99\x00\x00"},
        {"compress_type": zipfile.ZIP_DEFLATED},
    ],
    ids=lambda c: next(iter(c)),
)
def test_zip_metadata_is_part_of_the_form(changes: dict[str, object]) -> None:
    assert rewritten() == DATA
    with pytest.raises(TallyError) as caught:
        bundle.read(rewritten(**changes))
    assert caught.value.code == "bundle.not_canonical"


def test_a_file_of_the_same_name_twice_is_refused() -> None:
    out = io.BytesIO(DATA)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("contract.json", b"{}")
    with pytest.raises(TallyError):
        bundle.read(out.getvalue())


def test_an_extra_file_is_refused() -> None:
    out = io.BytesIO(DATA)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("notes.txt", b"hello")
    with pytest.raises(TallyError) as caught:
        bundle.read(out.getvalue())
    assert caught.value.code == "bundle.files"


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(TallyError):
        bundle.read(data)
