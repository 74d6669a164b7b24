"""Stack tables of the same columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import choice
from mpc.workflow.program import MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="table.stack@1.0.0",
    title=Words("Stack tables of the same columns", "纵向堆叠同结构的表"),
    inputs=(
        InputPort(
            "tables",
            ("table",),
            Words("Data sets with the same columns in the same order", "列及其顺序相同的数据集"),
            most=100,
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort(
            "stacked",
            "stacked",
            Words("One table below the other; each owner keeps its own rows", "逐表堆叠；各方保留自己的行"),
            "held",
            values="kept",
        ),
    ),
    parameters=(
        choice(
            "order",
            ("shuffled", "kept"),
            "Whether each owner puts its own rows into random order, so that the first ones are a fair sample",
            "各方是否先随机打乱自己的行，使靠前的行成为公平样本",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(
        Disclosure(
            "row_counts",
            "everyone",
            Words("Everyone learns how many rows each owner has.", "各方获知每个数据方的行数。"),
        ),
    ),
    seconds=CostModel("0.0039 + 2e-8*rows*columns + 0.00085*owners"),
    measured=(
        Measured("columns", 5, 26),
        Measured("owners", 2, 12),
        Measured("rows", 400, 1000000),
    ),
    headroom=Words("Row counts below 2^31.", "行数小于 2^31。"),
    rows_stay=True,
)
