"""Proportional hazards regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.linear.model import KIND
from mpc.programs.linear.words import coefficient_limit
from mpc.programs.parameters import decimal, integer
from mpc.programs.survival.words import CONVERGENCE
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

_WITH: Final = ("aligned", "label")

PROGRAM: Final = Program(
    program="survival.cox@1.0.0",
    title=Words("Proportional hazards (Cox) regression", "Cox 比例风险回归"),
    inputs=(
        InputPort("features", ("aligned",), Words("Standardised covariates", "标准化后的协变量"), values="numbers"),
        InputPort(
            "time",
            ("label",),
            Words(
                "How long each row was observed, from 0; only the order counts, and its owner alone learns it",
                "各行的观察时长（不小于 0）；仅使用其先后次序，且只有该数据方知晓",
            ),
            values="numbers",
        ),
        InputPort(
            "event",
            ("label",),
            Words(
                "1 where the event ended the observation, 0 where it was censored; of the times' owner",
                "以事件结束的行为 1，删失的行为 0；与时长同属一个数据方",
            ),
            values="bits",
        ),
    ),
    outputs=(
        OutputPort(
            "coefficients",
            "shares",
            Words(
                "Log hazard ratios, one per covariate and standard deviation of it",
                "对数风险比，每个协变量一个，单位为其一个标准差",
            ),
            "model",
        ),
        OutputPort(
            "model",
            KIND,
            Words(
                "The model, to score with (its mean is the hazard relative to average covariates) or to keep at the nodes",
                "模型，用于评分（均值输出为相对于协变量均值的风险比）或保留在节点",
            ),
            "held",
        ),
        OutputPort(
            "standard_errors",
            "shares",
            Words(
                "Of the coefficients, by the information at the fitted ones and the penalty; 0 where none can be given (a covariate that all"
                " but depends on others)",
                "系数的标准误，由拟合处的信息矩阵与正则项得出；无法给出时（该协变量几乎由其他协变量决定）记为 0",
            ),
            "model",
        ),
        OutputPort(
            "fitted_rows",
            "shares",
            Words(
                "How many rows trained the model, and how many of them had the event",
                "训练模型的行数，及其中发生事件的行数",
            ),
            "model",
        ),
        OutputPort(
            "log_likelihood",
            "shares",
            Words(
                "Breslow's log partial likelihood with all coefficients 0, and with the fitted ones",
                "系数全为 0 时与拟合系数处的 Breslow 对数偏似然",
            ),
            "model",
        ),
        CONVERGENCE,
    ),
    parameters=(
        decimal(
            "alpha",
            "0",
            "0",
            "1000",
            "Strength of the L2 penalty, alpha/2·|w|² for each row; 0 for standard errors of maximum likelihood",
            "L2 正则强度，每行 alpha/2·|w|²；取 0 时标准误为极大似然的标准误",
        ),
        integer("iterations", 10, 1, 50, "Newton steps", "牛顿迭代步数"),
        decimal(
            "risk_limit",
            "8",
            "1",
            "10",
            "Linear predictors (log hazards relative to average covariates) are clipped to this magnitude",
            "线性预测值（相对于协变量均值的对数风险）绝对值的上限（截断）",
        ),
        coefficient_limit("8"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=(*together("features", "time", _WITH), *together("features", "event", _WITH)),
    disclosures=(),
    seconds=CostModel(
        "0.36 + 0.028*iterations + 3.3e-6*iterations*columns^2 + 6.9e-8*iterations*columns^3 + 4.4e-6*iterations*rows"
        " + 5.3e-7*iterations*rows*columns"
    ),
    measured=(
        Measured("columns", 7, 242),
        Measured("iterations", 3, 10),
        Measured("owners", 2, 2),
        Measured("rows", 200, 30000),
    ),
    headroom=Words(
        "Linear predictors are clipped to risk_limit, so risks, their sums and quotients lie between proven bounds"
        " (mpc.programs.survival.cox.risk_sets); sums over rows are bounded by limit and number of rows.",
        "线性预测值截断至 risk_limit，因此风险、其累计和与商均有已证明的上下界（mpc.programs.survival.cox.risk_sets）；各行之和由上限与行数界定。",
    ),
)
