from dataclasses import dataclass

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain.abi import ArrayOf, ErrorSpec, Function, Struct, errors_by_selector, signature
from protocol.errors import FormatError


@dataclass(frozen=True, slots=True)
class Pair:
    left: bytes
    right: tuple[int, ...]


PAIR = Struct(Pair, ("bytes32", ArrayOf("uint32")))
ALL = Function("Test", "all", ("bool", "uint8", "uint256", "bytes", "address", "string", ArrayOf(PAIR)), ())
ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


@given(
    st.booleans(),
    st.integers(0, 255),
    st.integers(0, 2**256 - 1),
    st.binary(max_size=100),
    st.text(max_size=40),
    st.lists(
        st.tuples(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 2**32 - 1), max_size=5)), max_size=5
    ),
)
def test_calls_are_encoded_as_the_abi_says(
    flag: bool, small: int, large: int, data: bytes, text: str, pairs: list[tuple[bytes, list[int]]]
) -> None:
    structs = tuple(Pair(left, tuple(right)) for left, right in pairs)
    call = ALL.write(flag, small, large, data, ADDRESS, text, structs)
    kinds = ["bool", "uint8", "uint256", "bytes", "address", "string", "(bytes32,uint32[])[]"]
    assert call.data[:4] == keccak(f"all({','.join(kinds)})".encode())[:4]
    assert call.data[4:] == encode(kinds, [flag, small, large, data, ADDRESS, text, pairs])


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 2**32 - 1), max_size=5))
def test_results_become_the_frozen_types(left: bytes, right: list[int]) -> None:
    one = Function("Test", "one", (), (PAIR,)).read()
    assert one.result(encode(["(bytes32,uint32[])"], [(left, right)])) == Pair(left, tuple(right))
    two = Function("Test", "two", (), (PAIR, "address")).read()
    raw = encode(["(bytes32,uint32[])", "address"], [(left, right), ADDRESS.lower()])
    assert two.result(raw) == (Pair(left, tuple(right)), ADDRESS)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bytes32", b"short"),
        ("bytes32", bytes(33)),
        ("bytes32", "0x" + "00" * 32),
        ("bytes4", bytes(5)),
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", True),
        ("uint8", "1"),
        ("uint64", 2**64),
        ("uint256", 1.0),
        ("bool", 1),
        ("bool", "true"),
        ("bytes", "0x00"),
        ("bytes", bytearray(2)),
        ("address", bytes(20)),
        ("address", "0x1234"),
        ("address", "ab" * 20),
        ("address", "0x" + "AB" * 20),
        # A checksum that does not hold: a mistyped address.
        ("address", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d358"),
        ("string", b"text"),
        (ArrayOf("uint8"), 7),
        (ArrayOf("uint8"), "12"),
        (ArrayOf("uint8"), (1, 256)),
        (PAIR, (bytes(32), ())),
        (PAIR, Pair(bytes(31), ())),
        (PAIR, Pair(bytes(32), (-1,))),
        ("uint8", None),
    ],
)
def test_nothing_is_coerced(kind: object, value: object) -> None:
    with pytest.raises(FormatError) as caught:
        Function("Test", "f", (kind,), ()).write(value)  # type: ignore[arg-type]
    assert caught.value.code == "chain.argument"


def test_a_missing_argument_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        Function("Test", "f", ("uint8", "uint8"), ()).write(1)


def test_errors_are_found_by_selector_and_decoded_by_name() -> None:
    spec = ErrorSpec("Bad", (("party", "bytes32"), ("limits", ArrayOf("uint8"))))
    table = errors_by_selector(spec)
    data = keccak(b"Bad(bytes32,uint8[])")[:4] + encode(["bytes32", "uint8[]"], [bytes(32), [1, 2]])
    assert table[data[:4]].decode(data[4:]) == {"party": bytes(32), "limits": (1, 2)}
    with pytest.raises(TypeError):
        table[b"0000"] = spec  # type: ignore[index]


def test_signatures_are_canonical() -> None:
    assert signature("f", (PAIR, ArrayOf(ArrayOf("uint8")))) == "f((bytes32,uint32[]),uint8[][])"
