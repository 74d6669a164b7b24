"""Texts of what a task costs and how far it protects, in English and 中文; the page that proposes and the one that consents say the same.

They travel into the bundle with the others of participants' pages (:mod:`audit_explorer.desk_words`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Words

COSTS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "cost_about_seconds": Words("about {count} s", "约 {count} 秒"),
        "cost_beyond": Words(
            "Beyond what the programs were measured at: {names}. The time is extrapolated.",
            "超出程序实测范围：{names}。所列时间为外推值。",
        ),
        "cost_bytes": Words("Sent by the compute party that sends most", "发送最多的计算方的通信量"),
        "cost_failure": Words("Chance that rounding makes the result wrong, at most", "舍入导致结果出错的概率上限"),
        "cost_memory": Words("Memory of a compute party", "每个计算方所需内存"),
        "cost_rounds": Words("Rounds of messages", "通信轮数"),
        "cost_seconds": Words("Running time", "运行时间"),
        "cost_title": Words("Predicted cost and protection", "预计开销与保护等级"),
        "cost_unknown": Words("not planned", "未规划"),
        "cost_unplanned": Words(
            "The coordinator made no plan of traffic, memory and rounds for this contract:",
            "协调方未对此合约的通信量、内存与轮数作出规划：",
        ),
        "cost_whose": Words(
            "Time, traffic, memory and reached level are the coordinator's prediction: this page cannot check them.",
            "时间、通信量、内存与可达等级为协调方的预测，本页无法核验。",
        ),
        "cost_yours": Words("What it costs your node, and how far it protects", "本方节点的开销与保护程度"),
        "cost_yours_computes": Words(
            "Your node is one of the compute parties: it takes about this much, beside reading your rows.",
            "您的节点是计算方之一：除读取您的行之外，开销约如下。",
        ),
        "cost_yours_sends": Words(
            "Your node is no compute party: it reads your rows, sends shares of them and stays connected for as long as the run takes. Traffic"
            " and memory are those of a compute party.",
            "您的节点不是计算方：它读取您的行、发送其份额，并在运行期间保持连接。所列通信量与内存为计算方的开销。",
        ),
        "level_1": Words(
            "1 of 5: one party that follows the protocol sees de-identified or hashed records",
            "1（共 5 级）：遵守协议的单个计算方可见去标识化或哈希后的记录",
        ),
        "level_2": Words(
            "2 of 5: one party that follows the protocol sees each round's sums over at least three owners",
            "2（共 5 级）：遵守协议的单个计算方可见每轮中至少三个所有方的合计",
        ),
        "level_3": Words(
            "3 of 5: one party that follows the protocol learns the declared side facts and, where it reads it, the result",
            "3（共 5 级）：遵守协议的单个计算方仅获知所声明的附带事实，以及（如为读取方）结果",
        ),
        "level_4": Words(
            "4 of 5: one party that follows the protocol learns declared sizes alone and, where it reads it, the result",
            "4（共 5 级）：遵守协议的单个计算方仅获知所声明的规模，以及（如为读取方）结果",
        ),
        "level_5": Words(
            "5 of 5: as 4, and a party that cheats is caught before anything is released",
            "5（共 5 级）：同 4 级，且作弊方在释放任何内容之前即被发现",
        ),
        "level_asked": Words("Protection level that the contract asks for", "合约要求的保护等级"),
        "level_collusion": Words("Collusion threshold", "合谋门限"),
        "level_collusion_said": Words(
            "{count} of the {of} compute parties together could see the data; fewer learn nothing",
            "{of} 个计算方中须有 {count} 方合谋才能看到数据，少于此数则一无所知",
        ),
        "level_reached": Words("Protection level that the programs reach", "程序可达的保护等级"),
        "level_unknown": Words("not known: nobody has described one of the programs", "未知：有程序无人描述"),
    }
)

COST_PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "cost.malformed": Words(
            "The coordinator's prediction is of another task, or no prediction. Rely on nothing of it; tell its operator.",
            "协调方的预测针对另一任务，或不成其为预测。请勿采信，并告知其运营方。",
        ),
    }
)
