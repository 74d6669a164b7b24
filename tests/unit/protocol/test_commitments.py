"""Commitments: golden values, an independent spelling of each definition, and no two inputs with one hash."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from protocol import commitments
from protocol.commitments import LINK_HASHES, Tensor, Transcript
from protocol.errors import FormatError, VerificationError

P = 2**104 - 17
TASK, RUN = b"\x01" * 32, b"\x02" * 32
SALT = b"\x03" * 32
NAME = commitments.output_name("train.model")
TENSOR = Tensor((2,), 18, (5).to_bytes(13, "little") + (P - 1).to_bytes(13, "little"))


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_definitions() -> None:
    head = b"\x01" + (2).to_bytes(4, "big") + b"\x12"
    bank = keccak(b"bank")
    assert commitments.output_name("train.model") == sha(b"tallystick/output-name/v1\0train.model")
    share = sha(b"tallystick/output-share/v1\0", TASK, RUN, bank, NAME, head, SALT, TENSOR.data)
    assert commitments.output_share(TASK, RUN, "bank", NAME, tensor=TENSOR, salt=SALT) == share
    a, b = (b"\x01" * 32, b"\x0a" * 32), (b"\x02" * 32, b"\x0b" * 32)
    assert commitments.output_shares(TASK, RUN, "bank", [b, a]) == sha(
        b"tallystick/output-shares/v1\0", TASK, RUN, bank, *a, *b
    )
    salts = [b"\x04" * 32, b"\x05" * 32, b"\x06" * 32]
    assert commitments.result_hash(TASK, RUN, [(NAME, salts, TENSOR)]) == sha(
        b"tallystick/result/v1\0", TASK, RUN, NAME, sha(*salts), sha(head, TENSOR.data)
    )
    nonces = [b"\x09" * 32, b"\x07" * 32, b"\x08" * 32]
    assert commitments.run_id(TASK, nonces) == sha(b"tallystick/run-id/v1\0", TASK, *sorted(nonces))
    assert commitments.input_root([]) == bytes(32)
    assert commitments.input_root([a]) == a[1]
    assert commitments.input_root([b, a]) == sha(b"tallystick/inputs/v1\0", *a, *b)


def test_golden_values() -> None:
    """Other languages compare with these."""
    assert (
        commitments.run_id(TASK, [b"\x07" * 32, b"\x08" * 32, b"\x09" * 32]).hex()
        == "5e025dc2e31f01fd863432290be1361dd3dd3f3a26d787648f1ef71c3b224ca0"
    )
    assert (
        commitments.output_share(TASK, RUN, "bank", NAME, tensor=TENSOR, salt=SALT).hex()
        == "76195ad25bdbebbb2bda5a6fcab8d470eaf88e6482487f999c1508604e952458"
    )
    assert (
        Transcript(RUN, "bank", "shop", TASK, 3, SALT, 4, version=1).link_hash().hex()
        == "e7fce38bc09cdb7232a20e9cbaccbef6091b722acba3710e35e1429551392ebf"
    )
    assert (
        Transcript(RUN, "bank", "shop", TASK, 3, SALT, 4).link_hash().hex()
        == "23c55f1cbf17c5e37aae47e8daeb9e2d117863bfff947c7c4806fe69dfaf4e76"
    )


def test_run_id_depends_on_every_nonce_and_not_on_their_order() -> None:
    nonces = [bytes([i]) * 32 for i in range(3)]
    run = commitments.run_id(TASK, nonces)
    assert commitments.run_id(TASK, nonces[::-1]) == run
    assert commitments.run_id(RUN, nonces) != run
    assert commitments.run_id(TASK, [*nonces[:2], b"\x0f" * 32]) != run
    for bad in (nonces[:2], [*nonces[:2], nonces[0]], [*nonces[:2], b"short"]):
        with pytest.raises(FormatError):
            commitments.run_id(TASK, bad)


@pytest.mark.parametrize(
    "change",
    [
        {"task": RUN},
        {"run": TASK},
        {"party": "shop"},
        {"name": SALT},
        {"tensor": replace(TENSOR, shape=(2, 1))},
        {"tensor": replace(TENSOR, fraction_bits=17)},
        {"tensor": replace(TENSOR, data=TENSOR.data[13:] + TENSOR.data[:13])},
        {"salt": NAME},
    ],
)
def test_a_share_commitment_binds_everything(change: dict[str, Any]) -> None:
    base: dict[str, Any] = {"task": TASK, "run": RUN, "party": "bank", "name": NAME, "tensor": TENSOR, "salt": SALT}
    assert commitments.output_share(**base) != commitments.output_share(**{**base, **change})


def test_the_result_hash_binds_salts_and_values() -> None:
    salts = [b"\x04" * 32, b"\x05" * 32, b"\x06" * 32]
    other = replace(TENSOR, data=bytes(26))
    base = commitments.result_hash(TASK, RUN, [(NAME, salts, TENSOR)])
    changed = [
        commitments.result_hash(RUN, RUN, [(NAME, salts, TENSOR)]),
        commitments.result_hash(TASK, RUN, [(NAME, salts[::-1], TENSOR)]),
        commitments.result_hash(TASK, RUN, [(NAME, salts, other)]),
        commitments.result_hash(TASK, RUN, [(NAME, salts, TENSOR), (SALT, salts, other)]),
    ]
    assert base not in changed
    both = [(NAME, salts, TENSOR), (SALT, salts, other)]
    assert commitments.result_hash(TASK, RUN, both) == commitments.result_hash(TASK, RUN, both[::-1])
    with pytest.raises(FormatError, match=r"result\.duplicate"):
        commitments.result_hash(TASK, RUN, [both[0], both[0]])


def test_doubled_outputs_and_inputs_are_refused() -> None:
    with pytest.raises(FormatError, match=r"share\.duplicate"):
        commitments.output_shares(TASK, RUN, "bank", [(NAME, SALT), (NAME, TASK)])
    with pytest.raises(FormatError, match=r"input\.duplicate"):
        commitments.input_root([(NAME, SALT), (NAME, TASK)])
    with pytest.raises(FormatError, match=r"commitment\.width"):
        commitments.input_root([(NAME, b"short"), (TASK, SALT)])


@given(st.lists(st.integers(0, 2**104 - 1), max_size=12))
def test_only_residues_below_p_are_accepted(elements: list[int]) -> None:
    data = b"".join(element.to_bytes(13, "little") for element in elements)
    if all(element < P for element in elements):
        assert Tensor((len(elements),), 0, data).data == data
    else:
        with pytest.raises(FormatError, match=r"share\.residue"):
            Tensor((len(elements),), 0, data)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=6), st.integers(0, 255))
def test_residues_near_p_are_told_apart_at_every_place(offsets: list[int], filler: int) -> None:
    elements = [(P + offset) % 2**104 for offset in offsets]
    data = b"".join(element.to_bytes(13, "little") + bytes([filler]) * 12 + b"\xff" for element in elements)
    # the filler element ends in 0xFF and may begin with more of them: a run of 0xFF across elements is no residue
    bad = any(element >= P for element in elements) or (filler == 255)
    if bad:
        with pytest.raises(FormatError, match=r"share\.residue"):
            Tensor((2 * len(elements),), 0, data)
    else:
        Tensor((2 * len(elements),), 0, data)


def test_a_run_of_high_bytes_across_two_elements_is_no_residue_of_p() -> None:
    data = bytes(6) + b"\xff" * 13 + bytes(7)
    assert Tensor((2,), 0, data).data == data


@pytest.mark.parametrize(
    ("shape", "bits", "size", "code"),
    [
        ((2,), 0, 25, "share.length"),
        ((2,), 256, 26, "share.shape"),
        ((-1,), 0, 0, "share.shape"),
        ((2**32,), 0, 0, "share.shape"),
        ((1,) * 9, 0, 13, "share.shape"),
    ],
)
def test_malformed_tensors(shape: tuple[int, ...], bits: int, size: int, code: str) -> None:
    with pytest.raises(FormatError) as caught:
        Tensor(shape, bits, bytes(size))
    assert caught.value.code == code


def test_scalars_and_empty_outputs() -> None:
    assert Tensor((), 0, bytes(13)).head() == b"\x00\x00"
    assert Tensor((0, 5), 0, b"").head() == bytes.fromhex("02 00000000 00000005 00")


@pytest.mark.parametrize("version", LINK_HASHES)
def test_both_ends_of_a_link_agree_and_countersign(version: int) -> None:
    bank, shop = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32), Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    out, back = (b"\x0a" * 32, 10), (b"\x0b" * 32, 12)
    seen_by_bank = Transcript.seen_by(RUN, "bank", "shop", sent=out, received=back, version=version)
    seen_by_shop = Transcript.seen_by(RUN, "shop", "bank", sent=back, received=out, version=version)
    assert seen_by_bank == seen_by_shop
    assert seen_by_bank.link_hash() == sha(
        b"tallystick/link/v%d\0" % version, RUN, keccak(b"bank"), keccak(b"shop"),
        out[0], (10).to_bytes(8, "big"), back[0], (12).to_bytes(8, "big"),
    )  # fmt: skip
    signature = shop.sign(seen_by_shop.message())
    seen_by_bank.verify(shop.public_key().public_bytes_raw(), signature)
    for other in (
        replace(seen_by_bank, forward_frames=11),
        replace(seen_by_bank, run=TASK),
        replace(seen_by_bank, version=3 - version),
    ):
        assert other.link_hash() != seen_by_bank.link_hash()
        with pytest.raises(VerificationError):
            other.verify(shop.public_key().public_bytes_raw(), signature)
    with pytest.raises(VerificationError):
        seen_by_bank.verify(bank.public_key().public_bytes_raw(), signature)
    for change in ({"first": "shop"}, {"first": "zoo"}, {"forward_frames": -1}, {"backward_frames": 2**64}):
        with pytest.raises(FormatError, match=r"link\.order"):
            replace(seen_by_bank, **change)  # pyright: ignore[reportArgumentType]
    for unknown in (0, 3):
        with pytest.raises(FormatError, match=r"link\.version"):
            replace(seen_by_bank, version=unknown)
