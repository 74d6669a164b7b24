"""Ridge regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.linear.words import FEATURES, OUTPUTS, SHARED_PARAMETERS, coefficient_limit, label, scores
from mpc.programs.parameters import decimal
from mpc.workflow.program import MAX_PARTIES, Program
from protocol.programs import CostModel, Words

PROGRAM: Final = Program(
    program="linear.ridge@1.0.0",
    title=Words("Ridge regression", "岭回归"),
    inputs=(FEATURES, label(Words("The column to predict", "待预测列"), "numbers")),
    outputs=(*OUTPUTS, scores(Words("Predictions of the test rows", "测试行的预测值"))),
    parameters=(
        decimal(
            "alpha",
            "1",
            "0",
            "1000000000",
            "Strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度，与 scikit-learn 相同",
        ),
        decimal("label_limit", "1000", "0.001", "1000000000", "Bound of every |label|", "标签绝对值的上限"),
        coefficient_limit("16"),
        *SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.088 + 0.013*[layout=stacked] + 1.3e-7*rows + 2.2e-6*rows*[layout=aligned]"
        " + 6.3e-10*rows*columns^2*[layout=stacked] + 2.2e-6*rows*[layout=shared]"
    ),
    traffic=CostModel(
        "6.8e3*[layout=stacked] + 1.6e4*[layout=aligned] + 18*rows*[layout=aligned]"
        " + 6.3*rows*columns*[layout=aligned] + 1.2e3*columns*[layout=stacked] + 6.4e2*columns^2*[layout=stacked]"
        " + 35*columns^2*[layout=aligned] + 17*columns^3*[layout=aligned] + 1.6e4*[layout=shared]"
        " + 18*rows*[layout=shared] + 6.3*rows*columns*[layout=shared] + 35*columns^2*[layout=shared]"
        " + 17*columns^3*[layout=shared]"
    ),
    memory=CostModel("8.3e7 + 1.4e2*rows + 13*rows*columns"),
    headroom=Words(
        "Moments are bounded by Cauchy–Schwarz, iterates by the filter √(k/ε): see linear_ridge.",
        "矩由柯西–施瓦茨不等式界定，迭代值由滤波函数 √(k/ε) 界定：见 linear_ridge。",
    ),
)
