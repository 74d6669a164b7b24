"""Evaluate a classifier of several classes: what it takes, gives, protects and costs."""

from typing import Final

from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="eval.multiclass@1.0.0",
    title=Words("Evaluate a classifier of several classes", "多分类评估"),
    inputs=(
        InputPort("scores", ("shares",), Words("Secret scores, one column per class", "秘密分数，每类一列")),
        InputPort("labels", ("shares",), Words("Secret classes, from 0 up", "秘密类别，从 0 起编号")),
    ),
    outputs=(
        OutputPort(
            "confusion",
            "shares",
            Words(
                "Rows of each true class (rows) by predicted class (columns); rows with a cell below the minimum group are 0",
                "混淆矩阵：行为真实类别，列为预测类别；含有低于最小群体数的单元格的行记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "accuracy",
            "shares",
            Words(
                "Part of the rows predicted right; 0 where few were, or few were not",
                "预测正确的比例；若正确或错误的行少于最小群体数则记为 0",
            ),
            "cells",
        ),
    ),
    parameters=(),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.018 + 5.8e-6*rows"),
    measured=(
        Measured("columns", 6, 26),
        Measured("owners", 2, 2),
        Measured("rows", 60, 2400),
    ),
    headroom=Words("Counts are at most the rows.", "计数不超过行数。"),
)
