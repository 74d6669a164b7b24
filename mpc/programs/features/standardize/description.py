"""Standardise columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.clipped import CLIPPED
from mpc.programs.parameters import choice, decimal
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="feature.standardize@1.0.0",
    title=Words("Standardise columns", "特征标准化"),
    inputs=(
        InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表"), values="numbers"),
        InputPort(
            "label",
            ("label",),
            Words(
                "Columns to leave out, usually the label, or the time and event of survival",
                "不参与标准化的列，通常为标签，或生存分析的时长与事件",
            ),
            least=0,
            most=2,
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort(
            "features",
            "aligned",
            Words("Columns with mean 0 and deviation 1 over the training rows", "训练行上均值 0、标准差 1 的列"),
            "held",
            values="numbers",
        ),
        OutputPort("means", "shares", Words("The columns' means, as shares", "各列均值（份额）"), "aggregate"),
        OutputPort(
            "deviations",
            "shares",
            Words("The columns' standard deviations, as shares", "各列标准差（份额）"),
            "aggregate",
        ),
        CLIPPED,
    ),
    parameters=(
        decimal(
            "train_fraction",
            "0.7",
            "0.01",
            "1",
            "Part of the rows, in the alignment's random order, that trains; behind prepare.fold all rows but that fold's",
            "用于训练的行比例（按对齐后的随机顺序）；若前有 prepare.fold，则为该折以外的所有行",
        ),
        decimal("limit", "16", "1", "64", "Largest number of deviations from the mean", "偏离均值的最大标准差倍数"),
        choice(
            "beyond_limit", ("refuse", "clip"), "What happens to values beyond the limit", "超限值的处理：拒绝或截断"
        ),
        choice(
            "constant_columns",
            ("refuse", "zero"),
            "What happens to columns that do not vary",
            "常数列的处理：拒绝或置零",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("1.3e-8*rows*columns"),
    measured=(
        Measured("columns", 6, 26),
        Measured("owners", 2, 12),
        Measured("rows", 200, 400000),
    ),
    headroom=Words(
        "Values are within the limit parameter; means and deviations within 2^25, refused otherwise.",
        "数值不超过 limit 参数；均值与标准差不超过 2^25，否则拒绝。",
    ),
)
