"""Describe columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.programs.stats.words import HEADROOM, LIMIT
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="stats.describe@1.0.0",
    title=Words("Describe columns", "描述性统计"),
    inputs=(
        InputPort(
            "table",
            ("aligned", "stacked", "shared", "label", "stacked-label"),
            Words("The columns to describe", "待统计的列"),
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort("count", "shares", Words("Number of rows, for each column", "各列行数"), "structure"),
        OutputPort("sum", "shares", Words("Sums", "各列总和"), "aggregate"),
        OutputPort("mean", "shares", Words("Means", "各列均值"), "aggregate"),
        OutputPort("variance", "shares", Words("Variances", "各列方差"), "aggregate"),
        OutputPort(
            "shown",
            "shares",
            Words(
                "1 where a column's sum, mean and variance show; 0, and 0 there, where its values would be counts of fewer people"
                " than the minimum group",
                "显示总和、均值与方差的列为 1；若某列的这些值等同于少于最小分组人数的计数，则该列及其数值均记为 0",
            ),
            "structure",
        ),
        OutputPort(
            "minimum",
            "shares",
            Words("Least values: each is one record's, grant with care", "最小值：来自单条记录，请谨慎授权"),
            "order-statistic",
        ),
        OutputPort(
            "maximum",
            "shares",
            Words("Largest values: each is one record's, grant with care", "最大值：来自单条记录，请谨慎授权"),
            "order-statistic",
        ),
        OutputPort(
            "quantiles",
            "shares",
            Words(
                "Cut points of equal parts, with linear interpolation; one row for each, from low to high",
                "等分位点（线性插值），每行一个，由低到高",
            ),
            "order-statistic",
        ),
    ),
    parameters=(
        LIMIT,
        integer("ddof", 1, 0, 1, "Rows subtracted in the variance's divisor", "方差分母中减去的自由度"),
        integer("quantiles", 4, 2, 100, "Number of equal parts: 4 gives quartiles", "等分份数：4 即四分位数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.0055 + 0.0012*columns + 1.6e-8*rows*columns*quantiles + 0.002*columns*quantiles*[layout=stacked]"
        " + 0.036*columns*[layout=shared] + 0.036*columns*owners*[layout=stacked]"
        " + 0.0093*columns*owners*[layout=shared] + 0.0029*columns*quantiles*owners*[layout=stacked]"
        " + 3.4e-5*rows*columns*[layout=shared] + 1.8e-6*rows*columns*quantiles*[layout=stacked]"
        " + 0.22*[layout=stacked]"
    ),
    measured=(
        Measured("columns", 2, 25),
        Measured("owners", 2, 12),
        Measured("quantiles", 2, 10),
        Measured("rows", 200, 120000),
    ),
    headroom=HEADROOM,
)
