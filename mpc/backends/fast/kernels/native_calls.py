"""The C functions of one variant, with their argument types declared so that a wrong call fails in Python."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

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
    "bitslice": "pnpn",
    "unbitslice": "pnpn",
    "rows_vector": "pppnn",
    "vector_rows": "pppnn",
    "panel_words": "nn",
    "pack_panels": "pnnnnnp",
    "product": "pnpnnnpnnn",
}
_WITH_AES: Final = {
    "expand_key": "pp",
    "prf_elements": "pupn",
    "prf_words": "pupn",
    "mask": "puuppuuupn",
    "finish_c": "pnpuuuuuppn",
}
_WITH_VECTOR_PRODUCT: Final = {"vector_product": "ppnnp"}
_HEAD: Final[Any] = ctypes.c_char * 0
_head: Final[Any] = _HEAD.from_buffer
_address: Final = ctypes.addressof
_RETURNING: Final = frozenset({"to_int64", "unpack", "panel_words"})


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


def address(array: NDArray[Any]) -> int:
    """Where a contiguous array's data lies; the caller keeps the array alive during the call."""
    try:
        return _address(_head(array))  # a third of the price of ``array.ctypes``
    except TypeError:  # read-only
        return array.ctypes.data
