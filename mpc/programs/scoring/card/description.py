"""Make a scorecard: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.linear.model import KIND as LINEAR
from mpc.programs.parameters import decimal
from mpc.programs.scoring.scorecard import KIND
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="score.card@1.0.0",
    title=Words("Make a scorecard of a logistic model on weights of evidence", "由基于 WOE 的逻辑回归模型生成评分卡"),
    inputs=(
        InputPort(
            "model",
            (LINEAR,),
            Words(
                "A logistic model of feature.woe_iv's transformed table; label 1 is the bad outcome",
                "以 feature.woe_iv 转换后的表训练的逻辑回归模型；标签 1 为坏样本",
            ),
        ),
        InputPort("woe", ("shares",), Words("The same step's weights of evidence", "同一步骤的 WOE")),
    ),
    outputs=(
        OutputPort("scorecard", KIND, Words("The scorecard, to score with or to keep at the nodes", "评分卡，用于评分或保留在节点"), "held"),
        OutputPort(
            "card",
            "shares",
            Words(
                "Points of every bin, one row for each column; 0 for bins whose weights the minimum group hides",
                "各列各箱的分值，每列一行；最小分组隐藏的箱记为 0",
            ),
            "cells",
        ),
        OutputPort("base", "shares", Words("Points of everybody, before any column's", "不计任何列时的基础分"), "model"),
    ),
    parameters=(
        decimal("base_score", "600", "-10000", "10000", "Points at the base odds", "基准优势对应的分数"),
        decimal("base_odds", "20", "0.001", "100000", "Good outcomes for each bad one at the base score", "基准分对应的好坏比"),
        decimal("points_to_double", "20", "0.1", "1000", "Points that double these odds", "好坏比翻倍所需的分数（PDO）"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.0097"),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 2), Measured("rows", 200, 30000)),
    headroom=Words(
        "A bin's points are at most coefficient limit × largest weight × points_to_double / ln 2; refused where that leaves no place.",
        "每箱分值不超过 系数上限 × 最大 WOE × points_to_double / ln 2；超出可用位数则拒绝。",
    ),
)  # fmt: skip
