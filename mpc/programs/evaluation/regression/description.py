"""Evaluate a regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="eval.regression@1.0.0",
    title=Words("Evaluate a regression", "回归评估"),
    inputs=(
        InputPort("scores", ("shares",), Words("Secret predictions", "秘密预测值")),
        InputPort("labels", ("shares",), Words("Secret true values", "秘密真实值")),
    ),
    outputs=(
        OutputPort(
            "mse",
            "shares",
            Words("Mean squared error, to 2^-50 of the squared limit", "均方误差，精确到上限平方的 2^-50"),
            "aggregate",
        ),
        OutputPort("mae", "shares", Words("Mean absolute error", "平均绝对误差"), "aggregate"),
        OutputPort("r2", "shares", Words("Coefficient of determination R²", "决定系数 R²"), "aggregate"),
        OutputPort(
            "clipped",
            "shares",
            Words(
                "How many labels and predictions were cut off; under a minimum group that group where some were, but of fewer people",
                "被截断的标签与预测值个数；约定最小分组时，若有截断但涉及人数不足，则记为该最小分组数",
            ),
            "cells",
        ),
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
    seconds=CostModel("0.079 + 2.7e-6*rows"),
    measured=(
        Measured("columns", 6, 26),
        Measured("owners", 2, 2),
        Measured("rows", 60, 9000),
    ),
    headroom=Words("Values are divided by the limit and clipped.", "数值除以上限并截断。"),
)
