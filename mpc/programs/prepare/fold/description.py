"""Test on one fold: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="prepare.fold@1.0.0",
    title=Words("Test on one fold, train on the others", "以一折测试、其余折训练"),
    inputs=(InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表"), values="numbers"),),
    outputs=(
        OutputPort(
            "folded",
            "aligned",
            Words(
                "The same rows, this fold last and all others marked to train, whatever a later step's train_fraction says",
                "同样的行，本折置于最后，其余各折标记为训练行（后续步骤的 train_fraction 不再起作用）",
            ),
            "held",
            values="kept",
        ),
    ),
    parameters=(
        integer("folds", 5, 2, 50, "How many folds the rows fall into, in their order", "按现有顺序划分的折数"),
        integer("fold", 1, 1, 50, "Which of them tests", "用于测试的折"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("2.2e-8*rows*columns"),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 2), Measured("rows", 200, 30000)),
    headroom=Words("No arithmetic on shares.", "不涉及份额运算。"),
)
