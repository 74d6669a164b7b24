"""`tally wallet`: the owner's wallet, kept in a folder of its own, apart from the node."""

from pathlib import Path
from typing import Annotated

import typer

from cli.applying import Contact, Invitation, Operator, Out, Roles, Title, TitleZh, apply
from cli.confirm import Yes, confirm
from cli.participant import Rpc, account, checked_address, gateway
from protocol import ids

app = typer.Typer(no_args_is_help=True, help="The wallet that decides for a party: it consents, registers, hands over.")
Folder = Annotated[Path, typer.Option("--folder", help="The wallet's folder.")]
Passphrase = Annotated[Path, typer.Option("--passphrase-file", help="Its passphrase (0600 file).")]
Party = Annotated[str, typer.Option(envvar="TALLY_PARTY", help="Your party name.")]
DeploymentFile = Annotated[
    Path, typer.Option("--deployment", envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file.")
]


@app.command()
def new(
    folder: Annotated[Path, typer.Option("--folder", help="New folder for the wallet, outside the node's.")],
    passphrase_file: Annotated[
        Path, typer.Option(help="File with the passphrase (mode 0600); drawn at random when it is missing.")
    ],
) -> None:
    """Make a wallet (Ethereum keystore v3) and print its address."""
    from workers import keystore, wallet

    if not passphrase_file.exists():
        keystore.create_passphrase(passphrase_file)
        typer.echo(f"passphrase drawn into {passphrase_file}; keep a copy in a safe place")
    typer.echo(wallet.create(folder, keystore.read_passphrase(passphrase_file, folder)))


@app.command()
def address(folder: Folder) -> None:
    """Print the wallet's address."""
    from workers import wallet

    typer.echo(wallet.address(folder))


@app.command(name="enrol")
def enrol_party(
    folder: Folder,
    passphrase_file: Passphrase,
    party: Party,
    deployment: DeploymentFile,
    coordinator: Annotated[str, typer.Option(envvar="TALLY_COORDINATOR", help="The coordinator's URL.")],
    operator: Operator,
    role: Roles,
    title: Title,
    title_zh: TitleZh,
    contact: Contact,
    out: Out = None,
    invitation: Invitation = None,
) -> None:
    """Apply to take part without a node: a regulator, a certifier, whoever brings programs or operates the platform."""
    from chain.deployment import Deployment
    from client import Coordinator
    from protocol.enrolment import Application, Profile
    from protocol.programs import Words
    from workers.wallet import WalletSigner

    found = Deployment.load(deployment)
    signer, registry = WalletSigner(account(folder, passphrase_file)), found.domain("PartyRegistry")
    profile = Profile(Words(title, title_zh), contact, operator, tuple(role))
    enrolment = profile.enrolment(ids.name(party, "party"), signer.address, registry.salt)
    with Coordinator(coordinator, party=party, signer=signer, domains={}) as client:
        apply(client, Application.of(enrolment, registry, signer.sign_digest), out, invitation)


@app.command()
def change(
    folder: Folder,
    passphrase_file: Passphrase,
    party: Party,
    to: Annotated[str, typer.Option(help="The new wallet's address, capitals as its checksum (EIP-55).")],
    rpc: Rpc,
    deployment: DeploymentFile,
    yes: Yes = False,
) -> None:
    """Name the wallet that your party shall have, by the present one; nothing changes hands before that one accepts."""
    from chain import participant

    wallet, acting = checked_address(to), gateway(rpc, folder, passphrase_file, deployment)
    confirm(
        f"You name {wallet} as the wallet that {ids.name(party, 'party')} shall have, in place of any named before. The present "
        "wallet stays in charge until that one accepts (`tally wallet accept`), and can take the name back until then "
        "(`tally wallet cancel`).",
        f"您指定 {wallet} 为 {party} 的新钱包，并取代此前的指定。在新钱包接受（`tally wallet accept`）之前，现有钱包仍然有效，"
        "并可随时取消（`tally wallet cancel`）。",
        yes=yes,
    )
    done = participant.name_wallet(acting, party, wallet)
    typer.echo(f"{party} {'names' if done else 'names or has already'} the wallet {wallet}")


@app.command()
def accept(
    folder: Annotated[Path, typer.Option("--folder", help="The named wallet's folder.")],
    passphrase_file: Passphrase,
    party: Party,
    rpc: Rpc,
    deployment: DeploymentFile,
    yes: Yes = False,
) -> None:
    """Take a party over, by the wallet that its present one named."""
    from chain import participant

    acting = gateway(rpc, folder, passphrase_file, deployment)
    confirm(
        f"From now on only {acting.address} speaks for {ids.name(party, 'party')}: it alone authorizes, revokes and proposes. "
        "Whoever holds the present wallet can no longer, and what that one signed and nobody sent yet is worth nothing. "
        "Authorizations that are on chain stay as they are.",
        f"从现在起只有 {acting.address} 代表 {party}：只有它能授权、撤销和提议。持有现有钱包的人都不再能；"
        "现有钱包已签署但尚未提交的内容随即失效。已上链的授权保持不变。",
        yes=yes,
    )
    done = participant.accept_wallet(acting, party)
    typer.echo(f"{party} {'has' if done else 'has already'} the wallet {acting.address}")


@app.command()
def cancel(
    folder: Folder,
    passphrase_file: Passphrase,
    party: Party,
    rpc: Rpc,
    deployment: DeploymentFile,
    yes: Yes = False,
) -> None:
    """Name no wallet any more, by the present one, before the named one accepts."""
    from chain import participant

    acting = gateway(rpc, folder, passphrase_file, deployment)
    confirm(
        f"The wallet that {ids.name(party, 'party')} named can no longer take it over; the present wallet stays.",
        f"{party} 所指定的新钱包不能再接管；现有钱包保持不变。",
        yes=yes,
    )
    typer.echo(
        f"{party} {'names no wallet any more' if participant.cancel_wallet(acting, party) else 'names no wallet'}"
    )
