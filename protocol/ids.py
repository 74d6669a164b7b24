"""Names and ids: parse at the edge, then they are plain strings and 32-byte values.

On chain a name is its keccak256, which is also how EIP-712 encodes a ``string``: the hashes in a signed
authorization and the ids in storage are therefore directly comparable.
"""

import re

from eth_hash.auto import keccak

from protocol.errors import FormatError

_NAME = re.compile(r"[a-z0-9-]{1,63}")
_REFERENCE = re.compile(r"[a-z0-9-]{1,30}-[0-9a-f]{32}")
_PROGRAM = re.compile(r"[a-z0-9_.]{1,63}@(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_HEX32 = re.compile(r"[0-9a-f]{64}")
_COLUMN = re.compile(r"[a-z0-9_]{1,63}")


def name(value: object, field: str = "name") -> str:
    """A party or data set name, ``[a-z0-9-]{1,63}``."""
    return _match(_NAME, value, field, "Use 1 to 63 of a-z, 0-9 and '-'.")


def skeleton(name: str) -> str:
    """What a name looks like: two names of one skeleton are easily taken for each other.

    Names are of a-z, 0-9 and '-', so no other script can enter; the pairs are those of Unicode's confusables (UTS #39) within
    these letters. A hyphen more or less does not make another name to the eye either.
    """
    for shown, like in (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s")):
        name = name.replace(shown, like)
    return name.replace("-", "")


def reference(value: object, field: str = "data_set") -> str:
    """A data set's reference name: a short name, '-' and 32 random hex digits, so that its hash says nothing."""
    return _match(_REFERENCE, value, field, "Use the reference name that `tally node dataset add` printed.")


def program(value: object, field: str = "program") -> str:
    """A program id, ``name@MAJOR.MINOR.PATCH``."""
    return _match(_PROGRAM, value, field, "Write it as name@1.0.0.")


def column(value: object, field: str = "column") -> str:
    """A column name, ``[a-z0-9_]{1,63}``."""
    return _match(_COLUMN, value, field, "Use 1 to 63 of a-z, 0-9 and '_'.")


def on_chain(text: str) -> bytes:
    """keccak256 of the UTF-8 text: the id on chain and EIP-712's encoding of a ``string``."""
    return keccak(text.encode("utf-8"))


def checksum_address(address: bytes) -> str:
    """A 20-byte address as text whose capitals are its checksum (EIP-55)."""
    digits = address.hex()
    return "0x" + "".join(
        digit.upper() if nibble >= "8" else digit
        for digit, nibble in zip(digits, keccak(digits.encode()).hex(), strict=False)
    )


def hex32(value: object, field: str) -> bytes:
    """A ``0x`` prefixed 32-byte value in lower case."""
    if not isinstance(value, str) or not value.startswith("0x") or not _HEX32.fullmatch(value[2:]):
        raise FormatError("id.not_hex32", f"{field} is not 0x and 64 lower-case hex digits.", "Send the full hash.")
    return bytes.fromhex(value[2:])


def prefixed(prefix: str, value: bytes | str) -> str:
    """``task_…``, ``auth_…``: the form ids have in the API."""
    return f"{prefix}_{value.hex() if isinstance(value, bytes) else value}"


def unprefixed(prefix: str, value: object) -> bytes:
    """The 32 bytes behind a prefixed id such as ``task_<64 hex>``."""
    if isinstance(value, str) and value.startswith(f"{prefix}_") and _HEX32.fullmatch(value[len(prefix) + 1 :]):
        return bytes.fromhex(value[len(prefix) + 1 :])
    raise FormatError(
        "id.malformed", f"{value!r} is not a {prefix}_ id.", f"Ids look like {prefix}_ and 64 hex digits."
    )


def _match(pattern: re.Pattern[str], value: object, field: str, fix: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise FormatError("id.malformed", f"{field} {value!r} is not well formed.", fix, field=field)
    return value
