"""Texts of what a party sends to the chain with its own wallet (reviews, uses given back), and of what is its own, in English and 中文.

They travel into the bundle with the others of participants' pages (:mod:`audit_explorer.desk_words`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Words

ACTS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "demo_about": Words(
            "Demo wallets: their keys are in this page, for whoever opens it. They are for trying out; what they sign binds nobody.",
            "演示钱包：其密钥就在本页中，任何打开本页的人都可取得。仅供试用；其签署对任何人均无约束力。",
        ),
        "demo_name": Words("Demo wallet of {party}", "{party} 的演示钱包"),
        "demo_reject": Words("Reject", "拒绝"),
        "demo_sign": Words("Sign", "签署"),
        "demo_title": Words("Demo wallet of {party} is asked to sign", "{party} 的演示钱包请求签署"),
        "hash_tasks": Words("Contract that is called", "所调用的合约"),
        "judge_about": Words(
            "If you approve, these results are released to those who read them, and to nobody else. You see no result here.",
            "如您批准，下列结果将释放给所列读取方，且仅限于此。您在此看不到任何结果。",
        ),
        "judge_approve": Words("Approve the release", "批准释放"),
        "judge_call": Words(
            "The wallet sends one of these calls to this contract. If it shows another contract or other data, reject it there.",
            "钱包会向该合约发送以下调用之一。如显示的合约或数据不同，请在钱包中拒绝。",
        ),
        "judge_final": Words(
            "Your word goes on the chain from your own wallet, past the coordinator, and is final.",
            "您的决定由您自己的钱包直接上链，不经协调方，且不可更改。",
        ),
        "judge_later": Words("You can decide when the task has completed.", "任务完成后方可作出决定。"),
        "judge_reject": Words("Forbid the release", "禁止释放"),
        "judge_statement": Words("Your reasons as a document, if you like", "理由文件（可选）"),
        "judge_statement_about": Words(
            "It stays here: only its SHA-256 goes on the chain.", "文件不会离开本机，仅其 SHA-256 上链。"
        ),
        "judge_title": Words("Review of the result", "结果复核"),
        "receipt_approved": Words("Receipt: you approved the release", "回执：您已批准释放"),
        "receipt_rejected": Words("Receipt: you forbade the release", "回执：您已禁止释放"),
        "receipt_returned": Words("Receipt: you were given the use back", "回执：使用次数已退回"),
        "receipt_transaction": Words("Transaction", "交易"),
        "receipt_withdrawn": Words("Receipt: you took your proposal back", "回执：您已撤回提议"),
        "return_about": Words(
            "The task ended without a result. If your node had not begun to send input, the use can be given back. You state that with"
            " your signature; your node's log and the other parties' would contradict a false statement.",
            "任务未产生结果即告结束。如您的节点尚未开始发送输入，可退回该次使用。您将以签名作此声明；如声明不实，您的节点与其他各方的日志会与之矛盾。",
        ),
        "return_act": Words("Give the use back with my wallet", "用钱包签署退回"),
        "return_open": Words("Give the use of this task back", "退回该任务的使用次数"),
        "return_stated": Words(
            "I have looked at my node: it sent no input for this task. (tally authorization return looks by itself.)",
            "我已查看本方节点：未为该任务发送输入。（tally authorization return 会自动查验。）",
        ),
        "return_twice": Words(
            "The wallet asks twice: for the signature, then for the transaction that carries it to the chain.",
            "钱包会询问两次：先签名，再发送将其上链的交易。",
        ),
        "withdraw_about": Words(
            "Until the task starts you can take it back. It then ends for everybody, for good; no use of anybody's consent is taken, and"
            " standing authorizations stay as they are. The reason goes on the chain as a number. A start that comes first wins.",
            "任务启动前可撤回提议。撤回后任务对所有各方终止，不可恢复；不消费任何人的授权次数，长期授权不受影响。理由以编号形式上链。若启动先上链，则以启动为准。",
        ),
        "withdraw_act": Words("Take the proposal back with my wallet", "用钱包签署撤回"),
        "withdraw_open": Words("Take this proposal back", "撤回该提议"),
        "withdraw_title": Words("Your proposal", "您的提议"),
    }
)

ACT_PROBLEMS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "use.returned": Words(
            "The chain has no use of this authorization for this task that could be given back: it is returned already.",
            "链上没有可就此任务退回的该授权使用次数：已退回。",
        ),
        "wallet.pending": Words(
            "The wallet sent it, and no block has it yet. Do not send it again: look at the wallet, then load the page again.",
            "钱包已发送，但尚未进入区块。请勿重复发送：请查看钱包，然后重新载入本页。",
        ),
        "wallet.reverted": Words(
            "The chain refused the transaction, and nothing has changed. Load the page again to see how things stand.",
            "链拒绝了该交易，没有任何变化。请重新载入本页查看当前状况。",
        ),
    }
)
