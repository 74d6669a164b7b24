"""Correlations between columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import choice
from mpc.programs.stats.words import HEADROOM, LIMIT
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="stats.correlation@1.0.0",
    title=Words("Correlations between columns", "相关系数矩阵"),
    inputs=(
        InputPort("tables", ("aligned", "stacked"), Words("The columns to correlate", "待计算的列"), values="numbers"),
    ),
    outputs=(
        OutputPort(
            "correlation",
            "shares",
            Words("Pearson's correlations, in the order of tables and columns", "皮尔逊相关系数，按表与列的顺序"),
            "aggregate",
        ),
        OutputPort(
            "shown",
            "shares",
            Words(
                "1 where a correlation shows; 0, and 0 there, where it would be a count of fewer people than the minimum group",
                "显示相关系数处为 1；若其等同于少于最小分组人数的计数，则二者均记为 0",
            ),
            "structure",
        ),
        OutputPort(
            "vif",
            "shares",
            Words(
                "Variance inflation factor of every column; 16384 where it all but depends on the others, 0 where it is constant, and everywhere unless all correlations show",
                "各列的方差膨胀因子（VIF）；几乎由其他列决定的列记为 16384，常数列记为 0；若有任一相关系数不予显示，则全部记为 0",
            ),
            "aggregate",
        ),
    ),
    parameters=(
        LIMIT,
        choice(
            "constant_columns",
            ("refuse", "zero"),
            "What happens to an aligned column that does not vary; stacked ones correlate 0 with everything",
            "对齐表中常数列的处理：拒绝或记为 0；堆叠表中的常数列相关系数记为 0",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.033*[layout=stacked] + 2e-7*rows + 1.8e-6*rows*[layout=aligned] + 0.0002*columns*owners"
        " + 0.00017*columns*owners*[layout=stacked]"
    ),
    measured=(
        Measured("columns", 7, 26),
        Measured("owners", 2, 12),
        Measured("rows", 200, 400000),
    ),
    headroom=HEADROOM,
)
