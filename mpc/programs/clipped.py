"""How many values an owner cut off at a limit: what every program that does so says of it."""

from typing import Final

from mpc.workflow.program import OutputPort
from protocol.programs import Words

CLIPPED: Final = OutputPort(
    "clipped",
    "shares",
    Words(
        "How many values of each column were cut off at the limit; under a minimum group that group where some were, but of fewer people",
        "各列被截断至上限的取值个数；约定最小分组时，若有截断但涉及人数不足，则记为该最小分组数",
    ),
    "cells",
)
