"""What descriptions of this family share."""

from typing import Final

from mpc.programs.parameters import choice, decimal
from mpc.workflow.program import OutputPort
from protocol.programs import Words

PENALTY: Final = decimal(
    "c",
    "1",
    "0.0001",
    "100",
    "Inverse strength of the L2 penalty, as in scikit-learn",
    "L2 正则强度的倒数，与 scikit-learn 相同",
)
COEFFICIENT_LIMIT: Final = decimal(
    "coefficient_limit", "16", "1", "64", "Coefficients are clipped to this magnitude", "系数绝对值的上限（截断）"
)
LIMIT: Final = decimal(
    "limit", "16", "1", "64",
    "Stacked rows: largest number of deviations from the owner's mean", "横向数据：偏离本方均值的最大标准差倍数",
)  # fmt: skip
BEYOND_LIMIT: Final = choice(
    "beyond_limit", ("refuse", "clip"),
    "Stacked rows: what happens to values beyond the limit", "横向数据：超限值的处理（拒绝或截断）",
)  # fmt: skip
COEFFICIENTS: Final = OutputPort(
    "coefficients",
    "shares",
    Words(
        "One per feature column, in standardised units; under a minimum group 0 where rows are split and few differ in the column",
        "各特征的系数（标准化单位）；约定最小分组且横向切分时，取值差异人数过少的列记为 0",
    ),
    "model",
)
INTERCEPT: Final = OutputPort("intercept", "shares", Words("The intercept", "截距"), "model")
MEANS: Final = OutputPort(
    "means", "shares", Words("Stacked rows: the columns' pooled means", "横向数据：各列的合并均值"), "aggregate"
)
DEVIATIONS: Final = OutputPort(
    "deviations",
    "shares",
    Words("Stacked rows: the columns' pooled standard deviations", "横向数据：各列的合并标准差"),
    "aggregate",
)
STANDARD_ERRORS: Final = OutputPort(
    "standard_errors",
    "shares",
    Words(
        "Of the coefficients, in the same units, by the information at the fitted weights and the penalty; 0 where none can be given"
        " (a column that all but depends on others, or does not show)",
        "系数的标准误（单位相同），由拟合处的信息矩阵与正则项得出；无法给出时（该列几乎由其他列决定，或不予显示）记为 0",
    ),
    "model",
)
INTERCEPT_ERROR: Final = OutputPort(
    "intercept_error",
    "shares",
    Words("The intercept's standard error; 0 where none can be given", "截距的标准误；无法给出时记为 0"),
    "model",
)
FITTED_ROWS: Final = OutputPort(
    "fitted_rows",
    "shares",
    Words(
        "How many rows trained the model, and how many of them have label 1",
        "训练模型的行数，及其中标签为 1 的行数",
    ),
    "model",
)
FITTED_COUNTS: Final = OutputPort(
    "fitted_rows",
    "shares",
    Words("How many rows trained the model, and the sum of their counts", "训练模型的行数，及其计数之和"),
    "model",
)
LOSS: Final = OutputPort(
    "loss", "shares", Words("Mean log loss of the training rows", "训练行的平均对数损失"), "aggregate"
)
COUNTS_LIKELIHOOD: Final = OutputPort(
    "likelihood",
    "shares",
    Words(
        "Means over the training rows of y·log μ - μ, y·log y and log y!, from which log-likelihood, deviances and AIC follow",
        "训练行上 y·log μ - μ、y·log y 与 log y! 的均值，由此得出对数似然、偏差与 AIC",
    ),
    "aggregate",
)
COUNTS_MEANS: Final = ("mean of y log mu - mu", "mean of y log y", "mean of log y!")
ROWS_AND_EVENTS: Final = ("rows", "events")
ROWS_AND_COUNTS: Final = ("rows", "counted events")
FIGURES: Final = ("largest change in the last step", "largest mean gradient", "coefficients at the limit")
CONVERGENCE: Final = OutputPort(
    "convergence",
    "shares",
    Words(
        "How the fit ended: the largest change of a coefficient in the last step, the largest entry of the gradient over the rows"
        " (0 at the optimum), and how many coefficients are at coefficient_limit",
        "拟合结束时的状态：最后一步系数的最大变化、梯度均值的最大分量（最优处为0）、达到 coefficient_limit 的系数个数",
    ),
    "model",
)
