"""GLM_LOGISTIC_FEDERATED: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.both_classes import BOTH
from mpc.programs.clipped import CLIPPED
from mpc.programs.glm.words import (
    BEYOND_LIMIT,
    COEFFICIENT_LIMIT,
    COEFFICIENTS,
    CONVERGENCE,
    DEVIATIONS,
    FITTED_ROWS,
    INTERCEPT,
    INTERCEPT_ERROR,
    LIMIT,
    LOSS,
    MEANS,
    PENALTY,
    STANDARD_ERRORS,
)
from mpc.programs.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, Disclosure, InputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="glm.logistic_federated@1.0.0",
    title=Words(
        "Logistic regression over several owners' rows, weights opened at every step",
        "横向逻辑回归（每步公开权重）",
    ),
    inputs=(
        InputPort(
            "features",
            ("stacked",),
            Words("Stacked rows of three or more owners", "三个或更多数据方的横向数据"),
            values="numbers",
        ),
        InputPort(
            "label", ("stacked-label",), Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1"), values="bits"
        ),
    ),
    outputs=(
        COEFFICIENTS,
        INTERCEPT,
        LOSS,
        CONVERGENCE,
        STANDARD_ERRORS,
        INTERCEPT_ERROR,
        FITTED_ROWS,
        MEANS,
        DEVIATIONS,
        CLIPPED,
    ),  # fmt: skip,
    parameters=(
        PENALTY,
        integer("iterations", 12, 1, 100, "Most steps of Newton's method", "牛顿法的最多步数"),
        decimal(
            "tolerance",
            "0.00001",
            "0.000001",
            "1",
            "End when no coefficient changes by more",
            "系数变化均不超过此值时结束",
        ),
        COEFFICIENT_LIMIT,
        LIMIT,
        BEYOND_LIMIT,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=2,
    disclosures=(
        BOTH,
        Disclosure(
            "weights",
            "everyone",
            Words(
                "Everyone learns the change of every coefficient after every step, and so can infer pooled gradients; with "
                "fewer than three owners, which are refused, each would learn the other's.",
                "各方获知每一步后每个系数的变化，并可推断合并梯度；少于三个数据方时会泄露对方梯度，因此被拒绝。",
            ),
        ),
        Disclosure(
            "means", "everyone", Words("Everyone learns the columns' pooled means.", "各方获知各列的合并均值。")
        ),
        Disclosure(
            "deviations",
            "everyone",
            Words("Everyone learns the columns' pooled standard deviations.", "各方获知各列的合并标准差。"),
        ),
    ),
    seconds=CostModel("1.6e-6*rows + 0.038*owners + 6.1e-5*columns^2*owners + 5.4e-11*iterations*rows*columns^2"),
    measured=(
        Measured("columns", 9, 20),
        Measured("iterations", 6, 12),
        Measured("owners", 3, 5),
        Measured("rows", 2000, 2100000),
    ),
    headroom=Words(
        "Gradients are at most the rows, Hessians a quarter of them (Cauchy–Schwarz); the Hessian is divided by its secret trace.",
        "梯度不超过行数，海森矩阵元素不超过行数的四分之一（柯西–施瓦茨）；海森矩阵除以其秘密迹。",
    ),
)
