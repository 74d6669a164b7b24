"""Reported lines against the lines of banks: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import choice, columns, decimal, integer
from mpc.workflow.program import MAX_OWNERS, MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="reconcile.flows@1.0.0",
    title=Words("Reconcile reported lines with the banks' lines", "将上报明细与银行流水核对"),
    inputs=(
        InputPort(
            "reported",
            ("table",),
            Words(
                "The data set of who asks, a regulator: key columns (reference, payer, payee, day …) and one column of amounts",
                "核对方（如监管机构）的数据集：键列（流水号、付款方、收款方、日期等）与一列金额",
            ),
            values="keyed",
            levels="keys",
        ),
        InputPort(
            "banks",
            ("table",),
            Words(
                "Data sets of others with the same key columns and one column of amounts; lines of all of them count together",
                "其他各方的数据集，键列相同并有一列金额；各数据集的明细合并计算",
            ),
            most=MAX_OWNERS - 1,
            values="keyed",
            levels="keys",
        ),
    ),
    outputs=(
        OutputPort(
            "lines",
            "shares",
            Words(
                "For the owner of the reported lines alone: one row for each, in random order: the number of the line among the rows that the task took, from 1, and the"
                " finding. 0: one line on either side, amounts agree. 1: one line, amounts differ. 2: several lines of these keys on some side, sums agree."
                " 3: several, sums differ. 4: no bank has a line of these keys. 5: a further line of keys whose finding stands at the first of them",
                "仅供上报明细的数据方：每条上报明细一行，顺序随机：该明细在任务所取行中的序号（自 1 起）与核对结果。"
                "0：双方各一条且金额一致；1：双方各一条但金额不一致；2：某一方有多条且合计一致；3：某一方有多条且合计不一致；"
                "4：各银行均无此明细；5：键相同的后续明细，结果见其首条",
            ),
            "per-person",
        ),
        OutputPort(
            "totals",
            "shares",
            Words(
                "How many reported lines have each finding, how many lines the banks have, and how many of these nobody reported. All 0 where one of them"
                " is of some, but fewer lines than the minimum group; under one only the owner of the reported lines reads them",
                "各核对结果的上报明细条数、银行明细条数及其中未上报的条数。若其中一项不为零但少于最小分组，则全部记为 0；约定最小分组时仅上报明细的数据方可读取",
            ),
            "cells",
        ),
        OutputPort(
            "amounts",
            "shares",
            Words(
                "Of keys that a bank has, the sum of what is reported and of what the banks have, in units of the last decimal place (cents where places is 2);"
                " 0 where the totals do not show",
                "银行有对应明细的各键：上报金额合计与银行金额合计，以末位小数为单位（places 为 2 时即分）；总计不予显示时记为 0",
            ),
            "aggregate",
        ),
    ),
    parameters=(
        columns(
            "keys",
            "reference",
            "The columns that a line is found by, which are called alike in all data sets, as `reference, payer, payee, day`",
            "用于查找明细的列，在各数据集中名称相同，写作 `reference, payer, payee, day`",
        ),
        integer("places", 2, 0, 6, "Decimal places of amounts", "金额的小数位数"),
        decimal(
            "tolerance",
            "0",
            "0",
            "1000000",
            "Largest difference of amounts that still agree",
            "金额视为一致的最大差额",
        ),
        decimal(
            "limit",
            "1000000000",
            "1",
            "1000000000000",
            "Largest magnitude of an amount, and of the amounts of lines with the same keys in one data set; larger ones are refused",
            "金额绝对值上限，亦为同一数据集中键相同各行金额绝对值之和的上限，超出则拒绝",
        ),
        choice(
            "normalisation",
            ("nfc-strip",),
            "How keys are compared: texts in Unicode NFC without surrounding white space, numbers without needless zeros",
            "键的比对方式：文本按 Unicode NFC 并去除首尾空白，数字去除多余的零",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(
        Disclosure(
            "table_sizes",
            "every party of the run",
            Words(
                "Every compute party and every data owner of the task learns how many lines each data set has.",
                "各计算方及本任务的各数据方获知每个数据集的明细条数。",
            ),
        ),
        Disclosure(
            "overlaps",
            "the helper",
            Words(
                "The compute party without data learns how many keys any of the data sets have in common with each other.",
                "无数据的计算方获知任意几个数据集之间共有的键的数量。",
            ),
        ),
    ),
    seconds=CostModel("0.021 + 5e-6*rows + 2.5e-7*rows*owners + 0.0027*owners"),
    measured=(Measured("columns", 8, 48), Measured("owners", 2, 12), Measured("rows", 200, 250000)),
    headroom=Words(
        "Amounts are whole units below 2^49 in all data sets, their sums over data sets below 2^56; counts are below 2^31.",
        "各数据集的金额为小于 2^49 的整数单位，跨数据集合计小于 2^56；计数小于 2^31。",
    ),
    needs_dataless_party=True,
    rows_stay=True,
)
