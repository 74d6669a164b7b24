"""Every metric that a process of ours may tell, once: its name, kind, words, and for each label the values it may have.

A label's values are a closed list, so how many series a process has is known before it starts. No metric names a party, a task, a
data set or a program: who reads a monitor learns how busy the system is, never whose work it does. The dashboard is written from this
table (`python -m tools.dashboard`), the alert rules are checked against it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from protocol.programs import Words
from protocol.vocabulary import TaskState

Process = Literal["api", "engine", "node", "explorer"]
Kind = Literal["gauge", "counter", "histogram"]
Unit = Literal["", "s", "bytes", "blocks", "bool"]
LOCAL: Final = "127.0.0.1"
"""Where metrics are served unless the operator names another address."""
PROCESSES: Final[tuple[Process, ...]] = ("api", "engine", "node", "explorer")

PARTS: Final[dict[Process, tuple[str, ...]]] = {
    "api": ("database", "chain"),
    "engine": ("database", "chain", "disk"),
    "node": ("state", "chain", "slots", "sessions", "disk"),
    "explorer": ("database",),
}
"""What a process reads at a scrape, each on its own: one that does not answer hides nothing of the others."""
ROUTES: Final = (
    "announcements", "applications", "authorizations", "credentials", "data-sets", "deployment", "engines", "events", "evidence",
    "health", "invitations", "keys", "logs", "parties", "programs", "ready", "receipts", "sessions", "sign-in", "tasks", "webhooks", "other",
)  # fmt: skip
"""First words of the API's paths below ``/v1``; everything else, strangers' guesses above all, is ``other``."""
STATUS: Final = ("1xx", "2xx", "3xx", "4xx", "5xx")
LOOPS: Final = (
    "index", "relay", "start", "expire", "publish", "bundle", "webhooks", "hops", "sweep", "credentials", "witness",
)  # fmt: skip
RELAYED: Final = ("propose", "submit", "revoke", "revoke-all", "commit", "abort", "attest", "anchor", "passkey-account")
OPEN: Final = ("submitted", "proposed", "started")
ENDED: Final = ("failed", *(state.name.lower() for state in TaskState if state.name.lower() not in (*OPEN, "none")))
STAGES: Final = (
    "received", "checked", "running", "input_sent", "computed", "committed", "completed", "released", "failed", "erased", "anchored",
)  # fmt: skip
OUTCOMES: Final = ("done", "refused", "aborted", "expired", "disputed")
SHORT: Final = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
LONG: Final = (1.0, 5.0, 20.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; ``labels`` are (name, all values it may have). ``unit`` is how a dashboard writes it."""

    name: str
    kind: Kind
    processes: tuple[Process, ...]
    about: Words
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unit: Unit = ""
    buckets: tuple[float, ...] = ()


def _parts() -> tuple[str, ...]:
    return tuple(sorted({part for parts in PARTS.values() for part in parts}))


METRICS: Final = (
    Metric(
        "tally_part_up", "gauge", PROCESSES,
        Words("Whether this part answered at the scrape", "抓取时该部分是否有响应"),
        (("part", _parts()),), unit="bool",
    ),
    Metric(
        "tally_chain_head", "gauge", ("api", "engine", "node"),
        Words("Newest block that the process's own chain endpoint knows", "本进程链端点的最新区块"), unit="blocks",
    ),
    Metric(
        "tally_indexed_block", "gauge", ("engine", "explorer"),
        Words("Newest block in the index", "已索引的最新区块"), unit="blocks",
    ),
    Metric(
        "tally_chain_lag_blocks", "gauge", ("engine",),
        Words("Blocks by which the index is behind the chain's head", "索引落后于链最新区块的区块数"), unit="blocks",
    ),
    Metric(
        "tally_disk_free_bytes", "gauge", ("engine", "node"),
        Words("Free bytes where the process keeps its state", "状态目录所在磁盘的剩余字节数"), unit="bytes",
    ),
    # the API
    Metric(
        "tally_api_requests_total", "counter", ("api",),
        Words("Requests answered, by what they are about and their status", "已应答的请求，按对象与状态"),
        (("route", ROUTES), ("status", STATUS)),
    ),
    Metric(
        "tally_api_request_seconds", "histogram", ("api",),
        Words("Seconds until an answer begins; those that ask to wait are counted apart", "开始应答所需秒数；要求等待的请求单独统计"),
        (("asked", ("now", "waiting")),), unit="s", buckets=SHORT,
    ),
    Metric(
        "tally_api_requests_open", "gauge", ("api",),
        Words("Requests under way, streams among them", "处理中的请求（含事件流）"),
    ),
    # the engine
    Metric(
        "tally_loop_age_seconds", "gauge", ("engine",),
        Words("Seconds since a loop last went round well", "循环上次成功运行距今的秒数"), (("loop", LOOPS),), unit="s",
    ),
    Metric(
        "tally_loop_failing", "gauge", ("engine",),
        Words("1 while a loop's last round failed", "循环最近一次运行失败时为1"), (("loop", LOOPS),), unit="bool",
    ),
    Metric("tally_dead_letters", "gauge", ("engine",), Words("Items that the engine gave up", "引擎已放弃的条目")),
    Metric(
        "tally_tasks", "gauge", ("engine",),
        Words("Tasks that are not over, by state", "未结束的任务，按状态"), (("state", OPEN),),
    ),
    Metric(
        "tally_tasks_overdue", "gauge", ("engine",),
        Words("Tasks that are not over an hour after their deadline", "截止时间过后一小时仍未结束的任务"),
    ),
    Metric(
        "tally_tasks_ended_last_hour", "gauge", ("engine",),
        Words("Tasks that ended within the last hour, by how", "最近一小时内结束的任务，按结局"), (("state", ENDED),),
    ),
    Metric(
        "tally_relay_jobs_waiting", "gauge", ("engine",),
        Words("Signed requests that wait for the chain, by kind; anchors among them", "等待上链的已签名请求（含锚定），按类型"),
        (("kind", RELAYED),),
    ),
    Metric(
        "tally_relay_oldest_seconds", "gauge", ("engine",),
        Words("For how long the oldest of them has waited", "其中最早一条已等待的秒数"), unit="s",
    ),
    Metric(
        "tally_outbox_waiting", "gauge", ("engine",),
        Words("Messages that the broker has not taken yet", "消息代理尚未接收的消息"),
    ),
    Metric(
        "tally_outbox_oldest_seconds", "gauge", ("engine",),
        Words("For how long the oldest of them has waited", "其中最早一条已等待的秒数"), unit="s",
    ),
    Metric(
        "tally_bundles_waiting", "gauge", ("engine",),
        Words("Ended tasks whose evidence bundle is to be built", "待生成证据包的已结束任务"),
    ),
    Metric(
        "tally_webhook_messages_waiting", "gauge", ("engine",),
        Words("Webhook messages that are not delivered yet", "尚未投递的 Webhook 消息"),
    ),
    Metric(
        "tally_webhooks", "gauge", ("engine",),
        Words("Webhooks by standing", "Webhook 数量，按状态"), (("status", ("active", "failing", "off")),),
    ),
    Metric(
        "tally_newest_anchor_block", "gauge", ("engine",),
        Words("Block of the newest anchor of any party", "任一参与方最新锚定所在区块"), unit="blocks",
    ),
    Metric(
        "tally_log_forks", "gauge", ("engine",),
        Words("Contradictions between signed heads of logs", "已签署的日志检查点之间的矛盾"),
    ),
    Metric(
        "tally_logs_unwitnessed", "gauge", ("engine",),
        Words("Newest heads of logs that a witness has not cosigned for an hour, once for each witness", "超过一小时未获某见证方签署的日志最新检查点，按见证方逐一计数"),
    ),
    # the node
    Metric(
        "tally_node_slots", "gauge", ("node",),
        Words("Run slots that the node has", "运行槽位总数"), (("kind", ("task", "session")),),
    ),
    Metric(
        "tally_node_slots_used", "gauge", ("node",),
        Words("Run slots in use", "使用中的运行槽位"), (("kind", ("task", "session")),),
    ),
    Metric(
        "tally_node_runs_waiting", "gauge", ("node",),
        Words("Runs that wait for a slot or for their peers", "等待槽位或对端的运行"),
    ),
    Metric(
        "tally_node_tasks", "gauge", ("node",),
        Words("Tasks at this node that are not over, by stage", "本节点未结束的任务，按阶段"), (("stage", STAGES),),
    ),
    Metric(
        "tally_node_tasks_ended_total", "counter", ("node",),
        Words("Tasks that ended at this node since it started, by how", "本节点启动以来结束的任务，按结局"),
        (("outcome", OUTCOMES),),
    ),
    Metric(
        "tally_node_stage_seconds", "histogram", ("node",),
        Words("Seconds that a task spent in a stage", "任务在各阶段停留的秒数"),
        (("stage", STAGES),), unit="s", buckets=LONG,
    ),
    Metric(
        "tally_node_receipts_owed", "gauge", ("node",),
        Words("Receipts that coordinator or chain do not have yet", "尚未送达协调方或上链的回执"),
    ),
    Metric(
        "tally_node_receipts_oldest_seconds", "gauge", ("node",),
        Words("For how long the oldest of them has been owed", "其中最早一条已待送的秒数"), unit="s",
    ),
    Metric(
        "tally_node_peers", "gauge", ("node",),
        Words("Other nodes by how the runs that wait see them", "其他节点，按等待中的运行所见状态"),
        (("state", ("connected", "absent", "busy")),),
    ),
    Metric(
        "tally_node_chain_age_seconds", "gauge", ("node",),
        Words("Seconds from the time of the chain's newest block to this node's clock", "链最新区块时间与本节点时钟之差（秒）"), unit="s",
    ),
    Metric(
        "tally_node_sessions", "gauge", ("node",),
        Words("Sessions in which this node answers", "本节点应答中的会话"),
    ),
    Metric(
        "tally_node_answers_waiting", "gauge", ("node",),
        Words("Answers whose receipts no anchor covers yet", "回执尚未上链存证的答复"),
    ),
    Metric(
        "tally_node_answers_delay_used", "gauge", ("node",),
        Words("How much of its promised delay the oldest of these receipts has used: from a half on nothing further is answered", "其中最早的回执已用去约定时限的比例：过半即不再应答"),
    ),
    # the explorer
    Metric(
        "tally_explorer_requests_total", "counter", ("explorer",),
        Words("Pages answered, by status", "已应答的页面，按状态"), (("status", STATUS),),
    ),
    Metric(
        "tally_explorer_request_seconds", "histogram", ("explorer",),
        Words("Seconds until a page begins", "页面开始应答所需秒数"), unit="s", buckets=SHORT,
    ),
)  # fmt: skip
BY_NAME: Final = {metric.name: metric for metric in METRICS}


def of_process(process: Process) -> tuple[Metric, ...]:
    """The metrics that a process tells."""
    return tuple(metric for metric in METRICS if process in metric.processes)
