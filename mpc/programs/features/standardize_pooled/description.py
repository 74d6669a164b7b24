"""Standardise columns over all owners' rows: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import decimal
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program, together
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="feature.standardize_pooled@1.0.0",
    title=Words("Standardise columns over all owners' rows", "跨方合并标准化"),
    inputs=(
        InputPort(
            "tables", ("stacked", "shared"), Words("Stacked or shared rows", "堆叠的表或份额表"), values="numbers"
        ),
        InputPort(
            "label",
            ("stacked-label",),
            Words("A stacked column to leave out, usually the label", "不参与标准化的列，通常为标签"),
            least=0,
            values="numbers",
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
            "held",
            values="numbers",
        ),
        OutputPort(
            "labels",
            "shares",
            Words(
                "The column that was left out as shares, where it is 0 or 1: what a model of the features is trained on",
                "未参与标准化的 0/1 列（份额）：供以这些特征训练的模型使用",
            ),
            "per-person",
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
    pairs=together("tables", "label", ("stacked", "stacked-label"), ("shared", "none")),
    disclosures=(),
    seconds=CostModel("0.041 + 3.4e-6*rows + 1.7e-6*rows*columns + 0.0026*owners + 0.00018*columns*owners"),
    measured=(
        Measured("columns", 6, 25),
        Measured("owners", 2, 5),
        Measured("rows", 400, 240000),
    ),
    headroom=Words(
        "A standardised value is at most sqrt(rows); fraction bits follow from that and from limit.",
        "标准化后的值不超过行数的平方根；小数位由此与 limit 推导。",
    ),
)
