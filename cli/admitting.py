"""`tally admission list`, `show` and `admit`: who applied, with what, and who is let in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from cli.admission import Party, app
from cli.confirm import Yes, confirm
from cli.listing import moment
from cli.participant import Rpc, client_of, deployment_of, own_gateway
from protocol import ids
from protocol.api import ApplicationStanding
from protocol.errors import FormatError, RefusedError
from protocol.vocabulary import ROLE_WORDS, say
from tallystick.listing import pages

if TYPE_CHECKING:
    from protocol.enrolment import Application, Enrolment

STANDINGS = {
    "pending": ("waits", "待准入"),
    "active": ("admitted", "已准入"),
    "suspended": ("suspended", "已暂停"),
    "superseded": ("another was admitted under this name", "该名称已准入另一申请"),
}
"""What became of an application, in both languages."""


@app.command("list")
def list_(
    context: typer.Context,
    standing: Annotated[
        str | None, typer.Option(help=f"Only those: {', '.join(get_args(ApplicationStanding))}.")
    ] = None,
) -> None:
    """Every application, newest first: when it came, how it stands, with an invitation or without, and its fingerprint."""
    if standing is not None and standing not in STANDINGS:
        raise FormatError(
            "admission.standing", f"No application stands {standing!r}.", f"Use one of {', '.join(STANDINGS)}."
        )
    with client_of(context) as client:
        wanted = cast("ApplicationStanding | None", standing)
        lines = pages(lambda cursor: client.applications(cursor, standing=wanted))
    for line in lines:
        english, chinese = STANDINGS[line.standing]
        came = "invited 受邀" if line.invited else "uninvited 未受邀"
        node = "node 有节点" if line.node else "no node 无节点"
        typer.echo(
            f"{line.party}  {english} {chinese}  {moment(line.received_at)}  {came}  {node}  {', '.join(line.roles)}\n"
            f"  “{line.title.english}” “{line.title.chinese}”  operator 运营主体 {line.operator}\n"
            f"  fingerprint 指纹 0x{line.fingerprint.hex()}"
        )
    if not lines:
        typer.echo("no such applications 没有符合条件的申请")


@app.command()
def show(
    context: typer.Context,
    party: Party,
    rpc: Annotated[
        str | None,
        typer.Option("--rpc", envvar="TALLY_RPC_URL", help="Your own chain endpoint, which contract wallets need."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write it to this file, as `admit` takes it.")] = None,
) -> None:
    """Fetch a party's application from the coordinator, check every signature, and show what it says and its fingerprint."""
    with client_of(context) as client:
        found = client.application(party)
    enrolment = _verified(context, found.application, rpc)
    _require_named(enrolment, party)
    for line in _lines(enrolment):
        typer.echo(line)
    typer.echo(
        f"came {'with' if found.invited else 'without'} an invitation {'受邀申请' if found.invited else '未受邀申请'}"
    )
    typer.echo(f"fingerprint {enrolment.fingerprint}")
    typer.echo(
        "Nothing here says whose keys these are: let the applicant tell you the fingerprint by a way of its own.\n"
        "以上内容不能说明密钥属于谁：请让申请方通过其自己的途径告知指纹。"
    )
    if out is not None:
        out.write_bytes(found.application.data())


@app.command()
def admit(
    context: typer.Context,
    application: Annotated[
        str, typer.Argument(help="The party's name, whose application the coordinator has, or a file with it.")
    ],
    rpc: Rpc,
    fingerprint: Annotated[
        str | None,
        typer.Option(help="What the applicant told you by a way of its own; another application is refused."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Admit a party under exactly the keys of its application, when all who are named in it signed.

    An application that the coordinator gives is admitted only with the fingerprint that the applicant told you: give it, or
    type it when asked.
    """
    from chain import admission

    found, brought = _application(context, application)
    it, acting = _verified(context, found, rpc), own_gateway(context, rpc)
    if not brought:
        _require_named(it, application)
    for line in _lines(it):
        typer.echo(line)
    if fingerprint is None and not brought:
        if yes:
            raise RefusedError(
                "admission.no_fingerprint",
                "A coordinator could have put another application in the place of the party's own.",
                "Give --fingerprint as the applicant told it to you.",
            )
        fingerprint = str(typer.prompt("Fingerprint that the applicant told you 申请方告知的指纹")).strip()
    confirm(
        f"{it.party} becomes a party with exactly these keys; name, operator and roles are for ever. Fingerprint "
        f"{it.fingerprint}: the applicant saw the same one; ask it by a way of your own.",
        f"{it.party} 将以上述密钥成为参与方；名称、运营主体与角色永久有效。指纹 {it.fingerprint}：申请方看到的是同一指纹，"
        "请通过您自己的途径向其核对。",
        yes=yes or fingerprint is not None,
    )
    done = admission.admit(acting, found, fingerprint=fingerprint)
    typer.echo(f"{it.party} {'admitted 已准入' if done else 'is admitted already 此前已准入'}")


def _application(context: typer.Context, name: str) -> tuple["Application", bool]:
    """A file's application, or what the coordinator has of a party; whether it was brought."""
    from protocol.enrolment import Application

    path = Path(name)
    if path.is_file():
        return Application.read(path.read_bytes()), True
    if "/" in name or "." in name:
        raise FormatError("admission.no_file", f"There is no file {name}.", "Name a file or a party.")
    with client_of(context) as client:
        return client.application(ids.name(name, "party")).application, False


def _verified(context: typer.Context, application: "Application", rpc: str | None) -> "Enrolment":
    """The enrolment, once every signature was found good for the own deployment file's registry."""
    from chain.endpoint import Endpoint
    from chain.wallets import accepts
    from protocol.typed import key_signed

    endpoint = None if rpc is None else Endpoint(rpc)

    def checked(wallet: str, digest: bytes, signature: bytes) -> bool:
        return (
            key_signed(wallet, digest, signature) if endpoint is None else accepts(endpoint, wallet, digest, signature)
        )

    return application.verified(deployment_of(context).domain("PartyRegistry"), checked)


def _require_named(enrolment: "Enrolment", party: str) -> None:
    if enrolment.party != party:
        raise RefusedError(
            "admission.other_party",
            f"The coordinator gave the application of {enrolment.party}, not that of {party}.",
            "Do not admit it: ask the applicant for the file itself.",
        )


def _lines(it: "Enrolment") -> list[str]:
    """What an application says, one line for each fact; its signatures are good already."""
    roles = [f"{name} {say(ROLE_WORDS[name], 'zh')}" for name in it.roles]
    facts = [
        ("party 参与方", it.party),
        ("title 名称", f"“{it.title.english}” “{it.title.chinese}”"),
        ("operator 运营主体", it.operator),
        ("contact 联系方式", it.contact),
        ("roles 角色", ", ".join(roles)),
        ("wallet 钱包", f"{it.wallet}  signed 已签名"),
    ]
    if it.has_node:
        facts += [
            ("node signer 节点签名地址", f"{it.node_signer}  signed 已签名"),
            ("node key 节点密钥", f"0x{it.node_key.hex()}  signed 已签名"),
            ("seal key 封装密钥", f"0x{it.seal_key.hex()}"),
        ]
    else:
        facts.append(("node 节点", "none 无"))
    return [f"{name}: {value}" for name, value in facts]
