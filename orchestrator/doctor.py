"""``tally doctor``: whether everything the coordinator stands on is well, each check on its own, in both languages."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.releases import registered
from metrics import ground as ground_checks
from orchestrator.dispatch.broker import Broker, BrokerAddresses
from orchestrator.settings import EngineSettings
from orchestrator.store import faults, index, receipts, tasks, work
from orchestrator.store.database import Database, Transaction
from orchestrator.store.migrate import missing
from protocol.checkup import NOTHING, Finding, failed, well
from protocol.engines import standing
from protocol.errors import TallyError, UnavailableError
from protocol.messages import Progress
from protocol.programs import Words
from protocol.vocabulary import note

SILENT: Final = 120
"""Seconds without a success after which a loop is not well; every loop but the sweep notes one far more often."""
_SWEEP_SILENT: Final = 3600
_LETTERS: Final = 20


def examine(settings: EngineSettings) -> Iterator[Finding]:
    """Every check; one that cannot be made is a finding like any other."""
    with ExitStack() as stack:
        ground = Ground(settings, stack)
        for name, check in _CHECKS.items():
            try:
                yield from check(ground)
            except TallyError as error:
                yield failed(name, error)


class Ground:
    """The database and the chain, as the settings name them: what does not answer is waited for once, not by each check."""

    def __init__(self, settings: EngineSettings, stack: ExitStack) -> None:
        self.settings: Final = settings
        self._stack: Final = stack
        self._database: Database | None = None
        self._gateway: Gateway | None = None
        self._silent: Final[dict[str, UnavailableError]] = {}

    @contextmanager
    def reading(self) -> Generator[Transaction]:
        """A transaction."""
        with self._once("database"):
            if self._database is None:
                self._database = self._stack.enter_context(Database(self.settings.database_url(), size=1))
            with self._database.transaction() as tx:
                yield tx

    def gateway(self) -> Gateway:
        """The chain, found to be the deployment's."""
        with self._once("chain"):
            if self._gateway is None:
                deployment = Deployment.load(self.settings.deployment_file)
                found = Gateway(self.settings.rpc_url, deployment, timeout=5.0, deadline=8.0)
                found.check()
                self._gateway = found
            return self._gateway

    @contextmanager
    def _once(self, name: str) -> Generator[None]:
        if name in self._silent:
            raise self._silent[name]
        try:
            yield
        except UnavailableError as error:
            self._silent[name] = error
            raise


def _chain(ground: Ground) -> Iterator[Finding]:
    head = ground.gateway().head()
    yield Finding(
        "chain",
        True,
        Words(f"The deployment's chain answers; head {head}.", f"链可访问，部署一致；最新区块{head}。"),
        NOTHING,
    )


def _database(ground: Ground) -> Iterator[Finding]:
    with ground.reading() as tx:
        kept, absent = index.cursors(tx), missing(tx)
    if absent:
        yield Finding(
            "database",
            False,
            Words(f"Migrations are missing: {', '.join(absent)}.", f"缺少数据库迁移：{'、'.join(absent)}。"),
            Words("Run `tally coordinator migrate`.", "运行 `tally coordinator migrate`。"),
        )
        return
    block = kept[0][0] if kept else None
    yield Finding(
        "database",
        True,
        Words(f"It answers; indexed up to block {block}.", f"数据库可访问；已索引至区块{block}。"),
        NOTHING,
    )


def _broker(ground: Ground) -> Iterator[Finding]:
    addresses = BrokerAddresses.load(ground.settings.brokers_file)
    with ground.reading() as tx:
        parties = sorted(receipts.announcements(tx))
    broker = Broker(addresses)
    try:
        for party in parties:
            broker.reach(party)
    finally:
        broker.close()
    yield Finding(
        "broker",
        True,
        Words(f"It answers for {len(parties)} announced nodes.", f"{len(parties)}个已声明节点的消息代理均可访问。"),
        NOTHING,
    )


def _loops(ground: Ground) -> Iterator[Finding]:
    with ground.reading() as tx:
        loops = work.loops(tx)
    if not loops:
        yield Finding(
            "loops",
            False,
            Words("The engine has never run.", "引擎从未运行。"),
            Words("Start `tally coordinator engine`.", "启动 `tally coordinator engine`。"),
        )
    for loop in loops:
        name, age = loop["name"], loop["age"]
        silent = age is None or age > (_SWEEP_SILENT if name == "sweep" else SILENT)
        if loop["code"] is not None:
            what = Words(f"{name} fails: {loop['code']}: {loop['what']}", f"{name}失败：{loop['code']}：{loop['what']}")
        elif silent:
            what = Words(f"{name} last went round {age} s ago.", f"{name}上次成功运行于{age}秒前。")
        else:
            yield Finding(f"loop {name}", True, Words(f"Went round {age} s ago.", f"{age}秒前成功运行。"), NOTHING)
            continue
        fix = Words("Look at the engine's log; restart it.", "查看引擎日志并重新启动。")
        yield Finding(f"loop {name}", False, what, fix)


def _runs(ground: Ground) -> Iterator[Finding]:
    """Where the started tasks' runs are, as their nodes say: waiting for a slot is no fault."""
    with ground.reading() as tx:
        said = [Progress.read(payload) for payload in tasks.started_progress(tx)]
    running = sum(one.state == "computing" for one in said)
    waits = [one for one in said if one.state == "waiting" and one.note]
    who = [(f"task_{one.task.hex()[:8]}… {one.party}", one.peer, one.note) for one in waits[:_LETTERS]]
    english = "".join(f"; {place} waits for {peer}: {note(code, 'en')}" for place, peer, code in who)
    chinese = "".join(f"；{place}等待{peer}：{note(code, 'zh')}" for place, peer, code in who)
    yield Finding(
        "runs",
        True,
        Words(
            f"{running} running, {len(waits)} waiting{english}.", f"{running}个运行中，{len(waits)}个等待中{chinese}。"
        ),
        NOTHING,
    )


def _letters(ground: Ground) -> Iterator[Finding]:
    with ground.reading() as tx:
        letters, count = faults.dead(tx, _LETTERS), faults.count_dead(tx)
    if not count:
        yield Finding("dead letters", True, Words("There are none.", "没有死信。"), NOTHING)
        return
    listed = ", ".join(f"{letter['loop']} {letter['item']} ({letter['code']}: {letter['cause']})" for letter in letters)
    yield Finding(
        "dead letters",
        False,
        Words(f"{count}, the newest: {listed}.", f"共{count}条，最新为：{listed}。"),
        Words(
            "When the cause is removed: `tally coordinator rearm`; for `index`: `tally coordinator rebuild`.",
            "排除原因后运行 `tally coordinator rearm`；`index` 的死信运行 `tally coordinator rebuild`。",
        ),
    )


def _engines(ground: Ground) -> Iterator[Finding]:
    """What announced nodes have installed, as the chain knows it: a node left behind is seen before a task needs it."""
    with ground.reading() as tx:
        announced = receipts.announced(tx)
    nodes: dict[tuple[str, bytes], list[str]] = {}
    for party, said in announced.items():
        nodes.setdefault((said.engine, said.engine_digest), []).append(party)
    for (engine, digest), parties in sorted(nodes.items()):
        found = standing(engine, digest, registered(ground.gateway(), engine))
        who, who_zh = ", ".join(parties), "、".join(parties)
        if found is None:
            well = Words(f"{engine} is published and approved; at {who}.", f"{engine} 已发布并获批；节点：{who_zh}。")
            yield Finding("engines", True, well, NOTHING)
        else:
            what = Words(f"{found.what.english} At {who}.", f"{found.what.chinese}节点：{who_zh}。")
            yield Finding("engines", found.usable, what, found.fix)
    if not nodes:
        yield Finding("engines", True, Words("No node has announced one.", "尚无节点声明引擎。"), NOTHING)


def _clock(ground: Ground) -> Iterator[Finding]:
    with ground.reading() as tx:
        theirs = work.clock(tx)
    yield ground_checks.clock("clock", theirs, Words("the database's", "数据库"))


def _contracts(ground: Ground) -> Iterator[Finding]:
    """The code that the chain has at each of the deployment's addresses: a wrong endpoint or a made-up file is found here."""
    gateway = ground.gateway()  # it compares every contract's code as it opens
    count = len(gateway.deployment.contracts)
    yield well("contracts", f"The code of all {count} is the deployment's.", f"全部{count}个合约的代码与部署文件一致。")


def _disk(ground: Ground) -> Iterator[Finding]:
    if ground.settings.state_dir is not None:
        yield ground_checks.disk(ground.settings.state_dir)


def _certificates(ground: Ground) -> Iterator[Finding]:
    """Of the broker and the chain's endpoint, where they speak TLS."""
    settings = ground.settings
    urls = {"chain TLS": settings.rpc_url, "broker TLS": BrokerAddresses.load(settings.brokers_file).default.url}
    for name, url in urls.items():
        found = ground_checks.certificate(name, url)
        if found is not None:
            yield found


_CHECKS: Final[dict[str, Callable[[Ground], Iterator[Finding]]]] = {
    "chain": _chain,
    "contracts": _contracts,
    "database": _database,
    "broker": _broker,
    "loops": _loops,
    "runs": _runs,
    "dead letters": _letters,
    "engines": _engines,
    "clock": _clock,
    "disk": _disk,
    "certificates": _certificates,
}
