"""What descriptions of this family share."""

from typing import Final

from mpc.programs.parameters import decimal
from protocol.programs import Words

LIMIT: Final = decimal(
    "limit",
    "1000000",
    "0.001",
    "100000000",
    "Largest magnitude of a value; larger ones are refused. The closer, the more digits: use a step for each scale",
    "数值绝对值上限，超出则拒绝；越接近实际范围精度越高，量级不同的列请分步计算",
)
HEADROOM: Final = Words(
    "Fraction bits follow from limit and rows so that every sum and product stays below 2^61; a run that leaves none is "
    "refused before it starts.",
    "小数位由 limit 与行数推导，使所有和与积小于 2^61；无剩余位数时拒绝运行。",
)
