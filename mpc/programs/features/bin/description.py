"""Cut columns into bins: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.features.words import TABLES
from mpc.programs.parameters import choice, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

_LEFT_OUT: Final = InputPort(
    "label",
    ("label",),
    Words("A column to leave out, usually the label", "不参与处理的列，通常为标签"),
    least=0,
    values="numbers",
)

PROGRAM: Final = Program(
    program="feature.bin@1.0.0",
    title=Words("Cut columns into bins", "特征分箱"),
    inputs=(TABLES, _LEFT_OUT),
    outputs=(
        OutputPort(
            "binned",
            "aligned",
            Words("Bin numbers from 0, or one column of 0 and 1 for each bin", "从 0 起的分箱编号，或每箱一列 0/1"),
            "held",
            values="levels",
        ),
        OutputPort(
            "edges",
            "shares",
            Words("The inner edges of every column, as shares", "各列的内部切分点（份额）"),
            "order-statistic",
        ),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column", "每列箱数"),
        choice(
            "method",
            ("equal-frequency", "equal-width"),
            "Edges at quantiles, or evenly spaced",
            "按分位数等频切分，或等宽切分",
        ),
        choice("output", ("codes", "one-hot"), "Bin numbers, or one column for each bin", "输出分箱编号，或每箱一列"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.02 + 3.5e-8*rows*columns"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 5),
        Measured("rows", 200, 120000),
    ),
    headroom=Words("Edges within 2^25, refused otherwise.", "切分点不超过 2^25，否则拒绝。"),
)
