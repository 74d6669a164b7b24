"""Counts, sums and means by group: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.programs.stats.words import HEADROOM, LIMIT
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="stats.groupby@1.0.0",
    title=Words("Counts, sums and means by group", "分组统计"),
    inputs=(
        InputPort("tables", ("aligned", "stacked"), Words("The columns to sum up", "待汇总的列"), values="numbers"),
        InputPort(
            "by",
            ("label", "stacked-label"),
            Words("The groups 0, 1, 2, …", "分组 0、1、2……"),
            values="levels",
            levels="groups",
        ),
    ),
    outputs=(
        OutputPort(
            "count",
            "shares",
            Words(
                "Rows of each group; 0 where it, or a value of a column in it, is of fewer people than the minimum group, and in as many others as keep totals"
                " from giving it away",
                "各组行数；若该组或某列在该组中的某一取值人数少于最小群体数则记为 0，并隐藏足够的其他组，使合计不致泄露",
            ),
            "cells",
        ),
        OutputPort("shown", "shares", Words("1 for groups that show", "显示的组为 1"), "structure"),
        OutputPort("sum", "shares", Words("Sums, one row for each group", "各组总和，每组一行"), "cells"),
        OutputPort("mean", "shares", Words("Means, one row for each group", "各组均值，每组一行"), "cells"),
    ),
    parameters=(
        LIMIT,
        integer("groups", 2, 2, 1000, "Number of groups", "组数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("tables", "by", *SAME_ROWS),
    disclosures=(),
    seconds=CostModel(
        "0.018 + 1.3e-8*rows*columns*[layout=stacked] + 2.5e-8*rows*columns*[layout=aligned]"
        " + 1e-7*rows*groups*[layout=aligned] + 3.4e-9*rows*columns*groups*[layout=aligned]"
    ),
    measured=(
        Measured("columns", 7, 26),
        Measured("groups", 4, 60),
        Measured("owners", 2, 12),
        Measured("rows", 200, 400000),
    ),
    headroom=HEADROOM,
)
