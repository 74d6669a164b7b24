"""Arrow's compute functions. They are generated when pyarrow is imported, so type checkers cannot see them: Any, once."""

from typing import Any, Final

import pyarrow.compute

pc: Final[Any] = pyarrow.compute


def give_back() -> None:
    """Return what Arrow keeps of freed memory: readers free hundreds of megabytes between their steps."""
    pyarrow.default_memory_pool().release_unused()
