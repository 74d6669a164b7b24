"""How a node's own application stands: the chain says whether it is admitted, the coordinator only whether a login is issued."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from protocol.enrolment import Application
from protocol.errors import TallyError
from protocol.programs import Words
from workers import broker, disk
from workers.enrol import APPLICATION
from workers.node import Desk

Stage = Literal["none", "waiting", "admitted", "suspended", "other"]
Login = Literal["file", "held", "none", "unknown"]
STAGES: Final[dict[Stage, Words]] = {
    "none": Words("This node has not applied: run `tally node enrol`.", "本节点尚未申请：请运行 `tally node enrol`。"),
    "waiting": Words(
        "Waiting: the chain holds no party of this name. Tell the office the fingerprint by a way of your own.",
        "等待中：链上尚无此名称的参与方。请通过您自己的途径把指纹告知准入方。",
    ),
    "admitted": Words("Admitted on chain, with this node's keys.", "已在链上准入，登记的正是本节点的密钥。"),
    "suspended": Words(
        "Suspended on chain: ask the office why. Nothing can start with this party until it is reinstated.",
        "已被链上暂停：请向准入方询问原因。恢复之前，本参与方不能启动任何任务。",
    ),
    "other": Words(
        "The chain holds this name with OTHER keys than this node's. If you did not rotate keys elsewhere, somebody else was "
        "admitted under it: tell the office, and apply under another name.",
        "链上此名称登记的不是本节点的密钥。若您没有在别处轮换密钥，则是他人以此名称被准入：请告知准入方，并改用其他名称申请。",
    ),
}
LOGINS: Final[dict[Login, Words]] = {
    "file": Words("Broker login: from your own file.", "消息代理登录：来自您自己的文件。"),
    "held": Words(
        "Broker login: issued to this node. Start it with `tally node run`.",
        "消息代理登录：已签发给本节点。可用 `tally node run` 启动。",
    ),
    "none": Words(
        "Broker login: not issued yet; it follows admission by seconds.", "消息代理登录：尚未签发；准入后数秒内签发。"
    ),
    "unknown": Words(
        "Broker login: the coordinator gives none that this node can use.",
        "消息代理登录：协调方未提供本节点可用的凭据。",
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What :func:`look` found; ``problem`` is what kept the login from being fetched."""

    stage: Stage
    login: Login
    application: Application | None
    problem: TallyError | None = None

    @property
    def ready(self) -> bool:
        """Whether the node can be started."""
        return self.stage == "admitted" and self.login in ("file", "held")

    def words(self) -> Iterator[Words]:
        """What it means, and what to do."""
        yield STAGES[self.stage]
        if self.stage == "admitted":
            yield LOGINS[self.login]
        if self.problem is not None:
            said = f"  {self.problem.code}: {self.problem.what} {self.problem.fix}"
            yield Words(said, f"  {self.problem.code}")


def look(desk: Desk) -> Standing:
    """Ask the node's own chain endpoint, and fetch the login when there is one."""
    path = desk.folder / APPLICATION
    application = None
    if path.exists():
        application = Application.read(disk.read_private(path, Application.LIMIT))
    stage = _stage(desk, application)
    if stage != "admitted":
        return Standing(stage, "none", application)
    if desk.config.broker_url_file:
        return Standing(stage, "file", application)
    problem: TallyError | None = None
    try:
        broker.fetch(desk)
    except TallyError as error:
        problem = error
    if broker.own(desk) is not None:
        return Standing(stage, "held", application, problem)
    if problem is not None and problem.code == "credentials.none":
        return Standing(stage, "none", application)
    return Standing(stage, "unknown", application, problem)


def _stage(desk: Desk, application: Application | None) -> Stage:
    found = desk.chain.party(desk.party, desk.chain.head())
    if found is None:
        return "none" if application is None else "waiting"
    own = (desk.keys.signer_address, desk.keys.node_public, desk.keys.seal_public)
    if (found.node_signer, found.node_key, found.seal_key) != own:
        return "other"
    return "admitted" if found.active else "suspended"
