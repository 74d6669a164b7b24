"""``tally status``: the coordinator on one screen: which release on which chain, how far it is, what is under way, who is there."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from metrics.ground import software_version
from orchestrator.doctor import Ground
from orchestrator.measuring import OVERDUE
from orchestrator.settings import EngineSettings
from orchestrator.store import faults, index, receipts, tasks, work
from orchestrator.store.measures import measures
from protocol.errors import TallyError
from protocol.messages import Progress
from protocol.programs import Words

_MOST = 20


def overview(settings: EngineSettings) -> Iterator[Words]:
    """Line by line; what does not answer is a line of its own."""
    with ExitStack() as stack:
        ground = Ground(settings, stack)
        yield Words(f"Tallystick {software_version()}, coordinator", f"Tallystick {software_version()}，协调方")
        for part in (_chain, _database):
            try:
                yield from part(ground)
            except TallyError as error:
                yield Words(f"{error.code}: {error.what} {error.fix}", f"{error.code}：{error.what} {error.fix}")


def _chain(ground: Ground) -> Iterator[Words]:
    gateway = ground.gateway()
    found, head = gateway.deployment, gateway.head()
    yield Words(
        f"chain {found.chain_id}, head {head}, deployment {found.deployment_id[:10]}…",
        f"链 {found.chain_id}，最新区块{head}，部署 {found.deployment_id[:10]}…",
    )


def _database(ground: Ground) -> Iterator[Words]:
    with ground.reading() as tx:
        kept, loops, dead = index.cursors(tx), work.loops(tx), faults.count_dead(tx)
        found, said = measures(tx, OVERDUE), [Progress.read(payload) for payload in tasks.started_progress(tx)]
        nodes = receipts.announced(tx)
    block = kept[0][0] if kept else "none"
    block_zh = kept[0][0] if kept else "无"
    failing = [loop["name"] for loop in loops if loop["code"] is not None]
    ages = [loop["age"] for loop in loops if loop["age"] is not None and loop["name"] != "sweep"]
    slowest = f"{max(ages)} s ago" if ages else "never"
    slowest_zh = f"{max(ages)}秒前" if ages else "从未"
    yield Words(
        f"index at block {block}; {len(loops)} loops, the slowest went round {slowest}; {dead} dead letters",
        f"已索引至区块{block_zh}；{len(loops)}个循环，最慢的一个{slowest_zh}成功运行；死信{dead}条",
    )
    if failing:
        yield Words(
            f"failing: {', '.join(failing)} (see `tally doctor`)", f"失败：{'、'.join(failing)}（见 `tally doctor`）"
        )
    yield Words(
        f"tasks: {_counts(found.tasks)}; ended within the hour: {_counts(found.ended)}; overdue: {found.overdue}",
        f"任务：{_counts(found.tasks, '无')}；一小时内结束：{_counts(found.ended, '无')}；逾期：{found.overdue}",
    )
    yield Words(
        f"waiting: {sum(found.jobs.values())} for the chain, {found.outbox} for the broker, {found.bundles} bundles, "
        f"{found.webhook_messages} webhook messages",
        f"等待：上链{sum(found.jobs.values())}，消息代理{found.outbox}，证据包{found.bundles}，Webhook 消息{found.webhook_messages}",
    )
    for one in said[:_MOST]:
        yield Words(
            f"  task_{one.task.hex()[:8]}… {one.party}: {one.state} {one.phase} {one.percent}%",
            f"  task_{one.task.hex()[:8]}… {one.party}：{one.state} {one.phase} {one.percent}%",
        )
    if len(said) > _MOST:
        yield Words(f"  and {len(said) - _MOST} more", f"  另有{len(said) - _MOST}项")
    for party, one in sorted(nodes.items()):
        yield Words(
            f"node {party} at {one.host}:{one.port}, {one.engine} 0x{one.engine_digest.hex()[:8]}…",
            f"节点 {party}：{one.host}:{one.port}，{one.engine} 0x{one.engine_digest.hex()[:8]}…",
        )


def _counts(found: Mapping[str, int], none: str = "none") -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(found.items())) or none
