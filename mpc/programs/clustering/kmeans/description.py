"""k-means clusters: what it takes, gives, protects and costs."""

from typing import Final

from mpc.programs.parameters import choice, decimal, integer
from mpc.workflow.program import MAX_PARTIES, InputPort, OutputPort, Program
from protocol.programs import CostModel, Measured, Words

PROGRAM: Final = Program(
    program="kmeans@1.0.0",
    title=Words("k-means clusters", "k 均值聚类"),
    inputs=(
        InputPort(
            "tables",
            ("aligned", "stacked", "shared"),
            Words("Rows to cluster; columns of one scale", "待聚类的行；各列量级应一致"),
            values="numbers",
        ),
    ),
    outputs=(
        OutputPort(
            "centroids",
            "shares",
            Words(
                "Cluster centres, one row for each; under a minimum group 0 for columns of three values or fewer",
                "聚类中心，每类一行；约定最小分组时，取值不超过三个的列记为 0",
            ),
            "cells",
        ),
        OutputPort(
            "sizes",
            "shares",
            Words("Rows of each cluster; 0 below the minimum group", "各类行数；低于最小群体数记为 0"),
            "cells",
        ),
        OutputPort(
            "inertia", "shares", Words("Sum of squared distances to the centres", "到中心的距离平方和"), "aggregate"
        ),
        OutputPort(
            "moved",
            "shares",
            Words(
                "How far a coordinate of a centre moved in the last step, at most: about 0 where the clusters are final",
                "最后一步中聚类中心坐标的最大移动量：聚类已收敛时约为 0",
            ),
            "cells",
        ),
        OutputPort(
            "assignments", "shares", Words("Every row's cluster, from 0", "每行所属类别，从 0 起"), "per-person"
        ),
    ),
    parameters=(
        integer("clusters", 3, 2, 64, "Number of clusters", "聚类数"),
        integer("iterations", 10, 1, 100, "Lloyd's steps, always all of them", "迭代步数（固定）"),
        choice(
            "start",
            ("plus", "rows"),
            "Starting centres: k-means++ on a sample, or rows drawn by the seed",
            "初始中心：样本上的 k-means++，或按种子抽取的行",
        ),
        integer("seed", 0, 0, 4294967295, "Public seed of the start", "公开的初始种子"),
        decimal(
            "limit",
            "16",
            "0.001",
            "100000",
            "Largest magnitude of a value where the table declares none; larger ones are refused",
            "表未声明范围时数值绝对值的上限，超出则拒绝",
        ),
    ),
    min_parties=3,
    max_parties=MAX_PARTIES,
    protection_level=4,
    disclosures=(),
    seconds=CostModel(
        "0.0091 + 0.016*iterations + 1.7e-7*iterations*rows*[layout=stacked] + 6.8e-5*clusters*columns"
        " + 2.3e-6*clusters*rows + 0.0038*clusters*iterations + 3.5e-5*clusters*iterations*columns"
        " + 8.7e-7*clusters*iterations*rows + 1.2e-7*clusters*iterations*rows*[layout=stacked]"
    ),
    measured=(
        Measured("clusters", 3, 12),
        Measured("columns", 5, 25),
        Measured("iterations", 4, 20),
        Measured("owners", 2, 5),
        Measured("rows", 200, 240000),
    ),
    headroom=Words(
        "Squared distances are at most 4·columns·limit²; fraction bits follow from that, so that every product and "
        "comparison fits.",
        "距离平方不超过 4·列数·limit²；小数位由此推导，使所有乘积与比较均不溢出。",
    ),
)
