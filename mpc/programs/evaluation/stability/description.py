"""Population stability: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

_KINDS: Final = ("aligned", "stacked", "shares")

PROGRAM: Final = Program(
    program="eval.stability@1.0.0",
    title=Words("Population stability index of two tables or two sets of scores", "两张表或两组分数的群体稳定性指数（PSI）"),
    inputs=(
        InputPort(
            "expected",
            _KINDS,
            Words("Bin numbers of the rows to compare with, or their scores", "对照行的分箱编号，或其分数"),
            values="levels",
            levels="bins",
        ),
        InputPort(
            "actual",
            _KINDS,
            Words("Bin numbers of today's rows by the same edges, or their scores", "当前行按相同切分点的分箱编号，或其分数"),
            values="levels",
            levels="bins",
        ),
    ),
    outputs=(
        OutputPort(
            "stability",
            "shares",
            Words(
                "The index of every column, or of the scores; bins of few rows in either table count as unchanged under a minimum group",
                "各列（或分数）的指数；约定最小分组时，任一表中行数过少的箱视为未变化",
            ),
            "cells",
        ),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column, or of the scores", "每列（或分数）的箱数"),
        decimal("smoothing", "0.5", "0.001", "100", "Rows added to each bin of each table", "每表每箱加上的行数"),
        decimal("low", "0", "-100000", "100000", "Scores: where evenly wide bins begin", "分数：等宽分箱的起点"),
        decimal("high", "1", "-100000", "100000", "Scores: where they end", "分数：等宽分箱的终点"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("expected", "actual", *((kind, kind) for kind in _KINDS)),
    disclosures=(),
    seconds=CostModel("0.051 + 3e-7*rows + 0.00016*columns"),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 2), Measured("rows", 200, 30000)),
    headroom=Words(
        "Counts are exact integers in units of 2^-10 rows; the index is at most 2·ln((rows + smoothing·bins)/smoothing).",
        "频数为以 2^-10 行为单位的精确整数；指数不超过 2·ln((行数 + 平滑·箱数)/平滑)。",
    ),
)  # fmt: skip
