"""A query over rows of several owners: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import sql
from mpc.programs.stats.words import LIMIT
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="stats.sql@1.0.0",
    title=Words("A query in SQL", "SQL 查询"),
    inputs=(
        InputPort(
            "tables",
            ("aligned", "stacked"),
            Words(
                "The rows that the query is about. A column `x` is NULL where a column `x[missing]` beside it is 1, as `indicator` of a recipe makes it",
                "查询所涉及的行。若旁有列 `x[missing]` 且取值为 1（由处理配方的 `indicator` 生成），则列 `x` 在该行为 NULL",
            ),
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort(
            "figures",
            "shares",
            Words(
                "What the answer is computed from, one row for each group: COUNT(*), the number of values of each argument, and its sums (for variances also of"
                " squares), some held smaller by a power of two that their name says. HAVING, ORDER BY and LIMIT hide nothing of it. 0 where a group does not show",
                "用于计算答案的数字，每组一行：COUNT(*)、各参数的非空个数及其总和（方差还有平方和），部分按名称所示的 2 的幂缩放。"
                "HAVING、ORDER BY 与 LIMIT 并不隐藏其中任何数字。未显示的组记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "shown",
            "shares",
            Words(
                "1 for groups that show. Others are of nobody, or one of their figures (rows, rows that WHERE leaves out, NULLs, rare values, branches of CASE) is"
                " of fewer people than the minimum group, or they keep totals from giving such a group away; groups of one value of the first GROUP BY expression hide together",
                "显示的组为 1。其余组无人，或其某一数字（行数、被 WHERE 排除的行、NULL、罕见取值、CASE 各分支）涉及的人数少于最小群体数，"
                "或为使合计不致泄露而隐藏；GROUP BY 首个表达式同一取值下的各组一并隐藏",
            ),
            "structure",
        ),
    ),
    parameters=(
        sql(
            "sql",
            "The query, in one line: SELECT groups and COUNT, SUM, AVG, VAR_SAMP, VAR_POP, STDDEV_SAMP, STDDEV_POP FROM rows (or owners: bank JOIN shop USING (id))"
            " WHERE … GROUP BY … HAVING … ORDER BY … LIMIT …; values of a column to group by are declared in WHERE as `region IN (0, 1, 2)`",
            "一行查询：SELECT 分组与 COUNT、SUM、AVG、VAR_SAMP、VAR_POP、STDDEV_SAMP、STDDEV_POP FROM rows（或数据方：bank JOIN shop USING (id)）"
            " WHERE … GROUP BY … HAVING … ORDER BY … LIMIT …；分组列的取值须在 WHERE 中以 `region IN (0, 1, 2)` 声明",
        ),
        LIMIT,
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.0082 + 0.0043*[layout=aligned] + 6.9e-8*rows*[layout=stacked] + 1.6e-6*rows*[layout=aligned] + 1.2e-5*columns*[layout=stacked]"
    ),
    measured=(
        Measured("columns", 5, 24),
        Measured("owners", 2, 2),
        Measured("rows", 200, 60000),
    ),
    headroom=Words(
        "Fraction bits follow from limit, rows and the query, whose bounds in WHERE (`age BETWEEN 18 AND 99`) leave more of them; a run that leaves none is "
        "refused before it starts.",
        "小数位由 limit、行数与查询推导，WHERE 中的上下界（如 `age BETWEEN 18 AND 99`）可留出更多小数位；无剩余位数时拒绝运行。",
    ),
)
