"""Counts of genotypes by case and control: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import integer
from mpc.workflow.program import MAX_OWNERS, MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words
from protocol.variants import MOST

PROGRAM: Final = Program(
    program="gwas.assoc@1.0.0",
    title=Words("Genome-wide association: genotypes of cases and controls", "全基因组关联分析：病例与对照的基因型计数"),
    inputs=(
        InputPort(
            "tables",
            ("table",),
            Words(
                "Each centre's people: one column of genotypes over one list of variants, and one of 1 for cases and 0 for controls",
                "各中心的人员：一列基因型（位点列表相同），一列病例为 1、对照为 0",
            ),
            most=MAX_OWNERS,
            values="genotypes",
            levels="variants",
        ),
    ),
    outputs=(
        OutputPort(
            "counts",
            "shares",
            Words(
                "People of each variant with none, one and two copies of the counted allele, controls and cases; all 0 where one of these numbers, or that of the missing ones, is of somebody but below the minimum group",
                "各位点计数等位基因为零、一、二个拷贝的人数（对照与病例）；若其中某一人数或缺失人数不为零但少于最小分组，则该位点均记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "people",
            "shares",
            Words(
                "Controls and cases of all centres; 0 for both where one is of fewer than the minimum group",
                "全部中心的对照数与病例数；任一少于最小分组时均记为 0",
            ),
            "cells",
        ),
        OutputPort("shown", "shares", Words("1 where a variant shows its counts", "位点显示计数处为 1"), "structure"),
        OutputPort(
            "variant_list",
            "shares",
            Words(
                "SHA-256 of the list of variants, as sixteen numbers of 16 bits: which .bim file names them",
                "位点列表的 SHA-256，写作十六个 16 位数：据此核对为其命名的 .bim 文件",
            ),
            "structure",
        ),
    ),
    parameters=(
        integer(
            "variants",
            1000,
            1,
            MOST,
            "How many variants the list has, as the data sets' descriptions say",
            "位点列表中的位点数，以数据集描述为准",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(
        Disclosure(
            "variant_lists",
            "everyone",
            Words(
                "Everyone learns the digest of each centre's list of variants (no genotypes): all must have the same.",
                "各方获知每个中心位点列表的摘要（不含基因型）：必须全部相同。",
            ),
        ),
    ),
    seconds=CostModel("0.0068 + 1.9e-6*variants*owners + 7.5e-10*rows*variants + 0.0038*owners"),
    measured=(
        Measured("columns", 4, 24),
        Measured("owners", 2, 12),
        Measured("rows", 200, 30000),
        Measured("variants", 1000, 500000),
    ),
    headroom=Words(
        "Counts are exact integers below 2^40: sums of up to 100 centres of at most ten million people.",
        "计数为小于 2^40 的精确整数：至多 100 个中心、每中心至多一千万人之和。",
    ),
)
