"""Contingency table of two columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="stats.crosstab@1.0.0",
    title=Words("Contingency table of two columns", "列联表与卡方检验"),
    inputs=(
        InputPort(
            "row",
            ("label", "stacked-label"),
            Words("Categories 0, 1, 2, … of the rows", "行类别 0、1、2……"),
            values="levels",
            levels="row_levels",
        ),
        InputPort(
            "column",
            ("label", "stacked-label"),
            Words("Categories 0, 1, 2, … of the columns", "列类别 0、1、2……"),
            values="levels",
            levels="column_levels",
        ),
    ),
    outputs=(
        OutputPort(
            "table",
            "shares",
            Words(
                "Counts; 0 in rows with a cell below the minimum group, and in as many others as keep margins from giving them away",
                "频数；含有低于最小群体数的单元格的行记为 0，并隐藏足够的其他行，使边际合计不致泄露",
            ),
            "cells",
        ),
        OutputPort("shown", "shares", Words("1 where a cell shows its count", "单元格显示频数处为 1"), "structure"),
        OutputPort(
            "chi_square",
            "shares",
            Words(
                "Pearson's statistic, of all cells; 0, with 0 degrees, where a cell is below the minimum group",
                "皮尔逊卡方统计量（含所有单元格）；若有单元格少于最小群体数，则它与自由度均记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "degrees",
            "shares",
            Words("Degrees of freedom, without empty rows and columns", "自由度（不计空行空列）"),
            "cells",
        ),
    ),
    parameters=(
        integer("row_levels", 2, 2, 100, "Categories of the rows", "行类别数"),
        integer("column_levels", 2, 2, 100, "Categories of the columns", "列类别数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("row", "column", ("label", "label"), ("stacked-label", "stacked-label")),
    disclosures=(),
    seconds=CostModel("0.036 + 4.5e-6*row_levels*column_levels + 6.3e-8*rows + 0.00045*owners"),
    measured=(
        Measured("column_levels", 4, 25),
        Measured("columns", 1, 1),
        Measured("owners", 2, 12),
        Measured("row_levels", 3, 40),
        Measured("rows", 200, 400000),
    ),
    headroom=Words(
        "Counts are exact integers; products of two counts stay below rows², ratios below 1.",
        "频数为精确整数；频数乘积小于行数平方，比率小于 1。",
    ),
)
