"""Evaluate a binary classifier: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import BOTH
from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="eval.binary@1.0.0",
    title=Words("Evaluate a binary classifier", "二分类评估"),
    inputs=(
        InputPort("scores", ("shares",), Words("Secret scores", "秘密分数")),
        InputPort("labels", ("shares",), Words("Secret labels, 0 or 1", "秘密标签，0 或 1")),
    ),
    outputs=(
        OutputPort("auc", "shares", Words("Area under the ROC curve", "ROC 曲线下面积"), "aggregate"),
        OutputPort("ks", "shares", Words("Kolmogorov–Smirnov distance of the classes", "KS 值"), "aggregate"),
        OutputPort(
            "roc",
            "shares",
            Words(
                "True and false positive rate from the lowest threshold to the highest; under a minimum group a point that fewer people separate repeats"
                " the one before",
                "由低到高各阈值的真、假阳性率；约定最小分组时，与前一点相差人数不足的点重复前一点",
            ),
            "cells",
        ),
        OutputPort(
            "counts",
            "shares",
            Words(
                "True and false positives from the lowest threshold to the highest, with the same points",
                "由低到高各阈值的真、假阳性数（取点相同）",
            ),
            "cells",
        ),
        OutputPort(
            "expected",
            "shares",
            Words(
                "Sum of the probabilities that the scores say, from the lowest threshold to the highest, with the same points: beside the true"
                " positives it shows the calibration",
                "由低到高各阈值以上的预测概率之和（取点相同），与真阳性数对照即为校准情况",
            ),
            "cells",
        ),
        OutputPort(
            "confusion",
            "shares",
            Words(
                "Counts of true and predicted class at the cutoff; under a minimum group at the next point of the curve from it on",
                "在 cutoff 处的真实类别与预测类别计数；约定最小分组时取曲线上不低于 cutoff 的下一点",
            ),
            "cells",
        ),
    ),
    parameters=(
        integer(
            "thresholds", 256, 8, 1024, "Points of the curve, at quantiles of the scores", "曲线的点数，取分数的分位点"
        ),
        choice(
            "scores_are",
            ("logits", "probabilities"),
            "What the scores are, for the output expected: glm.logistic gives logits, score.glm probabilities",
            "分数的含义（用于 expected）：glm.logistic 给出对数几率，score.glm 给出概率",
        ),
        decimal(
            "cutoff",
            "0",
            "-1000",
            "1000",
            "Scores from here on are predicted positive, for the output confusion: 0 of logits and 0.5 of probabilities is an even chance",
            "不低于此值的分数判为正类（用于 confusion）：对数几率取 0、概率取 0.5 表示可能性各半",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(BOTH,),
    seconds=CostModel("0.16 + 1.3e-5*rows"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 2),
        Measured("rows", 60, 18000),
    ),
    headroom=Words(
        "Counts are at most the rows, products of counts at most rows²/2, rates at most 1.",
        "计数不超过行数，计数乘积不超过行数平方的一半，比率不超过 1。",
    ),
)
