"""Align tables by id: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import KEYS, choice, integer
from mpc.workflow.program import MAX_OWNERS, MAX_PARTIES, Disclosure, InputPort, OutputPort, Program, more_sources
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="psi.align@1.0.0",
    title=Words("Align tables by id", "按标识对齐样本"),
    inputs=(
        InputPort(
            "tables",
            ("table",),
            Words("One data set of each owner", "每个数据方一个数据集"),
            least=2,
            most=MAX_OWNERS,
            values="keyed",
            levels="keys",
            identified=True,
        ),
    ),
    outputs=(
        OutputPort(
            "aligned",
            "aligned",
            Words(
                "The rows whose id all owners have, in one random order; each owner keeps its own columns",
                "各方共有标识的行，顺序随机且一致；各方保留自己的列",
            ),
            "held",
            values="kept",
        ),
    ),
    parameters=(
        KEYS,
        choice(
            "normalisation",
            ("nfc-strip",),
            "How ids are compared: Unicode NFC without surrounding white space",
            "标识比对方式：Unicode NFC，去除首尾空白",
        ),
        integer("minimum_matches", 2, 2, 10000000, "Refuse when fewer ids are common", "共有标识少于此数则拒绝"),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=3,
    disclosures=(
        Disclosure(
            "intersection_size",
            "every party of the run",
            Words(
                "Every compute party and every data owner of the task learns how many ids are common.",
                "各计算方及本任务的各数据方获知共有标识的数量。",
            ),
        ),
        Disclosure(
            "table_sizes",
            "the helper",
            Words(
                "The compute party without data learns how many ids each owner has.", "无数据的计算方获知各方标识总数。"
            ),
        ),
        Disclosure(
            "overlaps",
            "the helper",
            Words(
                "The compute party without data learns how many ids any of the owners have in common with each other, two or"
                " more at a time.",
                "无数据的计算方获知任意两个或多个数据方之间共有标识的数量。",
            ),
            more_sources("tables", 2),
        ),
        Disclosure(
            "matched_rows",
            "the owners",
            Words("Each owner learns which of its own rows matched.", "各数据方获知自己的哪些行匹配成功。"),
        ),
    ),
    seconds=CostModel(
        "0.0089 + 1.3e-6*rows + 9.3e-8*rows*owners + 2.4e-8*rows*columns + 0.0021*owners + 6.6e-5*owners^2"
    ),
    measured=(
        Measured("columns", 5, 26),
        Measured("owners", 2, 12),
        Measured("rows", 200, 400000),
    ),
    headroom=Words("No arithmetic on shares.", "不涉及份额运算。"),
    needs_dataless_party=True,
    rows_stay=True,
)
