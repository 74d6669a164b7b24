"""States, roles and the words for them, once: numbers on chain, names in the API, and what people read in two languages.

Whatever names a state or a role takes it from here; ``tests/unit/protocol/test_vocabulary.py`` compares the contracts, the
database, the API and the texts with this page. Why a task ended is in :mod:`protocol.reasons`.
"""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final, Literal

from protocol import reasons
from protocol.programs import Language, Words


class TaskState(IntEnum):
    """States of a task on chain (``Types.sol``); ``name.lower()`` is the API's word."""

    NONE = 0
    PROPOSED = 1
    STARTED = 2
    COMPLETED = 3
    DISPUTED = 4
    ABORTED = 5
    REFUSED = 6
    EXPIRED = 7


class Review(IntEnum):
    """The named reviewer's word on the output, on chain."""

    NONE = 0
    APPROVED = 1
    REJECTED = 2
    EXPIRED = 3


class ReleaseKind(IntEnum):
    """What a release is (``Types.sol``)."""

    PROGRAM = 0
    ENGINE = 1


class Role(IntEnum):
    """Role bits of a party (``Types.sol``)."""

    DATA_PROVIDER = 1
    COMPUTE_PROVIDER = 2
    ALGORITHM_PROVIDER = 4
    SCHEDULER = 8
    RESULT_USER = 16
    REGULATOR = 32
    CERTIFIER = 64
    PLATFORM = 128

    @property
    def word(self) -> str:
        """The name in files and commands: ``data-provider``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Term:
    """A state or role as people read it; ``about`` says what it means."""

    name: str
    word: Words
    about: Words


TaskStateName = Literal[
    "submitted", "failed", "proposed", "started", "completed", "disputed", "aborted", "refused", "expired", "unknown"
]
"""A task's state in the API; the first two are the coordinator's, before the chain knows the task, the last says that the
coordinator could not read or follow an event about it.
"""
TaskPart = Literal["proposer", "committee", "owner", "result-user", "auditor", "reviewer", "scheduler"]
"""What a party is to a task."""
SUBMITTED: Final = "submitted"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
CHAIN_STATES: Final = tuple(state.name.lower() for state in TaskState)
"""By their number on chain."""
TRANSITIONS: Final = MappingProxyType(
    {
        TaskState.NONE: frozenset({TaskState.PROPOSED}),
        TaskState.PROPOSED: frozenset({TaskState.STARTED, TaskState.ABORTED, TaskState.REFUSED, TaskState.EXPIRED}),
        TaskState.STARTED: frozenset(state for state in TaskState if state > TaskState.STARTED),
    }
)
"""The one transition table of a task, as in ``TaskStates.sol``; states that are not listed are ends."""
CHAIN_ENDS: Final = frozenset(state for state in TaskState if state not in TRANSITIONS)
ENDED_ON_CHAIN: Final = frozenset(state.name.lower() for state in CHAIN_ENDS)
ENDED: Final = ENDED_ON_CHAIN | {FAILED}
"""States from which nothing follows, the coordinator's own included."""


def _term(name: str, words: tuple[str, str], about: tuple[str, str]) -> Term:
    return Term(name, Words(*words), Words(*about))


TASK_STATES: Final = MappingProxyType(
    {
        term.name: term
        for term in (
            _term(
                SUBMITTED,
                ("submitted", "已提交"),
                ("The coordinator has it and is putting it on chain.", "协调方已收到，正在上链。"),
            ),
            _term(FAILED, ("not accepted", "未受理"), ("It could not be put on chain.", "未能上链。")),
            _term(
                "proposed",
                ("proposed", "已提议"),
                (
                    "It is on chain and waits for every data owner's authorization.",
                    "已上链，等待每个数据提供方授权。",
                ),
            ),
            _term(
                "started",
                ("running", "运行中"),
                (
                    "All authorizations were consumed; the committee computes.",
                    "全部授权已消费；计算节点组正在计算。",
                ),
            ),
            _term(
                "completed",
                ("completed", "已完成"),
                (
                    "All commitments agree. Results were releasable only from here on.",
                    "全部承诺一致。自此才可释放结果。",
                ),
            ),
            _term(
                "disputed",
                ("disputed", "有争议"),
                (
                    "Commitments contradict each other; nothing was released.",
                    "承诺相互矛盾；未释放任何内容。",
                ),
            ),
            _term(
                "aborted",
                ("aborted", "已中止"),
                (
                    "A party ended it before its commitment, or its proposer took it back before it started; nothing was released.",
                    "某参与方在提交承诺前结束任务，或提议方在启动前将其撤回；未释放任何内容。",
                ),
            ),
            _term(
                "refused",
                ("refused", "已拒绝"),
                ("A party said no before it sent any input.", "某参与方在发出任何输入之前拒绝。"),
            ),
            _term(
                "expired",
                ("expired", "已逾期"),
                (
                    "The deadline passed before every party had committed; nothing was released.",
                    "截止时间已过而并非各方均已提交承诺；未释放任何内容。",
                ),
            ),
            _term(
                UNKNOWN,
                ("not known", "未知"),
                (
                    "An event about it could not be read here; the chain itself says where it stands.",
                    "本处无法读取与其相关的某个事件；其状态以链上为准。",
                ),
            ),
        )
    }
)

REVIEWS: Final = MappingProxyType(
    {
        "none": Words("not reviewed", "未复核"),
        "approved": Words("approved", "已批准"),
        "rejected": Words("rejected", "已否决"),
        "expired": Words("review expired", "复核逾期"),
    }
)
"""A review's names in the API, by their number on chain; an expired one forbids the release for ever, as a rejection does."""

NodeState = Literal["waiting", "computing", "committed", "released", "ended"]
"""How far a node says it is."""
NODE_STATES: Final = MappingProxyType(
    {
        "waiting": Words("waiting", "等待中"),
        "computing": Words("computing", "计算中"),
        "committed": Words("committed", "已提交承诺"),
        "released": Words("released", "已释放"),
        "ended": Words("ended", "已结束"),
    }
)

ROLE_BITS: Final = MappingProxyType({role.word: int(role) for role in Role})
"""Role names and their bits on chain."""
ROLE_WORDS: Final = MappingProxyType(
    {
        "data-provider": Words("data provider", "数据提供方"),
        "compute-provider": Words("compute provider", "计算提供方"),
        "algorithm-provider": Words("algorithm provider", "算法提供方"),
        "scheduler": Words("scheduler", "调度方"),
        "result-user": Words("result user", "结果使用方"),
        "regulator": Words("regulator", "监管方"),
        "certifier": Words("certifier", "认证方"),
        "platform": Words("platform", "平台方"),
    }
)

PART_WORDS: Final = MappingProxyType(
    {
        "proposer": Words("proposer", "提议方"),
        "committee": Words("committee", "计算方"),
        "owner": Words("data owner", "数据提供方"),
        "result-user": Words("result user", "结果使用方"),
        "auditor": Words("auditor", "审计方"),
        "reviewer": Words("reviewer", "复核方"),
        "scheduler": Words("scheduler", "调度方"),
    }
)

LOOK_WORDS: Final = MappingProxyType(
    {
        "bundle": Words("evidence bundle", "证据包"),
        "contract": Words("words of the contract", "合约原文"),
        "path": Words("path to a trusted block", "至可信区块的路径"),
        "shares": Words("its own sealed shares", "其自身的密封份额"),
    }
)
"""What of a task's evidence the coordinator gave to somebody."""

LINK_NOTES: Final = MappingProxyType(
    {
        "link.timeout": Words("no answer on the link", "链路无应答"),
        "link.unreachable": Words("the peer is not there yet", "对方尚未就绪"),
        "link.busy": Words("the peer runs other tasks and has no slot free", "对方正在运行其他任务，没有空闲槽位"),
    }
)


def say(words: Words, language: Language) -> str:
    """The text in one language."""
    return words.english if language == "en" else words.chinese


def task_state(name: str, language: Language) -> str:
    """The word for a task's state; a name that this version does not know is printed as it is."""
    term = TASK_STATES.get(name)
    return name if term is None else say(term.word, language)


def review(name: str, language: Language) -> str:
    """The word for a review's state; a name that this version does not know is printed as it is."""
    words = REVIEWS.get(name)
    return name if words is None else say(words, language)


def node_state(name: str, language: Language) -> str:
    """The word for a node's state; a name that this version does not know is printed as it is."""
    words = NODE_STATES.get(name)
    return name if words is None else say(words, language)


def note(code: str, language: Language) -> str:
    """What a node's note means: a reason's sentence, a link's state, or the code where it has no words."""
    if reason := reasons.BY_CODE.get(code):
        return f"{reason.english if language == 'en' else reason.chinese} [{code}]"
    if code in LINK_NOTES:
        return f"{say(LINK_NOTES[code], language)} [{code}]"
    return code
