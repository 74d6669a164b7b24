"""Prepare a raw table: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import recipe
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="prepare.table@1.0.0",
    title=Words("Prepare a raw table at its owner", "由数据方本地预处理原始表"),
    inputs=(
        InputPort(
            "table",
            ("table",),
            Words(
                "One owner's data set, with empty cells, levels and dates", "一个数据方的数据集，可含空值、类别与日期"
            ),
            values="raw",
            levels="recipe",
        ),
    ),
    outputs=(
        OutputPort(
            "table",
            "table",
            Words(
                "The same rows with numbers only; columns say what was done: `income[log]`, `purpose[car]`",
                "同样的行，仅含数值；列名说明处理方式：`income[log]`、`purpose[car]`",
            ),
            "held",
            values="prepared",
        ),
        OutputPort(
            "counts",
            "shares",
            Words(
                "How many values of each column were filled, clipped or of other levels; under a minimum group that group where some were, but of fewer people",
                "各列被填补、截断或属于其他类别的取值个数；约定最小分组时，若有但涉及人数不足，则记为该最小分组数",
            ),
            "cells",
        ),
    ),
    parameters=(
        recipe(
            "recipe",
            "What happens to each column, as `column: operation, operation; column: …`; others pass as they are",
            "各列的处理方式，写作 `列: 操作, 操作; 列: …`；未列出的列保持原样",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.037 + 9e-8*rows*columns"),
    measured=(Measured("columns", 2, 12), Measured("owners", 1, 1), Measured("rows", 200, 30000)),
    headroom=Words("Nothing is computed on shares; counts are below 2^31.", "不涉及份额运算；计数小于 2^31。"),
)
