"""Score records with a shared linear model: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.clipped import CLIPPED
from mpc.programs.linear.model import KIND
from mpc.programs.parameters import choice
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="score.glm@1.0.0",
    title=Words("Score records with a shared linear model", "用共享的线性模型评分"),
    inputs=(
        InputPort(
            "model",
            (KIND,),
            Words(
                "A model of this task, or one that an earlier task left at the nodes",
                "本任务的模型，或先前任务保留在节点的模型",
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
        CLIPPED,
    ),
    parameters=(
        choice(
            "output",
            ("mean", "linear"),
            "The expected value (a probability, a rate) or the linear predictor",
            "期望值（概率、比率）或线性预测值",
        ),
        choice(
            "beyond_limit",
            ("clip", "refuse"),
            "What happens to values beyond the model's limit",
            "超出模型范围的值的处理：截断或拒绝",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.0067 + 2.4e-7*rows*columns"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 2),
        Measured("rows", 400, 60000),
    ),
    headroom=Words(
        "Features are within the model's limit, weights within the bound proven in training; their product is checked.",
        "特征不超过模型的范围，权重不超过训练时证明的上界；其乘积经过检查。",
    ),
)
