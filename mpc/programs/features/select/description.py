"""Keep the best columns: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.features.words import TABLES
from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="feature.select@1.0.0",
    title=Words("Keep the best columns", "特征选择"),
    inputs=(
        TABLES,
        InputPort(
            "label",
            ("label",),
            Words(
                "A column to leave out, and to correlate with where the rule says so",
                "不参与选择的列；按相关性选择时为目标列",
            ),
            least=0,
            values="numbers",
        ),
        InputPort(
            "scores",
            ("shares",),
            Words("One secret score for each column, such as the IV or the VIF", "每列一个秘密评分，例如 IV 或 VIF"),
            least=0,
        ),
    ),
    outputs=(
        OutputPort("selected", "aligned", Words("The columns that were kept", "保留的列"), "held", values="kept"),
    ),
    parameters=(
        integer("keep", 10, 1, 1000, "How many columns stay", "保留列数"),
        choice(
            "rule",
            ("scores", "low-scores", "correlation", "variance"),
            "Largest scores, smallest scores, largest correlation with the label in magnitude, or largest variance",
            "评分最大、评分最小、与标签相关系数绝对值最大，或方差最大",
        ),
        decimal(
            "limit",
            "1000000",
            "0.001",
            "100000000",
            "Largest deviation that a variance is computed for; larger ones are refused",
            "计算方差时标准差的上限，超出则拒绝",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=3,
    disclosures=(
        Disclosure(
            "selected_columns",
            "everyone",
            Words("Everyone learns which columns were kept.", "各方获知保留了哪些列。"),
        ),
    ),
    seconds=CostModel("0.0093 + 0.0049*[rule=correlation] + 8.1e-7*rows*[rule=correlation] + 3.8e-9*rows*columns"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 5),
        Measured("rows", 200, 120000),
    ),
    headroom=Words("Scores fit a comparison: below 2^57 in their last place.", "评分须可比较：以末位计小于 2^57。"),
)
