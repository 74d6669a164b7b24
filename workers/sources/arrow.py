"""Arrow's compute functions. They are generated when pyarrow is imported, so type checkers cannot see them: Any, once."""

from typing import Any, Final

import pyarrow.compute

pc: Final[Any] = pyarrow.compute
