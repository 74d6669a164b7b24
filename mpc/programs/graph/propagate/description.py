"""Scores carried along the edges of several owners: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import columns, decimal, integer
from mpc.workflow.program import MAX_OWNERS, MAX_PARTIES, Disclosure, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="graph.propagate@1.0.0",
    title=Words("Carry what is known of some nodes along the edges of several owners", "沿多方的边传播已知节点的标记"),
    inputs=(
        InputPort(
            "edges",
            ("table",),
            Words(
                "Data sets of edges without direction (transfers, calls), one row for each, with the two columns of `ends`, and in all of them or in none a"
                " column of weights, whole numbers from 1",
                "无向边（转账、通话等）的数据集，每行一条边，含 `ends` 所列两列；各数据集可另含一列权重（自 1 起的整数），要么都有，要么都没有",
            ),
            most=MAX_OWNERS,
            values="keyed",
            levels="ends",
        ),
        InputPort(
            "seeds",
            ("table",),
            Words(
                "Nodes that are known, a blacklist, in the column `node`", "已知节点（如黑名单），位于 `node` 所列的列"
            ),
            values="keyed",
            levels="node",
        ),
        InputPort(
            "asked",
            ("table",),
            Words(
                "Nodes to be classed, in the column `node`; their owner alone reads the classes",
                "待分级的节点，位于 `node` 所列的列；分级结果仅供其数据方读取",
            ),
            values="keyed",
            levels="node",
        ),
    ),
    outputs=(
        OutputPort(
            "classes",
            "shares",
            Words(
                "A class of each row of `asked`, in that order: how many of classes - 1 bounds its score reaches, which lie evenly up to threshold. A score is the damped mean of"
                " the neighbours' scores, weighted where edges have weights, seeds being 1. IT TELLS ABOUT EDGES OF OTHERS: a node far from all seeds in its owner's own graph that is in a high class is"
                " near some seed by edges that others have",
                "`asked` 各行的级别，顺序相同：其分值达到 classes - 1 个界限中的几个，界限在 threshold 以下等分。分值为相邻节点分值的阻尼均值（边有权重时加权），已知节点为 1。"
                "该结果会透露他方的边：若某节点在其数据方自己的图中远离所有已知节点，却处于高级别，则说明它经由他方的边接近某个已知节点",
            ),
            "per-person",
        ),
    ),
    parameters=(
        columns("ends", "source, target", "The two columns that an edge's nodes stand in", "边的两端节点所在的两列"),
        columns("node", "node", "The column of seeds and of asked nodes", "已知节点与待分级节点所在的列"),
        integer(
            "weight_limit",
            1000,
            1,
            1000000,
            "Largest weight of an edge, where edges have weights; larger ones are refused",
            "边有权重时的最大权重，超出则拒绝",
        ),
        integer("rounds", 3, 2, 20, "How many edges scores are carried along", "分值传播的边数（轮数）"),
        decimal(
            "damping", "0.85", "0.1", "0.99", "Part of a score that comes from neighbours", "分值中来自相邻节点的比例"
        ),
        decimal("threshold", "0.1", "0.001", "1", "Score from which a node is in the last class", "最高级别的分值下限"),
        integer("classes", 2, 2, 8, "How many classes there are", "级别数"),
        integer(
            "minimum_seeds",
            5,
            2,
            10000000,
            "Refuse when fewer different seeds are there",
            "不同的已知节点少于此数则拒绝",
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
                "Every compute party and every data owner of the task learns how many rows each data set has.",
                "各计算方及本任务的各数据方获知每个数据集的行数。",
            ),
        ),
        Disclosure(
            "union_size",
            "every party of the run",
            Words(
                "Every compute party and every data owner of the task learns how many different nodes all owners have together.",
                "各计算方及本任务的各数据方获知各方合计有多少个不同的节点。",
            ),
        ),
        Disclosure(
            "overlaps",
            "the helper",
            Words(
                "The compute party without data learns how many nodes each owner has, and how many any of them have in common.",
                "无数据的计算方获知各方的节点数，以及任意几方共有的节点数。",
            ),
        ),
    ),
    seconds=CostModel("0.044 + 4.3e-6*rows + 0.0099*rounds + 2.9e-6*rows*rounds"),
    measured=(
        Measured("columns", 6, 6),
        Measured("owners", 2, 2),
        Measured("rounds", 2, 10),
        Measured("rows", 200, 30000),
    ),
    headroom=Words(
        "Scores are at most 1 with 26 places, sums over neighbours at most the weight of all edges, below 2^30; both are proven within the range.",
        "分值不超过 1，保留 26 个二进制小数位；对相邻节点求和不超过全部边的权重（小于 2^30）；两者均证明在数值范围内。",
    ),
    needs_dataless_party=True,
    rows_stay=True,
)
