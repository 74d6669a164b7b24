"""What descriptions of this family share."""

from typing import Final

from mpc.workflow.program import InputPort
from protocol.programs import Words

TABLES: Final = InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表"), values="numbers")
