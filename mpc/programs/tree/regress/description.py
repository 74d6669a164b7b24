"""Gradient boosting of trees for a quantity: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal
from mpc.programs.tree.words import FEATURES, PARAMETERS, outputs
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, InputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="tree.regress@1.0.0",
    title=Words(
        "Gradient boosting of trees for a quantity, over several owners' columns or rows",
        "数值梯度提升树（纵向或横向）",
    ),
    inputs=(
        FEATURES,
        InputPort(
            "label", ("label", "stacked-label", "shares"), Words("The column to predict", "待预测列"), values="numbers"
        ),
    ),
    outputs=outputs(
        Words("R² of the training rows", "训练行的 R²"),
        Words("How many rows trained the model", "训练模型的行数"),
        Words("Predicted values of the test rows", "测试行的预测值"),
    ),
    parameters=(
        *PARAMETERS,
        decimal(
            "label_limit",
            "1000",
            "0.001",
            "10000000",
            "Bound of every |label|",
            "标签绝对值的上限",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(),
    seconds=CostModel(
        "0.02 + 0.044*trees*depth + 1.2e-6*trees*depth*rows + 1.9e-8*trees*depth*rows*columns*bins +"
        " 2.9e-6*trees*depth^3*columns*bins + 7.9e-10*trees*depth^3*rows*columns*bins"
    ),
    measured=(
        Measured("bins", 8, 32),
        Measured("columns", 6, 26),
        Measured("depth", 3, 6),
        Measured("owners", 2, 2),
        Measured("rows", 200, 8000),
        Measured("trees", 1, 10),
    ),
    headroom=Words(
        "Sums of gradients are exact and at most the rows; quotients and gains are bounded by the least weight of a leaf"
        " (tree.problem), and where they would leave no digits the run is refused before it starts.",
        "梯度之和精确且不超过行数；商与增益由叶节点最小权重界定（tree.problem），若精度不足则在运行前拒绝。",
    ),
)
