"""Ridge regression: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.glm.words import INTERCEPT_ERROR
from mpc.programs.linear.words import FEATURES, OUTPUTS, coefficient_limit, label, scores
from mpc.programs.parameters import decimal
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="linear.ridge@1.0.0",
    title=Words("Ridge regression", "岭回归"),
    inputs=(FEATURES, label(Words("The column to predict", "待预测列"), "numbers")),
    outputs=(
        *OUTPUTS,
        scores(Words("Predictions of the test rows", "测试行的预测值")),
        OutputPort(
            "flagged",
            "shares",
            Words(
                "How many coefficients were cut off, are below the last place, or belong to a column that does not vary",
                "被截断、小于末位精度或所属列无变化的系数个数",
            ),
            "model",
        ),
        OutputPort(
            "standard_errors",
            "shares",
            Words(
                "Of the coefficients, by least squares (alpha 0 only); 0 where none can be given (a column that all but depends on others,"
                " or does not show)",
                "系数的标准误（最小二乘，仅限 alpha 为 0）；无法给出时（该列几乎由其他列决定，或不予显示）记为 0",
            ),
            "model",
        ),
        INTERCEPT_ERROR,
        OutputPort(
            "spread",
            "shares",
            Words(
                "The residual standard error and the standard deviation of the column to predict, over the training rows (alpha 0 only)",
                "训练行的残差标准误与待预测列的标准差（仅限 alpha 为 0）",
            ),
            "model",
        ),
        OutputPort("fitted_rows", "shares", Words("How many rows trained the model", "训练模型的行数"), "model"),
    ),
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
        coefficient_limit("16"),
        decimal(
            "limit",
            "16",
            "0.01",
            "1000000000",
            "Bound of every |feature| where rows are split",
            "横向切分时特征绝对值的上限",
        ),
        decimal(
            "train_fraction",
            "1",
            "0.01",
            "1",
            "Part of each owner's rows that trains, where rows are split",
            "横向切分时各方用于训练的样本比例",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(),
    seconds=CostModel(
        "0.15 + 0.022*[layout=stacked] + 3.4e-6*rows*[layout=aligned] + 0.0023*columns + 0.0012*columns*[layout=stacked]"
        " + 3.4e-6*rows*[layout=shared]"
    ),
    measured=(
        Measured("columns", 6, 26),
        Measured("owners", 2, 2),
        Measured("rows", 200, 60000),
    ),
    headroom=Words(
        "Moments are centred and bounded by Cauchy–Schwarz, iterates by the filter √(k/ε): see linear.equations.",
        "矩经中心化并由柯西–施瓦茨不等式界定，迭代值由滤波函数 √(k/ε) 界定：见 linear.equations。",
    ),
)
