"""Linear predictors: ridge, Poisson and softmax regression."""

from typing import Final

from mpc.programs.catalogue.parameters import decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, ParameterSpec, Words

_FEATURES: Final = InputPort(
    "features",
    ("aligned", "stacked", "shared"),
    Words(
        "Standardised columns, or rows of several owners with the same columns", "标准化后的特征列，或列相同的多方样本"
    ),
)
_OUTPUTS: Final = (
    OutputPort("coefficients", "shares", Words("One per feature column", "各特征的系数")),
    OutputPort("intercept", "shares", Words("The intercept", "截距")),
    OutputPort(
        "model", "model", Words("The model, to score with or to keep at the nodes", "模型，用于评分或保留在节点")
    ),
    OutputPort("labels", "shares", Words("The test rows' true values", "测试行的真实值")),
)
_SHARED_PARAMETERS: Final = (
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


def _label(about: Words) -> InputPort:
    return InputPort("label", ("label", "stacked-label", "shares"), about)


def _scores(about: Words) -> OutputPort:
    return OutputPort("scores", "shares", about)


def _coefficient_limit(default: str) -> ParameterSpec:
    return decimal(
        "coefficient_limit",
        default,
        "1",
        "64",
        "Coefficients are clipped to this magnitude (ridge: in units of label_limit)",
        "系数绝对值的上限（截断；岭回归以 label_limit 为单位）",
    )


LINEAR_RIDGE: Final = Program(
    program="linear.ridge@1.0.0",
    title=Words("Ridge regression", "岭回归"),
    inputs=(_FEATURES, _label(Words("The column to predict", "待预测列"))),
    outputs=(*_OUTPUTS, _scores(Words("Predictions of the test rows", "测试行的预测值"))),
    parameters=(
        decimal(
            "alpha",
            "1",
            "0",
            "1000000000",
            "Strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度，与 scikit-learn 相同",
        ),
        decimal("label_limit", "1000", "0.001", "1000000000", "Bound of every |label|", "标签绝对值的上限"),
        _coefficient_limit("16"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.088 + 0.013*[layout=stacked] + 1.3e-7*rows + 2.2e-6*rows*[layout=aligned]"
        " + 6.3e-10*rows*columns^2*[layout=stacked] + 2.2e-6*rows*[layout=shared]"
    ),
    traffic=CostModel(
        "6.8e3*[layout=stacked] + 1.6e4*[layout=aligned] + 18*rows*[layout=aligned]"
        " + 6.3*rows*columns*[layout=aligned] + 1.2e3*columns*[layout=stacked] + 6.4e2*columns^2*[layout=stacked]"
        " + 35*columns^2*[layout=aligned] + 17*columns^3*[layout=aligned] + 1.6e4*[layout=shared]"
        " + 18*rows*[layout=shared] + 6.3*rows*columns*[layout=shared] + 35*columns^2*[layout=shared]"
        " + 17*columns^3*[layout=shared]"
    ),
    memory=CostModel("8.3e7 + 1.4e2*rows + 13*rows*columns"),
    headroom=Words(
        "Moments are bounded by Cauchy–Schwarz, iterates by the filter √(k/ε): see linear_ridge.",
        "矩由柯西–施瓦茨不等式界定，迭代值由滤波函数 √(k/ε) 界定：见 linear_ridge。",
    ),
    implementation="mpc.programs.linear_ridge:run",
)

GLM_POISSON: Final = Program(
    program="glm.poisson@1.0.0",
    title=Words("Poisson regression", "泊松回归"),
    inputs=(_FEATURES, _label(Words("Counts to predict", "待预测的计数列"))),
    outputs=(*_OUTPUTS, _scores(Words("Expected counts of the test rows", "测试行的期望计数"))),
    parameters=(
        decimal(
            "alpha",
            "1",
            "0.000001",
            "1000",
            "Strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度，与 scikit-learn 相同",
        ),
        integer("iterations", 10, 1, 50, "Newton steps", "牛顿迭代步数"),
        decimal(
            "mean_limit",
            "32",
            "1",
            "10000",
            "Bound of counts; expected counts are clipped to it",
            "计数的上限；期望计数截断至此",
        ),
        _coefficient_limit("8"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.049*iterations + 0.004*iterations*[layout=stacked] + 0.00036*iterations*columns + 4e-6*iterations*rows"
        " + 1.6e-6*iterations*rows*[layout=stacked]"
    ),
    traffic=CostModel(
        "3.6*rows*columns + 1.1e3*iterations*columns*[layout=stacked] + 4.7e2*iterations*columns^2"
        " + 1.4e2*iterations*rows + 52*iterations*rows*[layout=stacked] + 9.7*iterations*rows*columns"
        " + 4*iterations*rows*columns*[layout=stacked]"
    ),
    memory=CostModel("8e7 + 1.6e3*rows + 2.3e5*columns"),
    headroom=Words(
        "Expected counts and weights are clipped; sums over rows are bounded by Cauchy–Schwarz.",
        "期望计数与系数均截断；各行之和由柯西–施瓦茨不等式界定。",
    ),
    implementation="mpc.programs.glm_poisson:run",
)

GLM_SOFTMAX: Final = Program(
    program="glm.softmax@1.0.0",
    title=Words("Multinomial logistic regression", "多分类逻辑回归"),
    inputs=(_FEATURES, _label(Words("The class, from 0 up", "类别，从 0 起编号"))),
    outputs=(*_OUTPUTS, _scores(Words("Logits of the test rows, one column per class", "测试行各类别的对数几率"))),
    parameters=(
        decimal(
            "c",
            "1",
            "0.0001",
            "100",
            "Inverse strength of the L2 penalty, as in scikit-learn",
            "L2 正则强度的倒数，与 scikit-learn 相同",
        ),
        integer("classes", 3, 2, 20, "Number of classes", "类别数"),
        integer("iterations", 10, 1, 50, "Newton steps", "牛顿迭代步数"),
        _coefficient_limit("16"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.072*iterations + 2.8e-6*iterations*rows*classes + 2.8e-6*iterations*rows*classes*[layout=stacked]"
        " + 1.3e-7*iterations*rows*columns*classes + 1.3e-7*iterations*rows*columns*classes^2"
        " + 8.7e-6*iterations*columns^2*classes^2"
    ),
    traffic=CostModel(
        "4.5e5*[layout=stacked] + 2.1e2*iterations*rows*classes + 50*iterations*rows*classes*[layout=stacked]"
        " + 12*iterations*rows*columns*classes + 8.6*iterations*rows*columns*classes^2"
        " + 3.5e2*iterations*columns^2*classes^2 + 0.85*iterations*columns^3*classes^3"
    ),
    memory=CostModel(
        "8.1e7 + 1.9e2*rows*columns + 54*rows*classes^2 + 20*rows*columns*classes^2 + 6.5e2*columns^2*classes^2"
    ),
    headroom=Words(
        "Logits are clipped to 20, weights to coefficient_limit; sums over rows are bounded by Cauchy–Schwarz.",
        "对数几率截断至 20，系数截断至 coefficient_limit；各行之和由柯西–施瓦茨不等式界定。",
    ),
    implementation="mpc.programs.glm_softmax:run",
)

PROGRAMS: Final = (LINEAR_RIDGE, GLM_POISSON, GLM_SOFTMAX)
