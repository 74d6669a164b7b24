"""Joint statistics."""

from typing import Final

from mpc.programs.catalogue.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Words

_LIMIT: Final = decimal(
    "limit",
    "1000000",
    "0.001",
    "100000000",
    "Largest magnitude of a value; larger ones are refused. The closer, the more digits: use a step for each scale",
    "数值绝对值上限，超出则拒绝；越接近实际范围精度越高，量级不同的列请分步计算",
)
_HEADROOM: Final = Words(
    "Fraction bits follow from limit and rows so that every sum and product stays below 2^61; a run that leaves none is "
    "refused before it starts.",
    "小数位由 limit 与行数推导，使所有和与积小于 2^61；无剩余位数时拒绝运行。",
)

DESCRIBE: Final = Program(
    program="stats.describe@1.0.0",
    title=Words("Describe columns", "描述性统计"),
    inputs=(
        InputPort(
            "table",
            ("aligned", "stacked", "shared", "label", "stacked-label"),
            Words("The columns to describe", "待统计的列"),
        ),
    ),
    outputs=(
        OutputPort("count", "shares", Words("Number of rows, for each column", "各列行数")),
        OutputPort("sum", "shares", Words("Sums", "各列总和")),
        OutputPort("mean", "shares", Words("Means", "各列均值")),
        OutputPort("variance", "shares", Words("Variances", "各列方差")),
        OutputPort(
            "minimum",
            "shares",
            Words("Least values: each is one record's, grant with care", "最小值：来自单条记录，请谨慎授权"),
        ),
        OutputPort(
            "maximum",
            "shares",
            Words("Largest values: each is one record's, grant with care", "最大值：来自单条记录，请谨慎授权"),
        ),
        OutputPort(
            "quantiles",
            "shares",
            Words(
                "Cut points of equal parts, with linear interpolation; one row for each, from low to high",
                "等分位点（线性插值），每行一个，由低到高",
            ),
        ),
    ),
    parameters=(
        _LIMIT,
        integer("ddof", 1, 0, 1, "Rows subtracted in the variance's divisor", "方差分母中减去的自由度"),
        integer("quantiles", 4, 2, 100, "Number of equal parts: 4 gives quartiles", "等分份数：4 即四分位数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.0055 + 0.0012*columns + 1.6e-8*rows*columns*quantiles + 0.002*columns*quantiles*[layout=stacked]"
        " + 0.036*columns*[layout=shared] + 0.036*columns*owners*[layout=stacked]"
        " + 0.0093*columns*owners*[layout=shared] + 0.0029*columns*quantiles*owners*[layout=stacked]"
        " + 3.4e-5*rows*columns*[layout=shared] + 1.8e-6*rows*columns*quantiles*[layout=stacked]"
        " + 0.22*[layout=stacked]"
    ),
    traffic=CostModel(
        "54*columns + 0.00012*rows*columns*quantiles + 1.5e4*columns*quantiles*[layout=stacked]"
        " + 1.4e5*columns*quantiles*owners*[layout=stacked] + 6.4e2*rows*columns*[layout=shared]"
        " + 73*rows*columns*quantiles*[layout=stacked]"
    ),
    memory=CostModel(
        "8.1e7 + 7.1e2*rows*[layout=stacked] + 4.7*rows*columns*quantiles*[layout=stacked]"
        " + 6.7e3*columns*quantiles*owners + 2.3e4*columns*quantiles*owners*[layout=stacked]"
    ),
    headroom=_HEADROOM,
    implementation="mpc.programs.stats_describe:run",
)

CORRELATION: Final = Program(
    program="stats.correlation@1.0.0",
    title=Words("Correlations between columns", "相关系数矩阵"),
    inputs=(InputPort("tables", ("aligned", "stacked"), Words("The columns to correlate", "待计算的列")),),
    outputs=(
        OutputPort(
            "correlation",
            "shares",
            Words("Pearson's correlations, in the order of tables and columns", "皮尔逊相关系数，按表与列的顺序"),
        ),
    ),
    parameters=(
        _LIMIT,
        choice(
            "constant_columns",
            ("refuse", "zero"),
            "What happens to an aligned column that does not vary; stacked ones correlate 0 with everything",
            "对齐表中常数列的处理：拒绝或记为 0；堆叠表中的常数列相关系数记为 0",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.033*[layout=stacked] + 2e-7*rows + 1.8e-6*rows*[layout=aligned] + 0.0002*columns*owners"
        " + 0.00017*columns*owners*[layout=stacked]"
    ),
    traffic=CostModel(
        "1.7e4*[layout=stacked] + 7.1*rows*columns*[layout=aligned] + 1.1e3*columns*[layout=stacked]"
        " + 2.3e2*columns^2*[layout=stacked] + 9.9*columns^2*owners*[layout=stacked]"
    ),
    memory=CostModel("7e7 + 36*rows*columns + 4.6e5*columns"),
    headroom=_HEADROOM,
    implementation="mpc.programs.stats_correlation:run",
)

CROSSTAB: Final = Program(
    program="stats.crosstab@1.0.0",
    title=Words("Contingency table of two columns", "列联表与卡方检验"),
    inputs=(
        InputPort("row", ("label", "stacked-label"), Words("Categories 0, 1, 2, … of the rows", "行类别 0、1、2……")),
        InputPort(
            "column", ("label", "stacked-label"), Words("Categories 0, 1, 2, … of the columns", "列类别 0、1、2……")
        ),
    ),
    outputs=(
        OutputPort(
            "table",
            "shares",
            Words("Counts; 0 in cells below the minimum group", "频数；低于最小群体数的单元格记为 0"),
        ),
        OutputPort("shown", "shares", Words("1 where a cell shows its count", "单元格显示频数处为 1")),
        OutputPort(
            "chi_square",
            "shares",
            Words(
                "Pearson's statistic, of all cells: with a table it tells something of the hidden ones",
                "皮尔逊卡方统计量（含所有单元格；与列联表同时公开会透露被隐藏单元格的部分信息）",
            ),
        ),
        OutputPort(
            "degrees", "shares", Words("Degrees of freedom, without empty rows and columns", "自由度（不计空行空列）")
        ),
    ),
    parameters=(
        integer("row_levels", 2, 2, 100, "Categories of the rows", "行类别数"),
        integer("column_levels", 2, 2, 100, "Categories of the columns", "列类别数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel("0.036 + 4.5e-6*row_levels*column_levels + 6.3e-8*rows + 0.00045*owners"),
    traffic=CostModel(
        "4.2e3 + 3.9e2*row_levels*column_levels + 0.0074*rows*[layout=stacked] + 0.0034*rows*column_levels"
        " + 77*owners*[layout=stacked]"
    ),
    memory=CostModel("8.2e7 + 2.7e2*rows + 2.4*rows*column_levels"),
    headroom=Words(
        "Counts are exact integers; products of two counts stay below rows², ratios below 1.",
        "频数为精确整数；频数乘积小于行数平方，比率小于 1。",
    ),
    implementation="mpc.programs.stats_crosstab:run",
)

GROUPBY: Final = Program(
    program="stats.groupby@1.0.0",
    title=Words("Counts, sums and means by group", "分组统计"),
    inputs=(
        InputPort("tables", ("aligned", "stacked"), Words("The columns to sum up", "待汇总的列")),
        InputPort("by", ("label", "stacked-label"), Words("The groups 0, 1, 2, …", "分组 0、1、2……")),
    ),
    outputs=(
        OutputPort(
            "count", "shares", Words("Rows of each group; 0 below the minimum group", "各组行数；低于最小群体数记为 0")
        ),
        OutputPort("shown", "shares", Words("1 for groups that show", "显示的组为 1")),
        OutputPort("sum", "shares", Words("Sums, one row for each group", "各组总和，每组一行")),
        OutputPort("mean", "shares", Words("Means, one row for each group", "各组均值，每组一行")),
    ),
    parameters=(
        _LIMIT,
        integer("groups", 2, 2, 1000, "Number of groups", "组数"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.018 + 1.3e-8*rows*columns*[layout=stacked] + 2.5e-8*rows*columns*[layout=aligned]"
        " + 1e-7*rows*groups*[layout=aligned] + 3.4e-9*rows*columns*groups*[layout=aligned]"
    ),
    traffic=CostModel(
        "9.1e2*[layout=stacked] + 0.00048*rows*columns*[layout=stacked] + 2.6*rows*columns*[layout=aligned]"
        " + 23*columns*[layout=stacked] + 1.9e2*groups + 3.4e2*groups*[layout=aligned] + 93*columns*groups"
        " + 6.8*columns*groups*[layout=stacked] + 0.0016*rows*groups + 7.9*rows*groups*[layout=aligned]"
        " + 0.18*rows*columns*groups*[layout=aligned] + 3*columns*groups*owners*[layout=stacked]"
    ),
    memory=CostModel(
        "8.1e7 + 3.8e2*rows*[layout=aligned] + 18*rows*columns*[layout=stacked]"
        " + 25*rows*columns*[layout=aligned] + 0.82*rows*groups + 45*rows*groups*[layout=aligned]"
    ),
    headroom=_HEADROOM,
    implementation="mpc.programs.stats_groupby:run",
)

PROGRAMS: Final = (DESCRIBE, CORRELATION, CROSSTAB, GROUPBY)
