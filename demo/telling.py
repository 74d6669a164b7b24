"""What `tally up` tells: addresses, wallets, a file of settings for each party, and commands that one can run at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chain.child import write_atomically
from demo.site import Site
from demo.story import CERTIFIER, HOSPITAL, PLATFORM
from workers import wallet
from workers.node import DEPLOYMENT

TRUST: Final = "trust.json"
COMMANDS: Final = (
    (PLATFORM.name, "admission list"),
    (PLATFORM.name, "admission releases"),
    (CERTIFIER.name, "admission condition list"),
    (HOSPITAL.name, "task list"),
    (HOSPITAL.name, "authorization list"),
    (HOSPITAL.name, "node status"),
    (HOSPITAL.name, "node dataset list"),
)
"""Commands, each with the party as which it is shown; a test runs all of them."""


def settings_file(site: Site, party: str) -> Path:
    """Where a party's settings are: `tally --settings FILE …` acts as that party."""
    return site.state / "settings" / party


def guests(site: Site) -> Path:
    """The folder of what somebody is given who joins from outside."""
    return site.state / "guests"


def write_settings(site: Site) -> None:
    """Write every party's settings and what guests are given; none of it is secret, files with secrets are only named."""
    state = site.state.resolve()
    shared = {"TALLY_COORDINATOR": site.api_url, "TALLY_RPC_URL": site.rpc_url}
    for name, node in site.parties():
        found = {
            **shared,
            "TALLY_DEPLOYMENT_FILE": str(state / DEPLOYMENT),
            "TALLY_PARTY": name,
            "TALLY_WALLET": str(state / "wallets" / name),
            "TALLY_WALLET_PASSPHRASE_FILE": str(state / "passphrases" / f"wallet-{name}"),
        }
        if node:
            found["TALLY_NODE_STATE"] = str(state / "nodes" / name)
        _write(settings_file(site, name), found)
    folder = guests(site)
    folder.mkdir(mode=0o700, exist_ok=True)
    write_atomically(folder / DEPLOYMENT, site.deployment_file.read_bytes())
    write_atomically(folder / TRUST, site.deployment.trust().data())
    _write(folder / "addresses", shared)


def addresses(found: Mapping[str, str]) -> list[str]:
    """Where everything is."""
    return [f"{name:<12}{value}" for name, value in found.items()]


def guide(site: Site) -> list[str]:
    """The wallets, and what to try."""
    lines = ["", "wallets 钱包"]
    for name, _ in site.parties():
        folder = site.state / "wallets" / name
        lines.append(f"  {name:<14}{wallet.address(folder)}  {folder}")
    lines += [
        "",
        "the desk's page brings demo wallets of all of them: no other is needed 工作台网页自带各方的演示钱包，无需另行安装",
    ]
    lines += ["", "try, for instance 可以试试"]
    lines += [f"  tally --settings={settings_file(site, who)} {command}" for who, command in COMMANDS]
    lines += [
        "  tally up --add-party clinic",
        "",
        f"for somebody who joins from outside 供外部加入者使用: {guests(site)}",
        "how to 步骤: docs/user-guide.md, “Joining”; docs/user-guide.zh-CN.md，“加入”",
    ]
    return lines


def party(site: Site, name: str) -> list[str]:
    """What is told of a party that was added."""
    folder = site.state / "wallets" / name
    return [
        f"{name} is admitted and its node runs 已准入，节点已启动",
        f"wallet      {wallet.address(folder)}  {folder}",
        f"settings    {settings_file(site, name)}",
        f"  tally --settings={settings_file(site, name)} node application",
        f"  tally --settings={settings_file(site, name)} node dataset list",
    ]


def _write(path: Path, settings: Mapping[str, str]) -> None:
    write_atomically(path, "".join(f"{name}={value}\n" for name, value in settings.items()).encode())
