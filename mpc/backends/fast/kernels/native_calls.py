"""The C functions of one variant, with their argument types declared so that a wrong call fails in Python."""

import ctypes
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

_ARGUMENTS: Final = {"p": ctypes.c_void_p, "u": ctypes.c_uint64, "n": ctypes.c_int64}
_FUNCTIONS: Final = {
    # p: an address, u: an unsigned word (limbs, nonces), n: a signed word (counts, strides)
    "add": "pppn",
    "sub": "pppn",
    "mul": "pppn",
    "neg": "ppn",
    "add_scalar": "puupn",
    "mul_scalar": "puupn",
    "canonical": "ppn",
    "mask_planes": "puuppuupn",
    "finish_ab": "ppnuuuupuupn",
    "finish_c_planes": "pnpuuuuppn",
    "dot_int": "ppnpn",
    "sincos": "pnnnppn",
    "from_int64": "ppn",
    "to_int64": "ppn",
    "pack": "ppn",
    "unpack": "ppn",
    "draw_order": "pnpn",
    "compose_orders": "pnppn",
    "gather": "pnpnpn",
    "rows_vector": "pppnn",
    "vector_rows": "pppnn",
    "panel_words": "nn",
    "pack_panels": "pnnnnnp",
    "product": "pnpnnnpnnn",
    "tree_leaves": "ppnnnppnnppn",
    "tree_deal": "pnnnpnpnpn",
    "tree_level": "ppnnpnpnnpnn",
    "tree_next": "pnppnnpnn",
    "split_pack": "pnpn",
    "split_join": "ppnpn",
    "halves_dealt": "pppnn",
    "halves_of_a": "pppnn",
    "halves_of_b": "pppnn",
    "shifted_words": "pnnpn",
    "cuts_planes": "pnpppn",
    "chosen": "ppppuupn",
    "join_planes": "ppuuuuuuppn",
    "both_planes": "puupuupn",
}
_WITH_AES: Final = {
    "expand_key": "pp",
    "prf_elements": "pupn",
    "prf_words": "pupn",
    "mask": "puuppuuupn",
    "finish_c": "pnpuuuuuppn",
    "cuts": "pnppupn",
    "join": "ppuuuuuuuppn",
    "both": "puupuuupn",
}
_WITH_VECTOR_PRODUCT: Final = {"vector_product": "ppnnp"}
_HEAD: Final[Any] = ctypes.c_char * 0
_head: Final[Any] = _HEAD.from_buffer
_address: Final = ctypes.addressof
_pointer_at: Final = ctypes.c_void_p.from_address
_DATA_OFFSET: Final = 16
_RETURNING: Final = frozenset(
    {"to_int64", "unpack", "panel_words", "split_join", "draw_order", "compose_orders", "gather"}
)


class NativeCalls:
    """Attributes are the C functions of the variant; ``has_aes`` and ``has_vector_product`` say which optional ones exist."""

    def __init__(self, variant: str, library: ctypes.CDLL) -> None:
        self.has_aes: Final = hasattr(library, f"{variant}_expand_key")
        self.has_vector_product: Final = hasattr(library, f"{variant}_vector_product")
        functions = dict(_FUNCTIONS)
        if self.has_aes:
            functions |= _WITH_AES
        if self.has_vector_product:
            functions |= _WITH_VECTOR_PRODUCT
        for name, arguments in functions.items():
            function = getattr(library, f"{variant}_{name}")
            function.argtypes = [_ARGUMENTS[one] for one in arguments]
            function.restype = ctypes.c_int64 if name in _RETURNING else None
            setattr(self, name, function)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., int]: ...


def _slow_address(array: NDArray[Any]) -> int:
    try:
        return _address(_head(array))  # a third of the price of ``array.ctypes``
    except TypeError:  # read-only
        return array.ctypes.data


def _fast_address(array: NDArray[Any]) -> int:
    return _pointer_at(id(array) + _DATA_OFFSET).value or 0


def _layout_known() -> bool:
    """Whether an array's object holds its data's address where numpy's C headers say (PyArrayObject: ``char *data`` first)."""
    if sys.implementation.name != "cpython" or object.__basicsize__ != _DATA_OFFSET:
        return False
    whole = np.arange(24, dtype=np.uint64)
    several = (whole, whole[3:], whole.reshape(2, 12)[1], np.empty(0), np.frombuffer(bytes(9), dtype=np.uint8))
    return all(_fast_address(array) == array.ctypes.data for array in several)


address: Final[Callable[[NDArray[Any]], int]] = _fast_address if _layout_known() else _slow_address
"""Where a contiguous array's data lies; the caller keeps the array alive during the call. (Half the price of any other way.)"""
