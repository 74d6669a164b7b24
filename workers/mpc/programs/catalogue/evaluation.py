"""How well a model does."""

from typing import Final

from protocol.programs import CostModel, ParameterSpec, Words
from workers.mpc.programs.program import MAX_PARTIES, InputPort, OutputPort, Program

EVAL_BINARY: Final = Program(
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
        ParameterSpec("thresholds", "integer", 256, "8", "1024", (), Words("Number of thresholds", "阈值个数")),
        ParameterSpec(
            "span",
            "decimal",
            "8",
            "0.5",
            "64",
            (),
            Words("Thresholds lie evenly from minus to plus this logit", "阈值在正负该对数几率之间均匀分布"),
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.1 + 0.0024*rows"),
    traffic=CostModel("100000 + 9400*rows"),
    memory=CostModel("20000000 + 400000*rows"),
    headroom=Words(
        "Counts are at most the rows, products of counts at most rows²/2, rates at most 1.",
        "计数不超过行数，计数乘积不超过行数平方的一半，比率不超过 1。",
    ),
    implementation="workers.mpc.programs.eval_binary:run",
)

PROGRAMS: Final = (EVAL_BINARY,)
