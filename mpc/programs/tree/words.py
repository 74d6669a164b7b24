"""What the descriptions of boosted trees share."""

from typing import Final

from mpc.programs.parameters import choice, decimal, integer
from mpc.programs.tree.forest import KIND, MOST_DEPTH, MOST_TREES
from mpc.workflow.program import InputPort, OutputPort
from protocol.programs import ParameterSpec, Words

FEATURES: Final = InputPort(
    "features",
    ("aligned", "stacked", "shared"),
    Words(
        "Columns of several owners, rows of several owners with the same columns, or a secret table",
        "多方的特征列、列相同的多方样本，或秘密表",
    ),
    values="numbers",
)


def outputs(fit: Words, fitted_rows: Words, scores: Words) -> tuple[OutputPort, ...]:
    """What is given of a forest; what differs is said by the program."""
    return (
        OutputPort(
            "model",
            KIND,
            Words("The forest, to score with or to keep at the nodes", "模型（树），用于评分或保留在节点"),
            "held",
        ),
        OutputPort(
            "split_columns",
            "shares",
            Words(
                "The opened model: which column each node asks, counted from 1; 0 where a node does not split and all its rows go left",
                "公开的模型：每个节点所用的列（从 1 起编号）；0 表示该节点不分裂，所有行向左",
            ),
            "model",
        ),
        OutputPort(
            "split_bounds",
            "shares",
            Words(
                "The opened model: rows with at most this value go left; below the columns' limit only rows whose value is missing do",
                "公开的模型：取值不大于该值的行向左；低于列下限时仅缺失值向左",
            ),
            "order-statistic",
        ),
        OutputPort(
            "leaf_values",
            "shares",
            Words("The opened model: what each leaf adds to the score", "公开的模型：各叶节点对分数的贡献"),
            "model",
        ),
        OutputPort(
            "start",
            "shares",
            Words(
                "The opened model: what every score starts from (log-odds, or the mean)",
                "公开的模型：分数的起点（对数几率或均值）",
            ),
            "model",
        ),
        OutputPort(
            "importance",
            "shares",
            Words("What the splits of each column gained together", "各列所有分裂的总增益"),
            "model",
        ),
        OutputPort(
            "fit",
            "shares",
            fit,
            "aggregate",
        ),
        OutputPort(
            "fitted_rows",
            "shares",
            fitted_rows,
            "model",
        ),
        OutputPort(
            "scores",
            "shares",
            scores,
            "per-person",
        ),
        OutputPort("labels", "shares", Words("Labels of the test rows", "测试行的标签"), "per-person"),
    )


PARAMETERS: Final[tuple[ParameterSpec, ...]] = (
    integer("trees", 20, 1, MOST_TREES, "Number of trees", "树的数量"),
    integer("depth", 4, 1, MOST_DEPTH, "Levels of splits of every tree", "每棵树的分裂层数"),
    integer("bins", 32, 2, 256, "Bins of every column, one of them for missing values", "每列箱数（含缺失值箱）"),
    decimal("learning_rate", "0.3", "0.001", "1", "Part of a leaf's optimum that is taken", "学习率"),
    decimal("lambda", "1", "0", "1000000", "L2 penalty on leaves", "叶节点的 L2 正则"),
    integer("min_child_rows", 20, 1, 1000000, "Least rows of a leaf", "叶节点的最少行数"),
    decimal("min_gain", "0", "0", "1000000", "Gain below which a node does not split", "低于该增益的节点不分裂"),
    choice(
        "missing",
        ("none", "value"),
        "Whether a number stands for missing values, which are a bin of their own",
        "是否以某个数值表示缺失（缺失值单独成箱）",
    ),
    decimal(
        "missing_value",
        "-1",
        "-1000000000",
        "1000000000",
        "The number that stands for missing values",
        "表示缺失的数值",
    ),
    decimal(
        "limit",
        "1000000",
        "0.001",
        "1000000000",
        "Bound of every |feature| where the table declares none; rows split: cut points lie evenly within it",
        "表未声明范围时特征绝对值的上限；横向切分时切分点在其内均匀分布",
    ),
    decimal(
        "train_fraction",
        "1",
        "0.01",
        "1",
        "Part of the rows, the first of each owner, that trains where the table does not say",
        "表未说明时用于训练的行比例（取各方前部）",
    ),
)
