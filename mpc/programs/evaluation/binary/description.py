"""Evaluate a binary classifier: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Words

PROGRAM: Final = Program(
    program="eval.binary@1.0.0",
    title=Words("Evaluate a binary classifier", "二分类评估"),
    inputs=(
        InputPort("scores", ("shares",), Words("Secret scores", "秘密分数")),
        InputPort("labels", ("shares",), Words("Secret labels, 0 or 1", "秘密标签，0 或 1")),
    ),
    outputs=(
        OutputPort("auc", "shares", Words("Area under the ROC curve", "ROC 曲线下面积")),
        OutputPort("ks", "shares", Words("Kolmogorov–Smirnov distance of the classes", "KS 值")),
        OutputPort(
            "roc",
            "shares",
            Words(
                "True and false positive rate from the lowest threshold to the highest", "由低到高各阈值的真、假阳性率"
            ),
        ),
        OutputPort(
            "counts",
            "shares",
            Words("True and false positives from the lowest threshold to the highest", "由低到高各阈值的真、假阳性数"),
        ),
    ),
    parameters=(
        integer("thresholds", 256, 8, 1024, "Number of thresholds", "阈值个数"),
        decimal(
            "span",
            "8",
            "0.5",
            "64",
            "Thresholds lie evenly from minus to plus this logit",
            "阈值在正负该对数几率之间均匀分布",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.02 + 3.6e-5*thresholds + 5.3e-7*rows*thresholds"),
    traffic=CostModel("3.3e3 + 26*rows + 99*thresholds + 16*rows*thresholds"),
    memory=CostModel("8.3e7 + 4.6e3*thresholds + 53*min(rows,16384)*thresholds + 300*rows"),
    headroom=Words(
        "Counts are at most the rows, products of counts at most rows²/2, rates at most 1.",
        "计数不超过行数，计数乘积不超过行数平方的一半，比率不超过 1。",
    ),
)
