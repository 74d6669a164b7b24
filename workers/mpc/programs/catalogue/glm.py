"""Generalised linear models."""

from typing import Final

from protocol.programs import CostModel, ParameterSpec, Words
from workers.mpc.programs.program import MAX_PARTIES, InputPort, OutputPort, Program

GLM_LOGISTIC: Final = Program(
    program="glm.logistic@1.0.0",
    title=Words("Logistic regression over several owners' columns", "纵向逻辑回归"),
    inputs=(
        InputPort("features", ("aligned",), Words("Standardised columns", "标准化后的特征列")),
        InputPort("label", ("label",), Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1")),
    ),
    outputs=(
        OutputPort(
            "coefficients",
            "shares",
            Words("One per feature column, in standardised units", "各特征的系数（标准化单位）"),
        ),
        OutputPort("intercept", "shares", Words("The intercept", "截距")),
        OutputPort("scores", "shares", Words("Logits of the test rows", "测试行的对数几率")),
        OutputPort("labels", "shares", Words("Labels of the test rows", "测试行的标签")),
    ),
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
        ParameterSpec(
            "warm_up",
            "integer",
            4,
            "1",
            "50",
            (),
            Words("Steps with the fixed Hessian bound and momentum", "固定海森上界加动量的步数"),
        ),
        ParameterSpec(
            "refinements",
            "integer",
            4,
            "0",
            "20",
            (),
            Words("Rounds that rebuild the secret Hessian, two steps each", "重建秘密海森矩阵的轮数，每轮两步"),
        ),
        ParameterSpec(
            "coefficient_limit",
            "decimal",
            "16",
            "1",
            "64",
            (),
            Words("Coefficients are clipped to this magnitude", "系数绝对值的上限（截断）"),
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.8 + 0.004*rows + 0.00003*rows*columns + 0.00003*columns^3"),
    traffic=CostModel("300000 + 15000*rows + 100*rows*columns + 100*columns^3"),
    memory=CostModel("50000000 + 40000*rows + 2000*rows*columns + 500*columns^3"),
    headroom=Words(
        "Proven in logistic_solver: weights clipped to coefficient_limit, means bounded by Cauchy–Schwarz, eigenvalues in "
        "[2^-11, 1]; every product below 2^61 or the run is refused before it starts.",
        "证明见 logistic_solver：系数截断，均值由柯西–施瓦茨不等式界定，特征值位于 [2^-11, 1]；乘积均小于 2^61，否则拒绝运行。",
    ),
    implementation="workers.mpc.programs.glm_logistic:run",
)

PROGRAMS: Final = (GLM_LOGISTIC,)
