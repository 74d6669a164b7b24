"""Gradient boosting of trees for two classes: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import BOTH
from mpc.programs.parameters import decimal
from mpc.programs.tree.words import FEATURES, PARAMETERS, outputs
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, InputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="tree.boost@1.0.0",
    title=Words(
        "Gradient boosting of trees for two classes, over several owners' columns or rows",
        "二分类梯度提升树（纵向或横向）",
    ),
    inputs=(
        FEATURES,
        InputPort(
            "label",
            ("label", "stacked-label", "shares"),
            Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1"),
            values="bits",
        ),
    ),
    outputs=outputs(
        Words("Mean log loss of the training rows", "训练行的平均对数损失"),
        Words(
            "How many rows trained the model, and how many of them have label 1",
            "训练模型的行数，及其中标签为 1 的行数",
        ),
        Words("Log-odds of the test rows", "测试行的对数几率"),
    ),
    parameters=(
        *PARAMETERS,
        decimal(
            "min_child_weight", "1", "0.01", "1000000", "Least sum of Hessians of a leaf", "叶节点的最小二阶导数和"
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(BOTH,),
    seconds=CostModel(
        "0.079 + 0.045*trees*depth + 6.2e-6*trees*depth*rows + 3.6e-6*trees*depth^3*columns*bins +"
        " 1.1e-7*trees*depth^3*rows + 4.9e-10*trees*depth^3*rows*columns*bins +"
        " 1.5e-7*rows*columns*bins*[layout=stacked]"
    ),
    measured=(
        Measured("bins", 8, 32),
        Measured("columns", 6, 25),
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
