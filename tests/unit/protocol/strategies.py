"""Hypothesis strategies for the protocol's own types."""

from typing import Any, Final

from eth_utils.address import to_checksum_address
from hypothesis import strategies as st

from protocol import typed
from tools.protocol_records import records_of

TYPED: Final = records_of(typed.Typed)

names = st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True)
hashes = st.binary(min_size=32, max_size=32)
texts = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=40)


def value_of(kind: str) -> st.SearchStrategy[Any]:
    """Values of a Solidity type as the typed messages and events hold them."""
    if kind.endswith("[]"):
        return st.lists(value_of(kind[:-2]), max_size=4).map(tuple)
    if kind.endswith(")"):
        return st.tuples(*map(value_of, kind[1:-1].split(",")))
    if kind == "string":
        return texts
    if kind == "bytes32":
        return hashes
    if kind == "address":
        return st.binary(min_size=20, max_size=20).map(to_checksum_address)
    if kind == "bool":
        return st.booleans()
    return st.integers(0, 2 ** int(kind[4:]) - 1)


def messages(kind: type[typed.Typed]) -> st.SearchStrategy[Any]:
    """Any message of one typed-data type; its addresses are in lower case."""
    values = [value_of(solidity) for _, solidity in kind.members()]
    lowered = [
        value.map(str.lower) if solidity == "address" else value
        for value, (_, solidity) in zip(values, kind.members(), strict=True)
    ]
    return st.tuples(*lowered).map(lambda found: kind(*found))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
