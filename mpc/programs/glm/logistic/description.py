"""Logistic regression over several owners' columns or rows: what it takes, gives, protects and costs."""

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
from mpc.programs.linear.model import KIND
from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, SAME_ROWS, Disclosure, InputPort, OutputPort, Program, above, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="glm.logistic@1.0.0",
    title=Words("Logistic regression over several owners' columns or rows", "逻辑回归（纵向或横向）"),
    inputs=(
        InputPort(
            "features",
            ("aligned", "stacked", "shared"),
            Words("Standardised columns, stacked rows, or a secret table", "标准化后的特征列、横向堆叠的表或秘密表"),
            values="numbers",
        ),
        InputPort(
            "label",
            ("label", "stacked-label", "shares"),
            Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1"),
            values="bits",
        ),
    ),
    outputs=(
        COEFFICIENTS,
        INTERCEPT,
        OutputPort(
            "model",
            KIND,
            Words("The model, to score with or to keep at the nodes", "模型，用于评分或保留在节点"),
            "held",
        ),
        OutputPort("scores", "shares", Words("Logits of the test rows", "测试行的对数几率"), "per-person"),
        OutputPort("labels", "shares", Words("Labels of the test rows", "测试行的标签"), "per-person"),
        LOSS,
        CONVERGENCE,
        STANDARD_ERRORS,
        INTERCEPT_ERROR,
        FITTED_ROWS,
        MEANS,
        DEVIATIONS,
        CLIPPED,
    ),
    parameters=(
        PENALTY,
        choice(
            "solver",
            ("newton", "bound", "gradient", "sgd"),
            "Newton with a secret Hessian, descent with the fixed Hessian bound, full-batch gradient, or mini-batches",
            "求解器：秘密海森矩阵牛顿法、固定海森上界法、全批量梯度下降或小批量梯度下降",
        ),
        choice(
            "sigmoid",
            ("accurate", "fast", "segments", "linear"),
            "The logistic function within 5e-7 or 1.3e-4, three segments, or 1/2 + z/8",
            "逻辑函数：误差 5e-7、误差 1.3e-4、三段式或线性 1/2 + z/8",
        ),
        integer(
            "iterations",
            12,
            3,
            1000,
            "Steps of the solver on the sample, or epochs of mini-batches",
            "求解器在样本上的步数，或小批量的轮数",
        ),
        integer(
            "sample", 262144, 1024, 4194304, "Newton: rows that the Hessian is taken from", "牛顿法：用于海森矩阵的行数"
        ),
        integer(
            "passes", 2, 1, 50, "Newton: steps over all rows when there are more", "牛顿法：超出样本时对全部行的步数"
        ),
        integer("batch", 1024, 8, 65536, "Rows of a mini-batch", "小批量的行数"),
        decimal(
            "step",
            "0.5",
            "0.000001",
            "16",
            "Gradient: factor of the mean gradient; with the linear function one that would diverge is halved, unseen",
            "梯度下降的步长；采用线性函数时，会发散的步长在密态下自动减半",
        ),
        decimal(
            "momentum", "0.5", "0", "0.99", "Nesterov's momentum, except for Newton", "涅斯捷罗夫动量（牛顿法除外）"
        ),
        choice(
            "class_weight",
            ("none", "balanced", "given"),
            "Weights of the classes; balanced ones are computed without revealing the classes' sizes",
            "类别权重；balanced 在不泄露类别数量的情况下计算",
        ),
        decimal("weight_negative", "1", "0.01", "64", "Given weight of label 0", "标签 0 的给定权重"),
        decimal("weight_positive", "1", "0.01", "64", "Given weight of label 1", "标签 1 的给定权重"),
        COEFFICIENT_LIMIT,
        decimal(
            "train_fraction",
            "1",
            "0.01",
            "1",
            "Stacked rows: part of each owner's first rows that trains",
            "横向数据：各方用于训练的行比例（取前部）",
        ),
        LIMIT,
        BEYOND_LIMIT,
        integer(
            "check_every",
            0,
            0,
            1000,
            "Open after every so many steps whether the fit has converged; 0: never",
            "每隔若干步公开是否收敛；0 表示从不",
        ),
        decimal(
            "tolerance",
            "0.0001",
            "0.000001",
            "1",
            "Converged: no coefficient changes by more",
            "收敛标准：系数变化均不超过此值",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    pairs=together("features", "label", *SAME_ROWS),
    disclosures=(
        BOTH,
        Disclosure(
            "converged",
            "everyone",
            Words(
                "Everyone learns after which of the checked steps the fit had converged.",
                "各方获知模型在哪个受检步骤后已收敛。",
            ),
            above("check_every"),
        ),
    ),
    seconds=CostModel(
        "0.019 + 0.051*[solver=newton]*iterations + 1.2e-6*[solver=newton]*min(rows,sample)*iterations"
        " + 7.7e-9*[solver=newton]*min(rows,sample)*columns^2*iterations"
        " + 2.1e-7*[solver=newton]*rows*columns*passes + 0.018*iterations*[solver=bound]"
        " + 0.0058*iterations*[solver=gradient] + 2.4e-6*rows*iterations*[solver=bound]*[sigmoid=accurate]"
        " + 1.2e-6*rows*iterations*[solver=bound]*[sigmoid=fast]"
        " + 8e-7*rows*iterations*[solver=bound]*[sigmoid=segments]"
        " + 1.8e-7*rows*iterations*[solver=bound]*[sigmoid=linear]"
        " + 2.4e-6*rows*iterations*[solver=gradient]*[sigmoid=accurate]"
        " + 1.3e-6*rows*iterations*[solver=gradient]*[sigmoid=fast]"
        " + 9.7e-7*rows*iterations*[solver=gradient]*[sigmoid=segments]"
        " + 6.9e-8*rows*iterations*[solver=gradient]*[sigmoid=linear]"
        " + 0.0067*iterations*[layout=stacked]*[solver=bound]"
        " + 0.0105*iterations*[layout=stacked]*[solver=gradient] + 0.03*owners*[layout=stacked]*[solver=newton]"
        " + 0.012*iterations*[solver=sgd] + 0.0038*rows*iterations*batch^-1*[solver=sgd]"
        " + 0.005*rows*iterations*batch^-1*[layout=stacked]*[solver=sgd]"
        " + 2.4e-6*rows*iterations*[solver=sgd]*[sigmoid=accurate]"
        " + 1.3e-6*rows*iterations*[solver=sgd]*[sigmoid=fast]"
        " + 9.7e-7*rows*iterations*[solver=sgd]*[sigmoid=segments]"
    ),
    measured=(
        Measured("batch", 32, 1024),
        Measured("columns", 6, 25),
        Measured("iterations", 3, 40),
        Measured("owners", 2, 12),
        Measured("passes", 2, 2),
        Measured("rows", 200, 2000000),
        Measured("sample", 262144, 262144),
    ),
    headroom=Words(
        "Proven in logistic.problem: weights clipped to coefficient_limit, sums bounded by Cauchy–Schwarz, the Hessian divided "
        "by its secret trace; every product below 2^61 or the run is refused before it starts.",
        "证明见 logistic.problem：系数截断，求和由柯西–施瓦茨不等式界定，海森矩阵除以其秘密迹；乘积均小于 2^61，否则拒绝运行。",
    ),
)
