"""Which variant this process uses: the fastest usable one, or the one that ``TALLYSTICK_KERNELS`` names."""

import os
from functools import cache
from typing import Final

from mpc.backends.fast.kernels.interface import Kernels
from mpc.backends.fast.kernels.library import compiled, opened
from mpc.backends.fast.kernels.native import NativeKernels
from mpc.backends.fast.kernels.numpy_kernels import NumpyKernels
from protocol.errors import RefusedError

OVERRIDE: Final = "TALLYSTICK_KERNELS"


@cache
def usable() -> tuple[str, ...]:
    """The variants usable on this machine, fastest first."""
    return (*compiled(), "numpy")


@cache
def load(name: str) -> Kernels:
    """A variant by its name; ``RefusedError`` ``kernels.not_usable`` when this machine cannot run it."""
    if name not in usable():
        raise RefusedError(
            "kernels.not_usable",
            f"The kernels '{name}' cannot run here; these can: {', '.join(usable())}.",
            f"Unset {OVERRIDE}, or build the kernels with 'python -m mpc.backends.fast.kernels.build'.",
        )
    library = opened()
    if name == "numpy" or library is None:
        return NumpyKernels()
    return NativeKernels(name, library)


@cache
def active() -> Kernels:
    """The variant of this process."""
    return load(os.environ.get(OVERRIDE) or usable()[0])
