"""What descriptions of this family and the names of its results' axes share."""

from typing import Final

from mpc.programs.glm.words import FIGURES
from mpc.workflow.program import OutputPort
from protocol.programs import Words

ENDED: Final = (*FIGURES, "rows beyond the risk limit")
LIKELIHOODS: Final = ("log partial likelihood, no covariate", "log partial likelihood")
CONVERGENCE: Final = OutputPort(
    "convergence",
    "shares",
    Words(
        "How the fit ended: the largest change of a coefficient in the last step, the largest entry of the gradient over the rows"
        " (0 at the optimum), how many coefficients are at coefficient_limit, and how many rows were beyond risk_limit (under a"
        " minimum group that group where some were, but fewer people)",
        "拟合结束时的状态：最后一步系数的最大变化、梯度均值的最大分量（最优处为0）、达到 coefficient_limit 的系数个数、超出 risk_limit 的行数"
        "（约定最小分组时，若有但涉及人数不足，则记为该最小分组数）",
    ),
    "model",
)
