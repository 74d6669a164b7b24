"""How an installed engine stands with the consortium, in words: what its operator should do before a task finds out."""

from dataclasses import dataclass
from typing import Literal

from protocol.programs import Words

StandingCode = Literal[
    "engine.unpublished", "engine.other_code", "engine.retired", "engine.not_approved", "engine.succeeded"
]


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing about an engine. ``usable``: tasks that name it run; the fix is about the time to come."""

    code: StandingCode
    usable: bool
    what: Words
    fix: Words


@dataclass(frozen=True, slots=True)
class Registered:
    """What the chain holds under an engine's name; ``successor`` by name or 0x-id, "" without an approved one."""

    digest: bytes
    approved: bool
    retired: bool
    successor: str


_PUBLISH = Words(
    "Install an engine that is published, or publish this one: `tally admission publish`.",
    "请安装已发布的引擎，或发布此引擎：`tally admission publish`。",
)
_UPGRADE = Words(
    "Upgrade this node to an engine that is approved; `tally admission releases` lists them.",
    "请将本节点升级至获批的引擎；`tally admission releases` 可列出各版本。",
)


def standing(engine: str, digest: bytes, registered: Registered | None) -> Standing | None:
    """What is to be said about an installed engine; None when it is published, approved, and nothing succeeds it."""
    if registered is None:
        return Standing(
            "engine.unpublished",
            False,
            Words(f"{engine} is not published: no task can name it.", f"{engine} 未发布：任何任务都不能指定它。"),
            _PUBLISH,
        )
    if registered.digest != digest:
        return Standing(
            "engine.other_code",
            False,
            Words(
                f"{engine} is published as 0x{registered.digest.hex()} and installed as 0x{digest.hex()}.",
                f"{engine} 登记的摘要为 0x{registered.digest.hex()}，已安装的为 0x{digest.hex()}。",
            ),
            Words(
                "Install the code that was published; a node that was upgraded while it ran needs a restart.",
                "请安装已发布的代码；若节点在运行中被升级，请重新启动。",
            ),
        )
    if registered.retired:
        return Standing(
            "engine.retired",
            False,
            Words(f"{engine} is retired: no task starts with it.", f"{engine} 已停用：任务不能再以其启动。"),
            _UPGRADE,
        )
    if not registered.approved:
        return Standing(
            "engine.not_approved",
            False,
            Words(f"{engine} lacks approvals: no task starts with it.", f"{engine} 尚未获批：任务不能以其启动。"),
            Words(
                "Certifiers approve it with `tally admission approve`.", "由认证方运行 `tally admission approve` 认可。"
            ),
        )
    if registered.successor:
        return Standing(
            "engine.succeeded",
            True,
            Words(
                f"{engine} runs, and {registered.successor} is approved as its successor.",
                f"{engine} 可用，其后继版本 {registered.successor} 已获批。",
            ),
            Words(
                "Upgrade this node when it has no run left; tasks name one engine, and every node of a task needs that one.",
                "请在本节点没有运行中的任务时升级；任务只指定一个引擎，其所有节点都须安装该引擎。",
            ),
        )
    return None
