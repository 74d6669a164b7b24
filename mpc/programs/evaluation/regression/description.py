"""Evaluate a regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Words

PROGRAM: Final = Program(
    program="eval.regression@1.0.0",
    title=Words("Evaluate a regression", "回归评估"),
    inputs=(
        InputPort("scores", ("shares",), Words("Secret predictions", "秘密预测值")),
        InputPort("labels", ("shares",), Words("Secret true values", "秘密真实值")),
    ),
    outputs=(
        OutputPort("mse", "shares", Words("Mean squared error", "均方误差")),
        OutputPort("mae", "shares", Words("Mean absolute error", "平均绝对误差")),
        OutputPort("r2", "shares", Words("Coefficient of determination R²", "决定系数 R²")),
    ),
    parameters=(
        decimal(
            "limit",
            "1000",
            "0.001",
            "1000000000",
            "Bound of every |label|; predictions are clipped to twice this",
            "标签绝对值的上限；预测值截断至其两倍",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.028 + 2e-6*rows"),
    traffic=CostModel("9e3 + 1.5e2*rows"),
    memory=CostModel("8.4e7 + 3.2e3*rows"),
    headroom=Words("Values are divided by the limit and clipped.", "数值除以上限并截断。"),
)
