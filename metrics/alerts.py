"""What to watch: rules over the catalogue's metrics, each with what it means and what to do, in both languages.

Prometheus reads them from `deploy/prometheus/alerts.yml`, which `python -m tools.dashboard` writes from this table.
"""

from dataclasses import dataclass
from typing import Final, Literal

from protocol.programs import Words

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Alert:
    """``holds`` is PromQL; the alert fires when it has held for ``lasts`` (a Prometheus duration). ``page``: somebody acts now."""

    name: str
    holds: str
    lasts: str
    severity: Severity
    what: Words
    fix: Words


ALERTS: Final = (
    Alert(
        "TallyProcessDown", 'up{job=~"tally.*"} == 0', "2m", "page",
        Words("A process of Tallystick does not answer its monitor.", "Tallystick 的某个进程对监控无响应。"),
        Words(
            "Look at its log's last lines; start it again: it goes on where it was.",
            "查看其日志末尾并重新启动，进程将从中断处继续。",
        ),
    ),
    Alert(
        "TallyPartDown", "tally_part_up == 0", "5m", "page",
        Words("A process runs, but its {{ $labels.part }} does not answer.", "进程在运行，但其 {{ $labels.part }} 无响应。"),
        Words(
            "Run `tally doctor` at the coordinator or `tally node doctor` at the node; it says which and what to do.",
            "在协调方运行 `tally doctor`，在节点运行 `tally node doctor`，按提示处理。",
        ),
    ),
    Alert(
        "TallyLoopSilent", 'tally_loop_age_seconds{loop!~"sweep|hops"} > 120', "3m", "page",
        Words("The engine's loop {{ $labels.loop }} has not gone round for two minutes.", "引擎循环 {{ $labels.loop }} 已两分钟未成功运行。"),
        Words(
            "Run `tally doctor`: it names the cause. If no engine runs, start one; a second one waits for the first.",
            "运行 `tally doctor` 查明原因；如无引擎运行则启动一个，第二个引擎会等待第一个。",
        ),
    ),
    Alert(
        "TallyDeadLetters", "tally_dead_letters > 0", "5m", "ticket",
        Words("The engine gave up {{ $value }} items.", "引擎已放弃 {{ $value }} 个条目。"),
        Words(
            "`tally coordinator dead-letters` lists them with their causes; `tally coordinator rearm` tries them again.",
            "`tally coordinator dead-letters` 列出条目及原因；`tally coordinator rearm` 重新尝试。",
        ),
    ),
    Alert(
        "TallyIndexBehind", "tally_chain_lag_blocks > 20", "5m", "page",
        Words("The index is {{ $value }} blocks behind the chain: tasks start late.", "索引落后链 {{ $value }} 个区块，任务将延迟启动。"),
        Words(
            "Look at the database's load and at the loop `index` in `tally doctor`.",
            "检查数据库负载及 `tally doctor` 中的 `index` 循环。",
        ),
    ),
    Alert(
        "TallyChainStands", "changes(tally_chain_head[15m]) == 0", "5m", "page",
        Words("The chain has had no new block for a quarter of an hour.", "链已十五分钟没有新区块。"),
        Words(
            "Of four validators three must run: ask the members whose validator is down; compare the heads of all endpoints.",
            "四个验证节点中须有三个在运行：联系验证节点停机的成员，并比对各端点的最新区块。",
        ),
    ),
    Alert(
        "TallyRelayStuck", "tally_relay_oldest_seconds > 300", "5m", "page",
        Words("A signed request has waited for the chain for five minutes.", "已签名请求等待上链超过五分钟。"),
        Words(
            "See `relay` in `tally doctor`; check that the platform's key may send and the chain takes transactions.",
            "查看 `tally doctor` 中的 `relay`，确认平台密钥可发送交易且链接收交易。",
        ),
    ),
    Alert(
        "TallyOutboxStuck", "tally_outbox_oldest_seconds > 300", "5m", "page",
        Words("A message for a node has waited for the broker for five minutes.", "发往节点的消息等待消息代理超过五分钟。"),
        Words("Check the broker: `tally doctor` says whose does not answer.", "检查消息代理：`tally doctor` 指出哪一方无响应。"),
    ),
    Alert(
        "TallyTasksOverdue", "tally_tasks_overdue > 0", "5m", "ticket",
        Words("{{ $value }} tasks are not over an hour after their deadline.", "{{ $value }} 个任务在截止时间一小时后仍未结束。"),
        Words(
            "The loop `expire` ends them: see it in `tally doctor`, then the task in the explorer.",
            "由 `expire` 循环结束任务：先查看 `tally doctor`，再在浏览器中查看任务。",
        ),
    ),
    Alert(
        "TallyTasksDisputed", 'tally_tasks_ended_last_hour{state="disputed"} > 0', "1m", "page",
        Words("{{ $value }} tasks ended in dispute within the hour.", "最近一小时有 {{ $value }} 个任务以争议结束。"),
        Words(
            "The task's page in the explorer says between whom what disagrees; keep all nodes' state folders as they are.",
            "浏览器中的任务页说明哪些参与方之间存在何种不一致；请保留各节点状态目录原样。",
        ),
    ),
    Alert(
        "TallyLogForked", "tally_log_forks > 0", "1m", "page",
        Words("A log has two histories, both signed by its party.", "某日志存在两份历史，均由其参与方签署。"),
        Words(
            "The explorer's page of anchors shows both heads; keep the state folders of that node and of the witnesses as they are.",
            "浏览器的锚定页面显示两个检查点；请保留该节点与各见证方的状态目录原样。",
        ),
    ),
    Alert(
        "TallyWitnessBehind", "tally_logs_unwitnessed > 0", "30m", "ticket",
        Words("{{ $value }} newest heads of logs lack a witness's cosignature.", "{{ $value }} 个日志最新检查点缺少见证签名。"),
        Words(
            "The explorer's page of anchors says what each witness answered last; ask its operator, or take it out of the policy.",
            "浏览器的锚定页面列出各见证方的最近答复；请联系其运营方，或将其移出策略文件。",
        ),
    ),
    Alert(
        "TallyApiFails", 'sum without(route, status, instance) (rate(tally_api_requests_total{status="5xx"}[10m])) > 0.05', "10m", "ticket",
        Words("The API answers with errors of its own.", "API 持续返回服务端错误。"),
        Words("Look for `api.error` and `api.crash` in the API's log.", "在 API 日志中查找 `api.error` 与 `api.crash`。"),
    ),
    Alert(
        "TallyDiskLow", "tally_disk_free_bytes < 2147483648", "10m", "page",
        Words("Less than 2 GiB are free where the process keeps its state.", "状态目录所在磁盘剩余不足 2 GiB。"),
        Words("Free space or enlarge the disk; a node stops stating, not computing wrongly, when it is full.", "清理或扩容磁盘；磁盘写满时节点停止存证，但不会算错。"),
    ),
    Alert(
        "TallyReceiptsOwed", "tally_node_receipts_oldest_seconds > 900", "10m", "ticket",
        Words("The node has owed a receipt for a quarter of an hour.", "节点有回执超过十五分钟未送达。"),
        Words(
            "Is the coordinator reachable from here? `tally node doctor` asks. The node sends commitments to the chain itself meanwhile.",
            "确认本机能否访问协调方（`tally node doctor` 会检查）；期间节点会自行将承诺上链。",
        ),
    ),
    Alert(
        "TallyAnswersLate", "tally_node_answers_delay_used > 0.35", "1m", "page",
        Words("Receipts of answers wait for an anchor; after half of the promised delay this node answers nothing further.", "答复的回执在等待上链存证；约定时限过半后本节点不再应答。"),
        Words(
            "Does the node see the chain, and does the coordinator relay? `tally node doctor` asks; `tally session list` shows what waits.",
            "确认节点能否访问链、协调方是否转交（`tally node doctor` 会检查）；`tally session list` 显示等待的内容。",
        ),
    ),
    Alert(
        "TallyPeersAbsent", 'tally_node_peers{state="absent"} > 0', "10m", "ticket",
        Words("A run waits for {{ $value }} nodes that cannot be reached.", "有运行正在等待 {{ $value }} 个无法连接的节点。"),
        Words("`tally node status` names them; `tally node doctor` tries their doors.", "`tally node status` 列出节点，`tally node doctor` 逐一检测其端口。"),
    ),
    Alert(
        "TallySlotsFull", "tally_node_slots_used >= tally_node_slots and tally_node_slots > 0 and on(instance) tally_node_runs_waiting > 0", "30m", "ticket",
        Words("All slots of a kind are used and runs have waited for half an hour.", "某类槽位已满，且有运行等待超过半小时。"),
        Words("Raise `task_slots` if memory allows, or plan fewer tasks at once.", "内存允许时增大 `task_slots`，或减少同时安排的任务。"),
    ),
    Alert(
        "TallyWebhooksFail", 'tally_webhooks{status="failing"} > 0', "6h", "ticket",
        Words("{{ $value }} webhook addresses have failed for hours.", "{{ $value }} 个 Webhook 地址已连续数小时投递失败。"),
        Words("Their parties see why with `tally webhook list`; tell them.", "相关参与方可用 `tally webhook list` 查看原因，请通知其处理。"),
    ),
)  # fmt: skip
