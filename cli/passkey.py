"""`tally passkey`: accounts for people who have no wallet, made by the operator, and applications that a passkey signs in the browser."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.applying import Contact, Operator, Roles, Title, TitleZh
from cli.confirm import Yes, confirm
from cli.participant import Rpc, checked_address, deployment_of, options, own_gateway
from protocol import ids
from protocol.errors import FormatError, RefusedError

if TYPE_CHECKING:
    from protocol.enrolment import Application

app = typer.Typer(
    no_args_is_help=True, callback=options, help="Accounts that passkeys own: for people who have no wallet."
)
Passkeys = Annotated[
    list[str],
    typer.Option(
        "--passkey", help="A passkey's public key as the page shows it: 0x and 128 hex digits, x then y; repeatable."
    ),
]
Threshold = Annotated[int, typer.Option(min=1, max=5, help="How many of them must sign.")]


@app.command()
def account(context: typer.Context, passkey: Passkeys, rpc: Rpc, threshold: Threshold = 1, yes: Yes = False) -> None:
    """Make an account for passkeys with your own wallet, unless it is there; print its address.

    Coordinators do it themselves for who is invited. The address follows from the passkeys: anybody derives the same.
    """
    from chain import passkeys
    from protocol.passkeys import Passkey, PasskeyOwners

    read = sorted((_passkey(each) for each in passkey), key=lambda each: each[0])
    owners = PasskeyOwners.parse(PasskeyOwners(tuple(Passkey(x, y) for x, y in read), threshold).to_json(), "--passkey")
    acting = own_gateway(context, rpc)
    address = passkeys.address_of(acting.deployment, owners)
    confirm(
        f"{address} becomes an account that {threshold} of {len(read)} passkeys speak for. Compare the address with the one that "
        "their owner's page shows. Passkeys that are lost cannot be replaced by anybody else.",
        f"{address} 将成为由 {len(read)} 个通行密钥中的 {threshold} 个代表的账户。请与持有人页面所示地址核对。"
        "遗失的通行密钥无人能代为恢复。",
        yes=yes,
    )
    passkeys.make(acting, owners)
    typer.echo(address)


@app.command()
def deploy(
    context: typer.Context,
    rpc: Rpc,
    out: Annotated[Path, typer.Option("--out", help="Where the new deployment file goes; it must not be there yet.")],
    yes: Yes = False,
) -> None:
    """Add what makes accounts for passkeys to a deployment that has none, and write the deployment file anew.

    Nothing else changes: files without it stay good for everything but passkeys.
    """
    from chain.deploy import deploy_passkey_accounts
    from cli.participant import account_of

    if out.exists():
        raise RefusedError("deploy.exists", f"{out} is there already.", "Name a new file.")
    found = deployment_of(context)
    if found.passkey_accounts:
        raise RefusedError(
            "passkey.deployed", f"{found.passkey_accounts} makes the accounts of this deployment.", "Use it."
        )
    confirm(
        "A contract is added that makes accounts for passkeys, for anybody and without an office. Hand the new file to everybody "
        "who is to accept passkeys: the explorer (TALLY_PASSKEY_ACCOUNTS) and the coordinator.",
        "将添加一个为通行密钥创建账户的合约，任何人均可使用，无需职权。请把新文件交给需要支持通行密钥的各方："
        "审计浏览器（TALLY_PASSKEY_ACCOUNTS）与协调方。",
        yes=yes,
    )
    made = deploy_passkey_accounts(rpc, account_of(context), found)
    made.save(out)
    typer.echo(f"PasskeyAccounts {made.passkey_accounts}")


@app.command()
def prepare(
    context: typer.Context,
    party: Annotated[str, typer.Argument(help="The party's name, as it was invited.")],
    address: Annotated[str, typer.Option(help="The passkeys' account, capitals as its checksum (EIP-55).")],
    operator: Operator,
    role: Roles,
    title: Title,
    title_zh: TitleZh,
    contact: Contact,
    out: Annotated[Path, typer.Option("--out", help="Where the application goes.")],
) -> None:
    """Write the application of a party without a node for its passkey to sign in the browser (`tally node prepare`: with one)."""
    from protocol.enrolment import Application, Profile
    from protocol.programs import Words

    profile = Profile(Words(title, title_zh), contact, operator, tuple(role))
    registry = deployment_of(context).domain("PartyRegistry")
    enrolment = profile.enrolment(ids.name(party, "party"), checked_address(address), registry.salt)
    write_unsigned(Application.unsigned(type(enrolment).parse(enrolment.to_json()), registry), out)


def write_unsigned(application: "Application", out: Path) -> None:
    """Write an application that its wallet has still to sign, and say where."""
    out.write_bytes(application.data())
    typer.echo(
        f"{out} is to be signed: open it on the page “I was invited”, where the passkey is.\n"
        f"{out} 待签署：请在持有通行密钥的设备上于“我受到邀请”页面打开。"
    )


def _passkey(text: str) -> tuple[bytes, bytes]:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 64:
        raise FormatError("passkey.form", f"{text!r} is no passkey: 0x and 128 hex digits.", "Copy it from the page.")
    return found[:32], found[32:]
