"""Why a task ended: the numbers that go on chain and the sentences people read, one table for both.

The chain carries the number only; what a person reads is fixed text, so that no data can slip into it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """``number`` on chain (uint8), stable ``code``, and what happened and what to do in both languages."""

    number: int
    code: str
    english: str
    chinese: str

    @property
    def of_proposer(self) -> bool:
        """Whether only a proposer gives it, for a withdrawal; all others are a node's or a data owner's."""
        return self.code.startswith(_PROPOSER)


_PROPOSER: Final = "proposer."
_TABLE = (
    Reason(
        1,
        "check.not_started",
        "The chain does not show this task as started.",
        "链上未显示该任务已启动。",
    ),
    Reason(
        2,
        "check.contract_mismatch",
        "The task contract differs from the one on chain; submit the task again.",
        "任务合约与链上不一致；请重新提交任务。",
    ),
    Reason(
        3,
        "check.authorization_mismatch",
        "The authorization consumed is not this party's own or does not cover this task.",
        "被消费的授权不属于本方，或未覆盖该任务。",
    ),
    Reason(
        4,
        "check.data_changed",
        "Local data no longer match the registered commitment; register a new version.",
        "本地数据与已登记的承诺值不符；请登记新版本。",
    ),
    Reason(
        5,
        "check.program_changed",
        "Installed code differs from the registered program; install the approved version.",
        "已安装代码与登记的程序不一致；请安装获批版本。",
    ),
    Reason(
        6,
        "check.peer_keys",
        "A peer's keys are not the registry's; have the registry corrected.",
        "对方密钥与登记不符；请更正登记。",
    ),
    Reason(
        7,
        "check.policy",
        "The task asks for more than the owner's policy allows; narrow the task.",
        "任务超出数据方策略；请缩小任务范围。",
    ),
    Reason(
        8,
        "check.clock",
        "Clocks differ by more than 300 s; synchronise them.",
        "时钟相差超过300秒；请校时。",
    ),
    Reason(
        9,
        "owner.declined",
        "The data owner declined; ask the owner.",
        "数据提供方拒绝；请与其沟通。",
    ),
    Reason(
        10,
        "check.does_not_fit",
        "The task needs more memory or time than there is, a program has no room for tables of this size, or it cannot take one of "
        "the columns; see the node's log, and use fewer rows, smaller limits or other columns.",
        "任务所需内存或时间超过上限，或程序无法容纳此规模的表，或无法接受其中某列；请查看节点日志，并减少行数、缩小范围参数或改用其他列。",
    ),
    Reason(
        11,
        "check.engine",
        "A node has another engine than the task names; upgrade that node, or ask for a task with the engine it has.",
        "某节点安装的引擎与任务指定的不同；请升级该节点，或以其已装引擎重新提议任务。",
    ),
    Reason(
        12,
        "proposer.withdrew",
        "The proposer took the proposal back before it started; nothing was computed and no use was taken.",
        "提议方已在启动前撤回提议；未进行任何计算，未消费任何授权次数。",
    ),
    Reason(
        13,
        "proposer.corrected",
        "The proposer took the proposal back before it started, to propose it anew with corrections; wait for that one.",
        "提议方已在启动前撤回提议，更正后将重新提议；请等待新的提议。",
    ),
    Reason(
        14,
        "check.law",
        "The task lacks something that the law asks of an owner's data; see `tally task check` and that owner's node.",
        "任务缺少法律对某数据方数据所要求的内容；请查看 `tally task check` 与该数据方的节点。",
    ),
    Reason(
        20,
        "run.interrupted",
        "A node stopped after input was sent; a retry needs a new task.",
        "节点在输入发出后中断；重试需新建任务。",
    ),
    Reason(
        21,
        "run.peer_lost",
        "The link to a peer failed during the run; see the abort statement for the peer.",
        "运行中与对方连接中断；详见中止声明。",
    ),
    Reason(
        22,
        "run.input_range",
        "A value was outside its declared range and was not shared; correct the data.",
        "数值超出声明范围，未共享；请更正数据。",
    ),
    Reason(
        23,
        "run.program_failed",
        "The program stopped with an error; see the node's log.",
        "程序出错停止；请查看节点日志。",
    ),
    Reason(
        24,
        "run.protocol_violation",
        "A peer's message broke the protocol; the run was stopped.",
        "对方消息违反协议；运行已停止。",
    ),
    Reason(
        25,
        "run.deadline",
        "The deadline passed before the run ended.",
        "运行结束前已到截止时间。",
    ),
    Reason(
        26,
        "run.evidence_disagrees",
        "The two ends of a link did not countersign the same bytes.",
        "链路两端未对相同字节会签。",
    ),
)

BY_NUMBER = {reason.number: reason for reason in _TABLE}
BY_CODE = {reason.code: reason for reason in _TABLE}
STATED = tuple(reason.code for reason in _TABLE if not reason.of_proposer)
"""What a node may state in its log."""
WITHDRAWALS = tuple(reason.code for reason in _TABLE if reason.of_proposer)
"""What a proposer says of its withdrawal; the first where it says nothing more."""
