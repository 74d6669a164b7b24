"""Points and reasons by a scorecard: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.programs.scoring.scorecard import KIND
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="score.points@1.0.0",
    title=Words("Points and reasons by a scorecard", "按评分卡给出分数与原因代码"),
    inputs=(
        InputPort(
            "card",
            (KIND,),
            Words(
                "A scorecard of this task, or one that an earlier task left at the nodes",
                "本任务的评分卡，或先前任务保留在节点的评分卡",
            ),
        ),
        InputPort(
            "tables",
            ("aligned", "stacked"),
            Words("Records with the card's columns, as bin numbers by the same edges", "含评分卡各列的记录，按相同切分点分箱的编号"),
            values="levels",
            levels="bins",
        ),
    ),
    outputs=(
        OutputPort("points", "shares", Words("Points of every row, in the rows' order", "每行的分数，与行的顺序一致"), "per-person"),
        OutputPort(
            "reasons",
            "shares",
            Words(
                "Of every row the columns that cost it most points against their best bin, the card's first column being 1; 0 where none does",
                "每行相对各列最优箱失分最多的列，评分卡的第一列为 1；无失分时为 0",
            ),
            "per-person",
        ),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column, as of the card", "每列箱数，与评分卡一致"),
        integer("reasons", 4, 1, 10, "How many reasons each row gets", "每行给出的原因个数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.042 + 3.7e-6*rows*columns + 0.002*columns"),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 2), Measured("rows", 200, 30000)),
    headroom=Words("Sums of one entry of every column of the card, and the base.", "评分卡每列一项与基础分之和。"),
)  # fmt: skip
