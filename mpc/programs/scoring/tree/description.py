"""Score records with a shared forest: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import choice
from mpc.programs.tree.forest import KIND
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="score.tree@1.0.0",
    title=Words("Score records with shared trees", "用共享的树模型评分"),
    inputs=(
        InputPort(
            "model",
            (KIND,),
            Words(
                "A forest of this task, or one that an earlier task left at the nodes",
                "本任务的树模型，或先前任务保留在节点的树模型",
            ),
        ),
        InputPort(
            "tables",
            ("aligned", "stacked", "shared"),
            Words("Records with the columns that the model was trained on", "含有模型训练所用列的记录"),
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort(
            "scores",
            "shares",
            Words("One score per row, in the rows' order", "每行一个分数，与行的顺序一致"),
            "per-person",
        ),
    ),
    parameters=(
        choice(
            "output",
            ("mean", "raw"),
            "The expected value (a probability, a quantity) or the sum of the leaves",
            "期望值（概率或数值）或叶节点之和",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.018 + 2.9e-6*rows + 4.2e-6*rows*columns"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 2),
        Measured("rows", 200, 8000),
    ),
    headroom=Words(
        "A score is a sum of leaves within the bound proven in training; its product is checked.",
        "分数是叶节点之和，不超过训练时证明的上界；其乘积经过检查。",
    ),
)
