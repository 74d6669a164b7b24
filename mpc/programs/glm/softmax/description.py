"""Multinomial logistic regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import ALL
from mpc.programs.glm.words import CONVERGENCE
from mpc.programs.linear.words import FEATURES, OUTPUTS, SHARED_PARAMETERS, coefficient_limit, label, scores
from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="glm.softmax@1.0.0",
    title=Words("Multinomial logistic regression", "多分类逻辑回归"),
    inputs=(FEATURES, label(Words("The class, from 0 up", "类别，从 0 起编号"), "levels", "classes")),
    outputs=(
        *OUTPUTS,
        CONVERGENCE,
        scores(Words("Logits of the test rows, one column per class", "测试行各类别的对数几率")),
    ),
    parameters=(
        decimal(
            "c",
            "1",
            "0.0001",
            "100",
            "Inverse strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度的倒数，与 scikit-learn 相同",
        ),
        integer("classes", 3, 2, 200, "Number of classes", "类别数"),
        choice(
            "solver",
            ("newton", "blocks"),
            "Newton with the whole Hessian (up to 400 unknowns), or for many classes by blocks, which takes about 20 steps",
            "求解器：整体海森矩阵牛顿法（最多 400 个未知数），或适用于多类别的分块法（约需 20 步）",
        ),
        integer("iterations", 10, 1, 50, "Newton steps", "牛顿迭代步数"),
        coefficient_limit("16"),
        *SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(ALL,),
    seconds=CostModel(
        "0.072*iterations + 2.8e-6*iterations*rows*classes + 2.8e-6*iterations*rows*classes*[layout=stacked]"
        " + 0.13*iterations*[solver=blocks] + 0.05*iterations*classes*[solver=blocks]"
        " + 4.2e-6*iterations*rows*classes*[solver=blocks] + 1.3e-7*iterations*rows*columns*classes*[solver=blocks]"
        " + 1.3e-7*iterations*rows*columns*classes + 1.3e-7*iterations*rows*columns*classes^2*[solver=newton]"
        " + 8.7e-6*iterations*columns^2*classes^2*[solver=newton]"
    ),
    measured=(
        Measured("classes", 3, 5),
        Measured("columns", 6, 26),
        Measured("iterations", 4, 10),
        Measured("owners", 2, 2),
        Measured("rows", 200, 8000),
    ),
    headroom=Words(
        "Logits are clipped to 20, weights to coefficient_limit; sums over rows are bounded by Cauchy–Schwarz.",
        "对数几率截断至 20，系数截断至 coefficient_limit；各行之和由柯西–施瓦茨不等式界定。",
    ),
)
