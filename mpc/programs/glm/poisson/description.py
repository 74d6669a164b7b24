"""Poisson regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import SOME
from mpc.programs.glm.words import CONVERGENCE, COUNTS_LIKELIHOOD, FITTED_COUNTS, INTERCEPT_ERROR, STANDARD_ERRORS
from mpc.programs.linear.words import FEATURES, OUTPUTS, SHARED_PARAMETERS, coefficient_limit, label, scores
from mpc.programs.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="glm.poisson@1.0.0",
    title=Words("Poisson regression", "泊松回归"),
    inputs=(FEATURES, label(Words("Counts to predict", "待预测的计数列"), "counts")),
    outputs=(
        *OUTPUTS,
        STANDARD_ERRORS,
        INTERCEPT_ERROR,
        FITTED_COUNTS,
        COUNTS_LIKELIHOOD,
        CONVERGENCE,
        scores(Words("Expected counts of the test rows", "测试行的期望计数")),
    ),
    parameters=(
        decimal(
            "alpha",
            "1",
            "0.000001",
            "1000",
            "Strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度，与 scikit-learn 相同",
        ),
        integer("iterations", 10, 1, 50, "Newton steps", "牛顿迭代步数"),
        decimal(
            "mean_limit",
            "32",
            "1",
            "10000",
            "Bound of counts; expected counts are clipped to it",
            "计数的上限；期望计数截断至此",
        ),
        coefficient_limit("8"),
        *SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(SOME,),
    seconds=CostModel(
        "0.049*iterations + 0.004*iterations*[layout=stacked] + 0.00036*iterations*columns + 4e-6*iterations*rows"
        " + 1.6e-6*iterations*rows*[layout=stacked]"
    ),
    measured=(
        Measured("columns", 6, 26),
        Measured("iterations", 3, 10),
        Measured("owners", 2, 2),
        Measured("rows", 200, 60000),
    ),
    headroom=Words(
        "Expected counts and weights are clipped; sums over rows are bounded by Cauchy–Schwarz.",
        "期望计数与系数均截断；各行之和由柯西–施瓦茨不等式界定。",
    ),
)
