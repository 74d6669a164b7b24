"""Weight of evidence and information value: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import BOTH
from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="feature.woe_iv@1.0.0",
    title=Words("Weight of evidence and information value", "WOE 编码与 IV 值"),
    inputs=(
        InputPort(
            "tables",
            ("aligned", "stacked"),
            Words("Columns of bin numbers from 0", "从 0 起的分箱编号列"),
            values="levels",
            levels="bins",
        ),
        InputPort(
            "label",
            ("label", "stacked-label"),
            Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1"),
            values="bits",
        ),
    ),
    outputs=(
        OutputPort("iv", "shares", Words("Information value of every column", "各列 IV 值"), "cells"),
        OutputPort(
            "woe",
            "shares",
            Words(
                "Weights of evidence, one row for each column; 0 for bins of few positives or negatives under a minimum group",
                "各列各箱的 WOE，每列一行；约定最小分组时，正例或负例过少的箱记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "transformed",
            "shared",
            Words("Every row's weights in place of its bins", "以 WOE 替换分箱编号后的表（份额）"),
            "held",
            values="numbers",
        ),
        OutputPort(
            "labels",
            "shares",
            Words(
                "Every row's label as shares: what a model of the weights is trained on",
                "各行的标签（份额）：供以 WOE 训练的模型使用",
            ),
            "per-person",
        ),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column", "每列箱数"),
        decimal(
            "smoothing",
            "0.5",
            "0.001",
            "100",
            "Rows added to each bin and class, so that none is empty",
            "每箱每类加上的行数，避免空箱",
        ),
        choice(
            "monotone",
            ("no", "yes"),
            "Pool neighbouring bins until weights rise or fall from bin to bin",
            "合并相邻分箱，使 WOE 随分箱单调上升或下降",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("tables", "label", *SAME_ROWS),
    disclosures=(BOTH,),
    seconds=CostModel(
        "0.025 + 2.4e-6*rows + 0.0011*columns + 2.4e-5*bins*columns + 8e-9*bins*rows*columns + 7.8e-7*bins*rows"
        " + 0.13*[monotone=yes] + 0.00058*columns*[monotone=yes] + 8.3e-7*rows*columns*[monotone=yes]"
    ),
    measured=(
        Measured("bins", 5, 32),
        Measured("columns", 6, 25),
        Measured("owners", 2, 5),
        Measured("rows", 200, 120000),
    ),
    headroom=Words(
        "Counts are exact integers in units of 2^-10 rows; weights are at most ln((rows + smoothing·bins)/smoothing).",
        "频数为以 2^-10 行为单位的精确整数；WOE 不超过 ln((行数 + 平滑·箱数)/平滑)。",
    ),
)
