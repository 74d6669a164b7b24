"""Texts of the page of a party's own things, in English and 中文. They travel into the bundle with the others of participants' pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.law.declared import NOT_DECLARED
from protocol.programs import Words

MINE: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "hash_name": Words("Number", "编号"),
        "mine_auth_on_chain": Words("on chain", "已上链"),
        "mine_auth_received": Words("on its way to the chain", "正在上链"),
        "mine_auth_refused": Words("refused by the chain", "被链拒绝"),
        "mine_auth_revoked": Words("taken back", "已撤回"),
        "mine_auth_revoking": Words("being taken back", "正在撤回"),
        "mine_auth_standing": Words("standing, for many tasks", "长期授权，适用于多个任务"),
        "mine_auth_task": Words("for one task", "单个任务"),
        "mine_auth_uses": Words("uses left: {count}", "剩余次数：{count}"),
        "mine_auth_wallet": Words("Signed by an earlier wallet:", "由先前的钱包签署："),
        "mine_auths": Words("What I authorized", "我的授权"),
        "mine_auths_none": Words(
            "You have authorized nothing yet. Requests for your data stand on your desk.",
            "您尚未作出任何授权。针对您数据的请求会列在工作台中。",
        ),
        "mine_data": Words("My data sets", "我的数据集"),
        "mine_data_law": Words("What the law asks", "法律要求的声明"),
        "mine_data_law_said": Words(
            "declared; in the explorer, the page of a task that uses it shows all of it",
            "已声明；全部内容见审计浏览器中使用它的任务页面",
        ),
        "mine_data_level": Words("Data level", "数据分级"),
        "mine_data_none": Words(
            "You have registered no data set. Your node does: tally node dataset add.",
            "您尚未登记数据集。由您的节点登记：tally node dataset add。",
        ),
        "mine_data_unused": Words("No task has asked for it.", "尚无任务请求使用。"),
        "mine_data_uses": Words("Who asked for it, and when", "谁在何时请求使用"),
        "mine_data_version": Words("Newest version", "最新版本"),
        "mine_kept": Words("What was kept at the nodes", "留存于节点的结果"),
        "mine_kept_about": Words(
            "Models and tables that your completed tasks left as shares, by their contracts.",
            "依据合约，您参与并已完成的任务以份额形式留存的模型与表。",
        ),
        "mine_kept_for": Words("for tasks of {users}", "供 {users} 的任务使用"),
        "mine_kept_look": Words("Look through my completed tasks", "查找已完成的任务"),
        "mine_kept_none": Words(
            "None of your newest completed tasks kept anything.", "您最近完成的任务均未留存任何结果。"
        ),
        "mine_key_active": Words("in force", "有效"),
        "mine_key_expired": Words("expired", "已过期"),
        "mine_key_other": Words("void: made with an earlier wallet", "无效：由先前的钱包生成"),
        "mine_key_revoked": Words("revoked", "已吊销"),
        "mine_keys": Words("Access keys of my programs", "本方程序的访问密钥"),
        "mine_keys_none": Words("There is none. tally token makes one.", "没有访问密钥。可用 tally token 生成。"),
        "mine_name": Words("Party", "参与方"),
        "mine_node": Words("My node", "我的节点"),
        "mine_node_address": Words("Listens at", "监听地址"),
        "mine_node_false": Words(
            "The coordinator shows an announcement that your registered node key did not sign. Look at your node; tell the operator.",
            "协调方所示公告并非由您登记的节点密钥签署。请检查您的节点，并告知运营方。",
        ),
        "mine_node_key": Words("Node key", "节点密钥"),
        "mine_node_said": Words(
            "Said by your node when it last started, signed with the registered key. Whether it runs now your node tells: tally node status.",
            "由您的节点在最近一次启动时声明，并以登记的密钥签名。当前是否运行请在节点上查看：tally node status。",
        ),
        "mine_node_sequence": Words("Start number", "启动序号"),
        "mine_node_silent": Words("No node of yours has announced itself.", "您的节点尚未发布公告。"),
        "mine_profile": Words("My record in the registry", "我的登记信息"),
        "mine_roles": Words("Roles", "角色"),
        "mine_seal_key": Words("Key to which results are sealed", "结果密封密钥"),
        "mine_signer": Words("Node signer", "节点签名地址"),
        "mine_title": Words("My things", "我的"),
        "mine_wallet": Words("Wallet", "钱包"),
        "not_declared": NOT_DECLARED,
    }
)
