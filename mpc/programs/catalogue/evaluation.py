"""How well a model does."""

from typing import Final

from mpc.programs.catalogue.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Words

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
    implementation="mpc.programs.eval_binary:run",
)

EVAL_MULTICLASS: Final = Program(
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
                "Rows of each true class (rows) by predicted class (columns)", "混淆矩阵：行为真实类别，列为预测类别"
            ),
        ),
        OutputPort("accuracy", "shares", Words("Part of the rows predicted right", "预测正确的比例")),
    ),
    parameters=(),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.018 + 5.8e-6*rows"),
    traffic=CostModel("8.9e2 + 2e2*rows"),
    memory=CostModel("8.7e7 + 2.1e4*rows"),
    headroom=Words("Counts are at most the rows.", "计数不超过行数。"),
    implementation="mpc.programs.eval_multiclass:run",
)

EVAL_REGRESSION: Final = Program(
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
    implementation="mpc.programs.eval_regression:run",
)

PROGRAMS: Final = (EVAL_BINARY, EVAL_MULTICLASS, EVAL_REGRESSION)
