"""Programs that prepare columns."""

from typing import Final

from mpc.programs.catalogue.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Words

FEATURE_STANDARDIZE: Final = Program(
    program="feature.standardize@1.0.0",
    title=Words("Standardise columns", "特征标准化"),
    inputs=(
        InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表")),
        InputPort(
            "label",
            ("label",),
            Words("A column to leave out, usually the label", "不参与标准化的列，通常为标签"),
            least=0,
        ),
    ),
    outputs=(
        OutputPort(
            "features",
            "aligned",
            Words("Columns with mean 0 and deviation 1 over the training rows", "训练行上均值 0、标准差 1 的列"),
        ),
        OutputPort("means", "shares", Words("The columns' means, as shares", "各列均值（份额）")),
        OutputPort("deviations", "shares", Words("The columns' standard deviations, as shares", "各列标准差（份额）")),
    ),
    parameters=(
        decimal(
            "train_fraction",
            "0.7",
            "0.01",
            "1",
            "Part of the rows, in the alignment's random order, that trains",
            "用于训练的行比例（按对齐后的随机顺序）",
        ),
        decimal("limit", "16", "1", "64", "Largest number of deviations from the mean", "偏离均值的最大标准差倍数"),
        choice(
            "beyond_limit", ("refuse", "clip"), "What happens to values beyond the limit", "超限值的处理：拒绝或截断"
        ),
        choice(
            "constant_columns",
            ("refuse", "zero"),
            "What happens to columns that do not vary",
            "常数列的处理：拒绝或置零",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("1.3e-8*rows*columns"),
    traffic=CostModel("0"),
    memory=CostModel("8.1e7 + 1.5e2*rows + 22*rows*columns"),
    headroom=Words(
        "Values are within the limit parameter; means and deviations within 2^25, refused otherwise.",
        "数值不超过 limit 参数；均值与标准差不超过 2^25，否则拒绝。",
    ),
    implementation="mpc.programs.feature_standardize:run",
)

_TABLES: Final = InputPort("tables", ("aligned",), Words("Aligned tables", "已对齐的表"))
_LEFT_OUT: Final = InputPort(
    "label",
    ("label",),
    Words("A column to leave out, usually the label", "不参与处理的列，通常为标签"),
    least=0,
)

FEATURE_STANDARDIZE_POOLED: Final = Program(
    program="feature.standardize_pooled@1.0.0",
    title=Words("Standardise columns over all owners' rows", "跨方合并标准化"),
    inputs=(
        InputPort("tables", ("stacked", "shared"), Words("Stacked or shared rows", "堆叠的表或份额表")),
        InputPort(
            "label",
            ("stacked-label",),
            Words("A stacked column to leave out, usually the label", "不参与标准化的列，通常为标签"),
            least=0,
        ),
    ),
    outputs=(
        OutputPort(
            "features",
            "shared",
            Words(
                "Columns with mean 0 and deviation 1 over all rows; constant ones are 0",
                "全部行上均值 0、标准差 1 的列；常数列为 0",
            ),
        ),
    ),
    parameters=(
        decimal(
            "limit",
            "1000000",
            "0.001",
            "100000000",
            "Largest magnitude of a value; larger ones are refused",
            "数值绝对值上限，超出则拒绝",
        ),
        decimal("deviations", "16", "1", "64", "Results are clipped to this many deviations", "结果截断到的标准差倍数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.041 + 3.4e-6*rows + 1.7e-6*rows*columns + 0.0026*owners + 0.00018*columns*owners"),
    traffic=CostModel("1.2e2*rows*columns"),
    memory=CostModel("8.1e7 + 1.3e2*rows*columns + 2.4e5*columns"),
    headroom=Words(
        "A standardised value is at most sqrt(rows); fraction bits follow from that and from limit.",
        "标准化后的值不超过行数的平方根；小数位由此与 limit 推导。",
    ),
    implementation="mpc.programs.feature_standardize_pooled:run",
)

FEATURE_BIN: Final = Program(
    program="feature.bin@1.0.0",
    title=Words("Cut columns into bins", "特征分箱"),
    inputs=(_TABLES, _LEFT_OUT),
    outputs=(
        OutputPort(
            "binned",
            "aligned",
            Words("Bin numbers from 0, or one column of 0 and 1 for each bin", "从 0 起的分箱编号，或每箱一列 0/1"),
        ),
        OutputPort("edges", "shares", Words("The inner edges of every column, as shares", "各列的内部切分点（份额）")),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column", "每列箱数"),
        choice(
            "method",
            ("equal-frequency", "equal-width"),
            "Edges at quantiles, or evenly spaced",
            "按分位数等频切分，或等宽切分",
        ),
        choice("output", ("codes", "one-hot"), "Bin numbers, or one column for each bin", "输出分箱编号，或每箱一列"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.02 + 3.5e-8*rows*columns"),
    traffic=CostModel("0.00024*rows*columns*bins*[output=one-hot]"),
    memory=CostModel("8.2e7 + 38*rows*columns + 3.9*rows*columns*bins*[output=one-hot]"),
    headroom=Words("Edges within 2^25, refused otherwise.", "切分点不超过 2^25，否则拒绝。"),
    implementation="mpc.programs.feature_bin:run",
)

FEATURE_WOE_IV: Final = Program(
    program="feature.woe_iv@1.0.0",
    title=Words("Weight of evidence and information value", "WOE 编码与 IV 值"),
    inputs=(
        InputPort("tables", ("aligned", "stacked"), Words("Columns of bin numbers from 0", "从 0 起的分箱编号列")),
        InputPort("label", ("label", "stacked-label"), Words("The column to predict, 0 or 1", "待预测列，取值 0 或 1")),
    ),
    outputs=(
        OutputPort("iv", "shares", Words("Information value of every column", "各列 IV 值")),
        OutputPort(
            "woe",
            "shares",
            Words(
                "Weights of evidence, one row for each column; 0 for bins below the minimum group",
                "各列各箱的 WOE，每列一行；低于最小群体数的箱记为 0",
            ),
        ),
        OutputPort(
            "transformed",
            "shared",
            Words("Every row's weights in place of its bins", "以 WOE 替换分箱编号后的表（份额）"),
        ),
    ),
    parameters=(
        integer("bins", 10, 2, 64, "Bins of every column", "每列箱数"),
        decimal(
            "smoothing",
            "0.5",
            "0.001",
            "100",
            "Rows added to each bin and class, so that none is empty",
            "每箱每类加上的行数，避免空箱",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.025 + 2.4e-6*rows + 0.0011*columns + 2.4e-5*bins*columns + 8e-9*bins*rows*columns + 7.8e-7*bins*rows"
    ),
    traffic=CostModel("4.3*rows*columns + 6.2*bins*rows*columns"),
    memory=CostModel("8.1e7 + 60*rows*columns + 25*rows*columns*bins + 9.6e3*columns*bins"),
    headroom=Words(
        "Counts are exact integers in units of 2^-10 rows; weights are at most ln((rows + smoothing·bins)/smoothing).",
        "频数为以 2^-10 行为单位的精确整数；WOE 不超过 ln((行数 + 平滑·箱数)/平滑)。",
    ),
    implementation="mpc.programs.feature_woe_iv:run",
)

FEATURE_SELECT: Final = Program(
    program="feature.select@1.0.0",
    title=Words("Keep the best columns", "特征选择"),
    inputs=(
        _TABLES,
        InputPort(
            "label",
            ("label",),
            Words(
                "A column to leave out, and to correlate with where the rule says so",
                "不参与选择的列；按相关性选择时为目标列",
            ),
            least=0,
        ),
        InputPort(
            "scores",
            ("shares",),
            Words("One secret score for each column, such as the IV", "每列一个秘密评分，例如 IV"),
            least=0,
        ),
    ),
    outputs=(OutputPort("selected", "aligned", Words("The columns that were kept", "保留的列")),),
    parameters=(
        integer("keep", 10, 1, 1000, "How many columns stay", "保留列数"),
        choice(
            "rule",
            ("scores", "correlation", "variance"),
            "Largest scores, largest correlation with the label in magnitude, or largest variance",
            "评分最大、与标签相关系数绝对值最大，或方差最大",
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
    traffic=CostModel(
        "2.5e2 + 6.5e2*[rule=variance] + 6*rows*columns*[rule=correlation] + 15*columns^2"
        " + 2.5*columns^2*[rule=variance]"
    ),
    memory=CostModel("8.3e7 + 5.6e2*rows"),
    headroom=Words("Scores fit a comparison: below 2^57 in their last place.", "评分须可比较：以末位计小于 2^57。"),
    implementation="mpc.programs.feature_select:run",
)

PROGRAMS: Final = (FEATURE_STANDARDIZE, FEATURE_STANDARDIZE_POOLED, FEATURE_BIN, FEATURE_WOE_IV, FEATURE_SELECT)
