"""What descriptions of this family share."""

from typing import Final

from mpc.programs.linear.model import KIND
from mpc.programs.parameters import decimal
from mpc.workflow.program import InputPort, OutputPort
from protocol.programs import ParameterSpec, Values, Words

FEATURES: Final = InputPort(
    "features",
    ("aligned", "stacked", "shared"),
    Words(
        "Standardised columns, or rows of several owners with the same columns", "标准化后的特征列，或列相同的多方样本"
    ),
    values="numbers",
)
OUTPUTS: Final = (
    OutputPort(
        "coefficients",
        "shares",
        Words(
            "One per feature column; under a minimum group 0 where rows are split and few differ in the column",
            "各特征的系数；约定最小分组且横向切分时，取值差异人数过少的列记为 0",
        ),
        "model",
    ),
    OutputPort("intercept", "shares", Words("The intercept", "截距"), "model"),
    OutputPort(
        "model", KIND, Words("The model, to score with or to keep at the nodes", "模型，用于评分或保留在节点"), "held"
    ),
    OutputPort("labels", "shares", Words("The test rows' true values", "测试行的真实值"), "per-person"),
)
SHARED_PARAMETERS: Final = (
    decimal(
        "limit", "16", "0.01", "1000", "Bound of every |feature| where rows are split", "横向切分时特征绝对值的上限"
    ),
    decimal(
        "train_fraction",
        "0.7",
        "0.01",
        "1",
        "Part of each owner's rows that trains, where rows are split",
        "横向切分时各方用于训练的样本比例",
    ),
)


def label(about: Words, values: Values, levels: str = "") -> InputPort:
    """The column to predict, and what it holds."""
    return InputPort("label", ("label", "stacked-label", "shares"), about, values=values, levels=levels)


def scores(about: Words) -> OutputPort:
    """The model applied to the rows it was not trained on."""
    return OutputPort("scores", "shares", about, "per-person")


def coefficient_limit(default: str) -> ParameterSpec:
    """Where coefficients end, in standardised units."""
    return decimal(
        "coefficient_limit",
        default,
        "1",
        "64",
        "Coefficients are clipped to this magnitude (ridge: in units of label_limit)",
        "系数绝对值的上限（截断；岭回归以 label_limit 为单位）",
    )


SPREAD: Final = ("residual standard error", "standard deviation of the target")
"""The figures of least squares' ``spread``."""
