"""Linear predictors: ridge, Poisson and softmax regression."""

from typing import Final

from protocol.programs import CostModel, ParameterSpec, Words
from workers.mpc.programs.program import MAX_PARTIES, InputPort, OutputPort, Program

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
    ParameterSpec(
        "limit",
        "decimal",
        "16",
        "0.01",
        "1000",
        (),
        Words("Bound of every |feature| where rows are split", "横向切分时特征绝对值的上限"),
    ),
    ParameterSpec(
        "train_fraction",
        "decimal",
        "0.7",
        "0.01",
        "1",
        (),
        Words("Part of each owner's rows that trains, where rows are split", "横向切分时各方用于训练的样本比例"),
    ),
)


def _label(about: Words) -> InputPort:
    return InputPort("label", ("label", "stacked-label", "shares"), about)


def _scores(about: Words) -> OutputPort:
    return OutputPort("scores", "shares", about)


def _coefficient_limit(default: str) -> ParameterSpec:
    return ParameterSpec(
        "coefficient_limit",
        "decimal",
        default,
        "1",
        "64",
        (),
        Words(
            "Coefficients are clipped to this magnitude (ridge: in units of label_limit)",
            "系数绝对值的上限（截断；岭回归以 label_limit 为单位）",
        ),
    )


LINEAR_RIDGE: Final = Program(
    program="linear.ridge@1.0.0",
    title=Words("Ridge regression", "岭回归"),
    inputs=(_FEATURES, _label(Words("The column to predict", "待预测列"))),
    outputs=(*_OUTPUTS, _scores(Words("Predictions of the test rows", "测试行的预测值"))),
    parameters=(
        ParameterSpec(
            "alpha",
            "decimal",
            "1",
            "0",
            "1000000000",
            (),
            Words("Strength of the L2 penalty, as in scikit-learn", "L2 正则强度，与 scikit-learn 相同"),
        ),
        ParameterSpec(
            "label_limit",
            "decimal",
            "1000",
            "0.001",
            "1000000000",
            (),
            Words("Bound of every |label|", "标签绝对值的上限"),
        ),
        _coefficient_limit("16"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.1 + 5e-8*rows*columns + 1e-9*rows*columns^2 + 2e-7*columns^3"),
    traffic=CostModel("20000 + 13*rows*columns + 1000*columns^2"),
    memory=CostModel("30000000 + 100*rows*columns"),
    headroom=Words(
        "Moments are bounded by Cauchy–Schwarz, iterates by the filter √(k/ε): see linear_ridge.",
        "矩由柯西–施瓦茨不等式界定，迭代值由滤波函数 √(k/ε) 界定：见 linear_ridge。",
    ),
    implementation="workers.mpc.programs.linear_ridge:run",
)

GLM_POISSON: Final = Program(
    program="glm.poisson@1.0.0",
    title=Words("Poisson regression", "泊松回归"),
    inputs=(_FEATURES, _label(Words("Counts to predict", "待预测的计数列"))),
    outputs=(*_OUTPUTS, _scores(Words("Expected counts of the test rows", "测试行的期望计数"))),
    parameters=(
        ParameterSpec(
            "alpha",
            "decimal",
            "1",
            "0.000001",
            "1000",
            (),
            Words("Strength of the L2 penalty, as in scikit-learn", "L2 正则强度，与 scikit-learn 相同"),
        ),
        ParameterSpec("iterations", "integer", 10, "1", "50", (), Words("Newton steps", "牛顿迭代步数")),
        ParameterSpec(
            "mean_limit",
            "decimal",
            "32",
            "1",
            "10000",
            (),
            Words("Bound of counts; expected counts are clipped to it", "计数的上限；期望计数截断至此"),
        ),
        _coefficient_limit("8"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.1*iterations + 5e-6*rows*iterations + 2e-7*rows*columns*iterations + 1e-9*rows*columns^2*iterations"
    ),
    traffic=CostModel("50000*iterations + 26*rows*columns + 700*rows*iterations + 13*rows*columns*iterations"),
    memory=CostModel("30000000 + 300*rows*columns + 2000*rows"),
    headroom=Words(
        "Expected counts and weights are clipped; sums over rows are bounded by Cauchy–Schwarz.",
        "期望计数与系数均截断；各行之和由柯西–施瓦茨不等式界定。",
    ),
    implementation="workers.mpc.programs.glm_poisson:run",
)

GLM_SOFTMAX: Final = Program(
    program="glm.softmax@1.0.0",
    title=Words("Multinomial logistic regression", "多分类逻辑回归"),
    inputs=(_FEATURES, _label(Words("The class, from 0 up", "类别，从 0 起编号"))),
    outputs=(*_OUTPUTS, _scores(Words("Logits of the test rows, one column per class", "测试行各类别的对数几率"))),
    parameters=(
        ParameterSpec(
            "c",
            "decimal",
            "1",
            "0.0001",
            "100",
            (),
            Words("Inverse strength of the L2 penalty, as in scikit-learn", "L2 正则强度的倒数，与 scikit-learn 相同"),
        ),
        ParameterSpec("classes", "integer", 3, "2", "20", (), Words("Number of classes", "类别数")),
        ParameterSpec("iterations", "integer", 10, "1", "50", (), Words("Newton steps", "牛顿迭代步数")),
        _coefficient_limit("16"),
        *_SHARED_PARAMETERS,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.2*iterations + 2e-5*rows*classes*iterations + 2e-7*rows*columns*classes^2*iterations"),
    traffic=CostModel(
        "100000*iterations + 26*rows*columns + 1500*rows*classes*iterations + 10*rows*columns*classes^2*iterations"
    ),
    memory=CostModel("30000000 + 100*rows*columns*classes^2 + 5000*rows*classes"),
    headroom=Words(
        "Logits are clipped to 20, weights to coefficient_limit; sums over rows are bounded by Cauchy–Schwarz.",
        "对数几率截断至 20，系数截断至 coefficient_limit；各行之和由柯西–施瓦茨不等式界定。",
    ),
    implementation="workers.mpc.programs.glm_softmax:run",
)

PROGRAMS: Final = (LINEAR_RIDGE, GLM_POISSON, GLM_SOFTMAX)
