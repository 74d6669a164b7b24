"""`tally admission`: the consortium's own acts - parties, releases, pauses, and who may do these."""

import time
from typing import Annotated, get_args

import typer

from cli.confirm import Yes, confirm
from cli.participant import Rpc, checked_address, client_of, options, own_gateway
from protocol import ids
from protocol.enrolment import Office
from protocol.programs import Language

app = typer.Typer(
    no_args_is_help=True,
    callback=options,
    help="The consortium's own acts: parties, releases, start conditions, pauses, offices.",
)
Party = Annotated[str, typer.Argument(help="The party's name.")]
Release = Annotated[str, typer.Argument(help="name@version of a program or an engine.")]
OfficeName = Annotated[
    Office,
    typer.Argument(
        help="admission: admits and suspends. publisher: publishes and retires. guardian: pauses. "
        "admin: hands these on and takes them back."
    ),
]
Address = Annotated[str, typer.Argument(help="A wallet's address, capitals as its checksum (EIP-55).")]


@app.command()
def invite(
    context: typer.Context,
    party: Party,
    days: Annotated[int, typer.Option(min=1, max=90, help="How long it can be used.")] = 14,
    page: Annotated[
        str | None,
        typer.Option(
            help="Address of participants' pages, as https://explorer.example: prints links for a passkey, too."
        ),
    ] = None,
) -> None:
    """Print an invitation for an applicant, as the platform's operator: one application under this name can use it.

    Send it by a way of your own. The coordinator keeps its hash only, and nobody can show it again.
    """
    with client_of(context) as client:
        code = client.invite(party, int(time.time()) + days * 86_400)
    typer.echo(code)
    if page is not None:  # after the #: browsers send it to nobody
        for language in get_args(Language):
            typer.echo(f"{page.rstrip('/')}/{language}/desk/join#party={party}&invitation={code}")


@app.command()
def approve(
    context: typer.Context,
    release: Annotated[list[str], typer.Argument(help="name@version of programs or engines.")],
    certifier: Annotated[str, typer.Option(help="The certifier's party name.")],
    rpc: Rpc,
) -> None:
    """A certifier's wallet approves programs or engines."""
    from chain import admission

    acting = own_gateway(context, rpc)
    for name in release:
        done = admission.approve(acting, name, certifier)
        typer.echo(f"{name} {'approved' if done else 'is approved already'} by {certifier}")


@app.command()
def retire(
    context: typer.Context,
    release: Release,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Take a program or an engine back, as its publisher or with the publisher office; there is no way to bring it back."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm(
        f"No task can start with {ids.program(release, 'release')} any more, for ever; running tasks end as they were started. "
        "What was approved to succeed it stays; it succeeds nothing any more.",
        f"任何任务都不能再以 {release} 启动，且不可恢复；正在运行的任务照常结束。其获批的后继版本不变，但它不再是任何版本的后继。",
        yes=yes,
    )
    typer.echo(f"{release} {'retired' if admission.retire(acting, release) else 'is retired already'}")


@app.command()
def suspend(
    context: typer.Context,
    party: Party,
    reason: Annotated[str, typer.Option(help="Why, in words; their SHA-256 goes on chain, keep the words.")],
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Suspend a party, with the admission office: until it is reinstated it signs and starts nothing."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm(
        f"{ids.name(party, 'party')} can propose, authorize, register and start nothing until it is reinstated. Tasks that run "
        f"are not stopped. The reason on chain is the SHA-256 of these words: {reason}",
        f"在恢复之前，{party} 不能提议、授权、登记或启动任何任务；正在运行的任务不会停止。链上记录的原因是以下文字的 SHA-256：{reason}",
        yes=yes,
    )
    digest = admission.suspend(acting, party, reason)
    typer.echo(f"{party} is suspended already" if digest is None else f"{party} suspended, reason 0x{digest.hex()}")


@app.command()
def reinstate(
    context: typer.Context,
    party: Party,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Take a suspended party back, with the admission office, under the keys that it has."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm(
        f"{ids.name(party, 'party')} can take part again, with the wallet and node keys that the chain holds for it.",
        f"{party} 可以重新参与，沿用链上为其登记的钱包与节点密钥。",
        yes=yes,
    )
    typer.echo(f"{party} {'reinstated' if admission.reinstate(acting, party) else 'is not suspended'}")


@app.command()
def pause(
    context: typer.Context,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Pause the whole deployment, with the guardian office: no proposal, no authorization, no start."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm(
        "Nobody can propose or start a task or submit an authorization until the pause ends. "
        "Revocations, commitments, aborts and expiry go on, and so do running tasks.",
        "在暂停结束之前，任何人都不能提议或启动任务，也不能提交授权。撤销、承诺、中止与过期照常进行，正在运行的任务也继续。",
        yes=yes,
    )
    typer.echo("paused" if admission.pause(acting, paused=True) else "paused already")


@app.command()
def unpause(
    context: typer.Context,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """End a pause, with the guardian office."""
    from chain import admission

    acting = own_gateway(context, rpc)
    confirm("Tasks can be proposed, authorized and started again.", "任务可以重新提议、授权和启动。", yes=yes)
    typer.echo("the pause has ended" if admission.pause(acting, paused=False) else "there is no pause")


@app.command()
def grant(
    context: typer.Context,
    office: OfficeName,
    address: Address,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Give an office to a wallet, as admin."""
    from chain import offices

    account, acting = checked_address(address), own_gateway(context, rpc)
    confirm(
        f"{account} can act with the office {office} from now on.",
        f"{account} 从现在起可以行使 {office} 职权。",
        yes=yes,
    )
    typer.echo(f"{office} {'given' if offices.grant(acting, office, account) else 'is held already'}")


@app.command()
def withdraw(
    context: typer.Context,
    office: OfficeName,
    address: Address,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Take an office from a wallet, as admin."""
    from chain import offices

    account, acting = checked_address(address), own_gateway(context, rpc)
    confirm(
        f"{account} can no longer act with the office {office}. An office that nobody holds stays empty for ever "
        "when there is no admin either.",
        f"{account} 不能再行使 {office} 职权。若某职权无人担任且也没有 admin，该职权将永远空缺。",
        yes=yes,
    )
    typer.echo(f"{office} {'withdrawn' if offices.withdraw(acting, office, account) else 'is not held'}")


@app.command()
def renounce(
    context: typer.Context,
    office: OfficeName,
    rpc: Rpc,
    yes: Yes = False,
) -> None:
    """Lay down an office of the acting wallet's own."""
    from chain import offices

    acting = own_gateway(context, rpc)
    confirm(
        f"This wallet, {acting.address}, can no longer act with the office {office}; only an admin can give it back.",
        f"此钱包 {acting.address} 不能再行使 {office} 职权；只有 admin 能重新授予。",
        yes=yes,
    )
    typer.echo(f"{office} {'laid down' if offices.renounce(acting, office) else 'is not held'}")
