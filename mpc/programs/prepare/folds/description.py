"""Put rows into folds of like labels: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.workflow.program import MAX_PARTIES, Disclosure, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="prepare.folds@1.0.0",
    title=Words("Put rows into folds of like labels", "按标签分层划分折"),
    inputs=(
        InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表"), values="numbers"),
        InputPort(
            "label",
            ("label",),
            Words("The column whose values are spread evenly, whole numbers from 0", "需均匀分布的列，自 0 起的整数"),
            values="counts",
        ),
    ),
    outputs=(
        OutputPort(
            "folded",
            "aligned",
            Words(
                "The same rows, fold after fold: whatever part of the folds trains, the label's values are in proportion",
                "同样的行，按折依次排列：取任意若干折训练，标签各取值的比例不变",
            ),
            "held",
            values="kept",
        ),
    ),
    parameters=(integer("folds", 10, 2, 50, "How many folds", "折数"),),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=3,
    pairs=together("tables", "label", ("aligned", "label")),
    disclosures=(
        Disclosure(
            "fold_of_rows",
            "every party of the run",
            Words(
                "Everyone learns which aligned row is in which fold; each value of the label occurs equally often in all folds, up to"
                " two rows, and rows of a fold are in random order.",
                "各方获知各对齐行所属的折；标签的每个取值在各折中出现的次数相等（相差不超过两行），折内顺序随机。",
            ),
        ),
    ),
    seconds=CostModel("0.0041 + 1.7e-6*rows"),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 2), Measured("rows", 200, 30000)),
    headroom=Words("Places of rows, below 2^31.", "行的位置，小于 2^31。"),
)
