"""Join tables by id on shares: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import KEYS, choice, decimal, integer
from mpc.workflow.program import MAX_OWNERS, MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="psi.join@1.0.0",
    title=Words("Join tables by id without telling who matched", "按标识连接表（不透露匹配了谁）"),
    inputs=(
        InputPort(
            "tables",
            ("table",),
            Words("One data set of each owner; the first one's rows lead", "每个数据方一个数据集；以第一个为主表"),
            most=MAX_OWNERS,
            values="keyed",
            levels="keys",
            identified=True,
        ),
        InputPort(
            "label",
            ("table",),
            Words(
                "A data set of one column that does not go into the table, usually what a model is to predict",
                "仅含一列、不并入表的数据集，通常为模型的预测目标",
            ),
            least=0,
            values="keyed",
            levels="keys",
            identified=True,
        ),
    ),
    outputs=(
        OutputPort(
            "joined",
            "shared",
            Words(
                "The joined rows as shares, in an order that nobody but the compute party without data knows: all tables' columns, and"
                " where tables may lack a row a column `matched` for each of these, 1 where it has one and its columns are not empty",
                "连接后的行（份额），顺序仅无数据的计算方知晓：含各表的列；若某表可能缺行，另附该表的 `matched` 列，有该行记为 1，否则该行各列为 0",
            ),
            "held",
            values="numbers",
        ),
        OutputPort(
            "labels",
            "shares",
            Words("The label's column, of the same rows", "同样各行的标签列（份额）"),
            "per-person",
        ),
    ),
    parameters=(
        choice(
            "kind",
            ("inner", "left", "outer"),
            "Which rows come out: those of ids that all tables have (inner), all of the first table (left), or all of any table (outer)",
            "输出哪些行：各表共有标识的行（inner）、第一个表的全部行（left），或任一表的全部行（outer）",
        ),
        choice(
            "label_values",
            ("bits", "whole", "numbers"),
            "What the label holds: 0 and 1, whole numbers from 0 (classes, counts), or any numbers",
            "标签的取值：0 与 1、自 0 起的整数（类别、计数），或任意数值",
        ),
        decimal(
            "limit",
            "1000",
            "1",
            "1000000",
            "Largest magnitude of a value; larger ones are refused",
            "数值绝对值上限，超出则拒绝",
        ),
        decimal(
            "train_fraction",
            "1",
            "0.01",
            "1",
            "Part of the joined rows, the first ones of their random order, that trains",
            "用于训练的行比例（随机顺序中靠前的行）",
        ),
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
    protection_level=4,
    disclosures=(
        Disclosure(
            "table_sizes",
            "every party of the run",
            Words(
                "Every compute party and every data owner of the task learns how many rows each table has.",
                "各计算方及本任务的各数据方获知每个表的行数。",
            ),
        ),
        Disclosure(
            "joined_rows",
            "every party of the run",
            Words(
                "Every compute party and every data owner of the task learns how many rows are joined, nobody which ones.",
                "各计算方及本任务的各数据方获知连接后的行数，但无人获知是哪些行。",
            ),
        ),
        Disclosure(
            "overlaps",
            "the helper",
            Words(
                "The compute party without data learns how many ids any of the tables have in common with each other.",
                "无数据的计算方获知任意几个表之间共有标识的数量。",
            ),
        ),
    ),
    seconds=CostModel(
        "0.03 + 5e-6*rows + 4.7e-7*rows*owners + 9.2e-8*rows*columns + 0.007*owners"
        " + 5.7e-7*rows*columns*[kind=left] + 5.2e-7*rows*columns*[kind=outer]"
    ),
    measured=(Measured("columns", 6, 25), Measured("owners", 2, 12), Measured("rows", 200, 250000)),
    headroom=Words(
        "Values within limit keep as many places as sums over ten million rows of them leave.",
        "limit 以内的数值所保留的小数位，足以对一千万行求和。",
    ),
    needs_dataless_party=True,
    rows_stay=True,
)
