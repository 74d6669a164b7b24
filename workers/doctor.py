"""``tally node doctor``: whether everything a node stands on is well, each check on its own, in both languages.

It opens nothing that a running node writes: the state is read as it lies there, the log not at all.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from chain.deployment import Deployment
from chain.gateway import Gateway
from metrics import ground
from mpc.backends.fast import kernels
from mpc.programs import catalogue
from protocol import dsse
from protocol.checkup import NOTHING, Finding, failed, well
from protocol.errors import TallyError, UnavailableError
from protocol.limits import LIMITS
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from protocol.programs import Words
from workers import broker, disk, keystore, migrate
from workers.app import reachable
from workers.chain_gateway import GatewayView
from workers.chain_view import Head, PartyFacts
from workers.config import NodeConfig
from workers.engines import own_standing
from workers.keystore import NodeKeys
from workers.node import DEPLOYMENT, EPOCH, KEYS, connect, open_desk
from workers.slots.knock import knock
from workers.slots.runs import Kind
from workers.state import FILE as STATE

PEERS: Final = 64
"""Doors that are tried at most."""
OWED: Final = 900
"""Seconds for which a receipt may be owed."""
_AT_ONCE: Final = 16
_PATIENCE: Final = 5.0


@dataclass(slots=True)
class Ground:
    """What the checks share: each part is opened once, by the first check that needs it."""

    folder: Path
    config: NodeConfig
    keys: NodeKeys = field(repr=False)
    _chain: GatewayView | None = None
    _facts: tuple[Head, PartyFacts | None] | None = None
    _coordinator: bool | None = None
    _silent: dict[str, UnavailableError] = field(default_factory=dict[str, UnavailableError])

    def chain(self) -> GatewayView:
        """The node's own view of the chain; an endpoint that is away is waited for once."""
        if "chain" in self._silent:
            raise self._silent["chain"]
        if self._chain is None:
            deployment = Deployment.load(self.folder / DEPLOYMENT)
            try:
                Gateway(self.config.rpc_url, deployment, timeout=5.0, deadline=8.0).check()
            except UnavailableError as error:
                self._silent["chain"] = error
                raise
            self._chain = GatewayView(self.config.rpc_url, deployment, self.keys.node_signer, self.folder / "nonces")
        return self._chain

    def own(self) -> tuple[Head, PartyFacts | None]:
        """The newest final block, and what the registry holds of this party there."""
        if self._facts is None:
            head = self.chain().head()
            self._facts = head, self.chain().party(self.config.party, head)
        return self._facts


def examine(folder: Path) -> Iterator[Finding]:
    """Every check; one that cannot be made is a finding like any other. Without settings and keys there is nothing to check."""
    try:
        config = NodeConfig.load(disk.private_dir(folder))
        yield well(
            "settings", f"{folder} is this user's alone; {config.party}.", f"{folder} 仅当前用户可读；{config.party}。"
        )
        keys = keystore.load(folder / KEYS, keystore.read_passphrase(Path(config.passphrase_file), folder))
        yield well("keys", "They open with the passphrase, which lies elsewhere.", "密钥可用另处存放的口令打开。")
    except TallyError as error:
        yield failed("settings and keys", error)
        return
    found = Ground(folder, config, keys)
    for name, check in CHECKS.items():
        try:
            yield from check(found)
        except TallyError as error:
            yield failed(name, error)


def _state(found: Ground) -> Iterator[Finding]:
    path = found.folder / STATE
    if not path.exists():
        yield well("state", "The node has never run.", "节点从未运行。")
        return
    latest = max(int(step.name.split(".", 1)[0]) for step in migrate.MIGRATIONS.glob("*.sql"))
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        damaged = db.execute("PRAGMA quick_check").fetchone()[0] != "ok"
    if damaged:
        yield Finding(
            "state",
            False,
            Words("The state database is damaged.", "状态数据库已损坏。"),
            Words("Stop the node and restore it: `tally node restore`.", "停止节点并恢复：`tally node restore`。"),
        )
    elif version > latest:
        yield Finding(
            "state",
            False,
            Words(f"A later release wrote it (format {version}; this one knows {latest}).", f"由更新的版本写入（格式{version}，本版本支持到{latest}）。"),
            Words("Install that release again.", "请重新安装该版本。"),
        )  # fmt: skip
    else:
        later = " The next start migrates it." if version < latest else ""
        later_zh = "下次启动时迁移。" if version < latest else ""
        yield well("state", f"Format {version} of {latest}.{later}", f"格式{version}，最新{latest}。{later_zh}")


def _chain(found: Ground) -> Iterator[Finding]:
    head, _ = found.own()
    count = len(Deployment.load(found.folder / DEPLOYMENT).contracts)
    yield well("chain", f"It answers; newest final block {head.number}.", f"链可访问；最新最终区块{head.number}。")
    yield well(
        "contracts",
        f"The code of all {count} is your deployment file's.",
        f"全部{count}个合约的代码与您的部署文件一致。",
    )
    yield from _tls("chain TLS", found.config.rpc_url)


def _registry(found: Ground) -> Iterator[Finding]:
    _, facts = found.own()
    party, keys = found.config.party, found.keys
    if facts is None:
        yield Finding(
            "registry",
            False,
            Words(f"The chain holds no party {party}.", f"链上没有参与方{party}。"),
            Words("Apply with `tally node enrol`; see `tally node application`.", "用 `tally node enrol` 申请；用 `tally node application` 查看进度。"),
        )  # fmt: skip
        return
    others = [
        name
        for name, ours, theirs in (
            ("node key", keys.node_public, facts.node_key),
            ("seal key", keys.seal_public, facts.seal_key),
            ("node signer", keys.signer_address.lower(), facts.node_signer.lower()),
        )
        if ours != theirs
    ]
    if others:
        yield Finding(
            "registry",
            False,
            Words(f"The chain names another {', '.join(others)}.", f"链上登记的密钥不同：{'、'.join(others)}。"),
            Words(
                "Were keys rotated after this folder's backup? Use the newer folder, or `tally node rotate-keys`.",
                "是否在此目录备份之后轮换过密钥？请使用较新的目录，或运行 `tally node rotate-keys`。",
            ),
        )
    elif not facts.active:
        yield Finding(
            "registry",
            False,
            Words(f"{party} is suspended.", f"{party} 已被暂停。"),
            Words("Ask the office why; nothing starts until then.", "请向准入方询问原因；恢复前不能启动任务。"),
        )
    else:
        yield well("registry", f"{party} is active, with this node's keys.", f"{party} 有效，登记的是本节点密钥。")


def _log(found: Ground) -> Iterator[Finding]:
    """A state folder that is older than what this party signed must not go on: the chain knows more than it does."""
    head, _ = found.own()
    facts = found.chain().log(found.config.party, head)
    path = found.folder / STATE
    epoch = size = 0
    if path.exists():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT value FROM facts WHERE name = ?", (EPOCH,)).fetchone()
            epoch = int(row[0]) if row else 0
            size = db.execute("SELECT count(*) FROM log_index WHERE epoch = ?", (epoch,)).fetchone()[0]
    most = max((size for size, _ in ((facts.size, facts.root), *facts.noted)), default=0)
    if epoch == facts.epoch and size >= most:
        yield well("log", f"{size} entries; the chain vouches for {most}.", f"{size}条；链上见证{most}条。")
        return
    yield Finding(
        "log",
        False,
        Words(
            f"It has {size} entries in epoch {epoch}; the chain vouches for {most} in epoch {facts.epoch}.",
            f"日志在纪元{epoch}有{size}条；链上在纪元{facts.epoch}见证{most}条。",
        ),
        Words(
            "Entries are lost: restore a newer backup, or begin a new epoch with `tally node new-epoch`.",
            "日志有缺失：恢复较新的备份，或用 `tally node new-epoch` 开启新纪元。",
        ),
    )


def _clock(found: Ground) -> Iterator[Finding]:
    """A block from the future means that this clock is slow; an old one may only mean that nothing happened."""
    head, _ = found.own()
    now = ground.time.time()
    if head.time > now + LIMITS.clock_skew:
        yield ground.clock("clock (chain)", head.time, Words("the chain's", "链"))
    else:
        yield well("clock (chain)", "No block is from the future.", "没有来自未来的区块。")


def _coordinator(found: Ground) -> Iterator[Finding]:
    url = found.config.coordinator_url
    try:
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=_PATIENCE) as http:
            answer = http.get(f"{url.rstrip('/')}/v1/health")
    except httpx.HTTPError as error:
        raise UnavailableError(
            "coordinator.unreachable",
            "The coordinator does not answer.",
            "Check `coordinator_url` in node.toml and the network; running tasks go on without it.",
        ) from error
    yield well("coordinator", f"It answers ({answer.status_code}).", f"协调方可访问（{answer.status_code}）。")
    said = answer.headers.get("date")
    if said is not None:
        theirs = parsedate_to_datetime(said).timestamp()
        yield ground.clock("clock (coordinator)", theirs, Words("the coordinator's", "协调方"))
    yield from _tls("coordinator TLS", url)


def _broker(found: Ground) -> Iterator[Finding]:
    with open_desk(found.folder) as desk:
        url, prefix = _login(desk, found)
    reachable(url, prefix)
    yield well("broker", "It answers, and takes this node's login.", "消息代理可访问，本节点登录有效。")
    yield from _tls("broker TLS", url)


def _login(desk: "broker.Desk", found: Ground) -> tuple[str, str]:
    if found.config.broker_url_file:
        return broker.login(desk)
    own = broker.own(desk)
    if own is None:
        raise UnavailableError(
            "credentials.none", "This node has no broker login yet.", "It comes at the first start after admission."
        )
    return own.url, own.prefix


def _disk(found: Ground) -> Iterator[Finding]:
    yield ground.disk(found.folder)
    need = sum(found.config.slots.values()) * found.config.party_memory
    have = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    slots = found.config.slots
    what = f"{slots[Kind.TASK]} task and {slots[Kind.SESSION]} session slots may take {need / 1024**3:.1f} GiB of {have / 1024**3:.1f}."
    what_zh = f"{slots[Kind.TASK]}个任务槽位、{slots[Kind.SESSION]}个会话槽位最多占用 {need / 1024**3:.1f} GiB，共有 {have / 1024**3:.1f} GiB。"
    if need <= have:
        yield well("memory", what, what_zh)
    else:
        fix = Words(
            "Lower `task_slots` or `party_memory` in node.toml.",
            "请在 node.toml 中调低 `task_slots` 或 `party_memory`。",
        )
        yield Finding("memory", False, Words(what, what_zh), fix)


def _kernels(_found: Ground) -> Iterator[Finding]:
    variant = kernels.variant()
    try:
        kernels.self_test()
    except kernels.SelfTestError:
        yield Finding(
            "kernels",
            False,
            Words(f"The {variant} kernels compute wrongly on this machine.", f"{variant} 内核在本机计算有误。"),
            Words(
                "Set TALLYSTICK_KERNELS=portable and report it: no run starts with kernels that fail their test.",
                "请设置 TALLYSTICK_KERNELS=portable 并报告；未通过自检的内核不会用于运行。",
            ),
        )
        return
    slow = variant == "numpy"
    fix = Words(
        "Install a C compiler and run `tools/bootstrap.sh run`: tasks run many times faster.",
        "请安装 C 编译器并运行 `tools/bootstrap.sh run`，任务速度将大幅提高。",
    )
    what = Words(f"{variant}, tested now.", f"{variant}，已自检。")
    yield Finding("kernels", True, what, fix if slow else NOTHING)


def _releases(found: Ground) -> Iterator[Finding]:
    about = own_standing(found.chain())
    if about is None:
        yield well("engine", "Published and approved.", "已发布并获批。")
    else:
        yield Finding("engine", about.usable, about.what, about.fix)
    head, _ = found.own()
    usable, other = 0, list[str]()
    names = [descriptor.program for descriptor in catalogue.descriptors()]
    for name in names:
        facts = found.chain().release(name, head)
        if facts is None or not facts.active:
            continue
        if facts.code_digest != catalogue.code_digest(name):
            other.append(name)
        elif facts.approved:
            usable += 1
    what = Words(f"{usable} of {len(names)} installed ones can be used.", f"已安装{len(names)}个，其中{usable}个可用。")
    if other:
        said = ", ".join(other)
        yield Finding(
            "programs",
            False,
            Words(f"{what.english} Registered with other code: {said}.", f"{what.chinese}登记的代码不同：{'、'.join(other)}。"),
            Words("Install the release that the consortium approved.", "请安装联盟批准的版本。"),
        )  # fmt: skip
    else:
        yield Finding("programs", True, what, NOTHING)


def _doors(found: Ground) -> Iterator[Finding]:
    """The node's own door where others look for it, and the doors of all that have announced one."""
    config, own = found.config, found.keys.node_private()
    if config.listens:
        answer = knock(own, found.keys.node_public, config.advertise_host, config.advertise_port)
        yield _door("door", f"{config.advertise_host}:{config.advertise_port}", answer, mine=True)
    places = _announced(found, _envelopes(found))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda place: knock(own, place[1], place[2].host, place[2].port), places)
        for (name, _, said), answer in zip(places, answers, strict=True):
            yield _door(f"peer {name}", f"{said.host}:{said.port}", answer, mine=False)
    if not places:
        yield well("peers", "This node knows no other's door yet.", "本节点尚不知道其他节点的地址。")


def _envelopes(found: Ground) -> list[tuple[str, bytes]]:
    """Whose doors this node knows: those it has met, and those that the coordinator names for tasks that run."""
    held: list[tuple[str, bytes]] = []
    path = found.folder / STATE
    if path.exists():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            held += db.execute("SELECT party, envelope FROM announcements").fetchall()
    with suppress(TallyError), connect(found.folder, found.config, found.keys) as coordinator:
        held += coordinator.announcements().items()  # one that does not answer is a finding of its own
    return held


def _announced(found: Ground, held: list[tuple[str, bytes]]) -> list[tuple[str, bytes, Announcement]]:
    """The newest address of every other active party, each signed with the key that the registry holds."""
    head, _ = found.own()
    places: dict[str, tuple[str, bytes, Announcement]] = {}
    for name, envelope in held:
        facts = None if name == found.config.party else found.chain().party(name, head)
        if facts is None or not facts.active:
            continue
        try:
            said = Announcement.read(dsse.open_envelope(envelope, facts.node_key, ANNOUNCEMENT_TYPE))
        except TallyError:
            continue  # of keys that count no more: nobody dials by it
        if said.party == name and (name not in places or places[name][2].sequence < said.sequence):
            places[name] = name, facts.node_key, said
    return [places[name] for name in sorted(places)][:PEERS]


def _door(check: str, where: str, answer: str, *, mine: bool) -> Finding:
    if answer == "answers":
        return well(check, f"{where} answers with its registered key.", f"{where} 可达，出示的是登记的密钥。")
    if answer == "other_key":
        return Finding(
            check,
            False,
            Words(f"{where} presents a key that is not the registered one.", f"{where} 出示的密钥不是登记的密钥。"),
            Words(
                "Something else answers there: check the address, proxies in between, and key rotations.",
                "该地址由其他服务应答：请检查地址、中间代理及密钥轮换。",
            ),
        )
    fix = (
        Words(
            "Is the node running? Else open the port to the members: `bind` and `advertise` in node.toml.",
            "节点是否在运行？否则请对成员开放该端口，并检查 node.toml 的 bind 与 advertise。",
        )
        if mine
        else Words(
            "Ask that member whether its node runs and its port is open to you.",
            "请询问该成员其节点是否运行、端口是否对您开放。",
        )
    )
    return Finding(check, False, Words(f"{where} does not answer.", f"{where} 无响应。"), fix)


def _owed(found: Ground) -> Iterator[Finding]:
    path = found.folder / STATE
    if not path.exists():
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        count, oldest = db.execute("SELECT count(*), min(created) FROM outbox WHERE settled = 0").fetchone()
    age = 0 if oldest is None else max(0, round(ground.time.time()) - oldest)
    what = Words(f"{count} are owed, the oldest for {age} s.", f"待送{count}条，最早一条已{age}秒。")
    late = age > OWED
    fix = Words("The node delivers them by itself once the coordinator answers.", "协调方恢复响应后节点会自动送达。")
    yield Finding("receipts", not late, what, fix if late else NOTHING)


def _tls(name: str, url: str) -> Iterator[Finding]:
    found = ground.certificate(name, url)
    if found is not None:
        yield found


CHECKS: Final[dict[str, Callable[[Ground], Iterator[Finding]]]] = {
    "state": _state,
    "chain": _chain,
    "registry": _registry,
    "log": _log,
    "clock": _clock,
    "coordinator": _coordinator,
    "broker": _broker,
    "disk": _disk,
    "kernels": _kernels,
    "engine": _releases,
    "doors": _doors,
    "receipts": _owed,
}
