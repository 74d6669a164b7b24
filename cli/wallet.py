"""`tally wallet`: the owner's wallet, kept in a folder of its own, apart from the node."""

from pathlib import Path
from typing import Annotated

import typer

from cli.confirm import Yes, confirm
from cli.participant import Rpc, checked_address, gateway
from protocol import ids

app = typer.Typer(no_args_is_help=True, help="The wallet that signs authorizations.")


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
def address(folder: Annotated[Path, typer.Option("--folder", help="The wallet's folder.")]) -> None:
    """Print the wallet's address."""
    from workers import wallet

    typer.echo(wallet.address(folder))


@app.command()
def change(
    folder: Annotated[Path, typer.Option("--folder", help="The present wallet's folder.")],
    passphrase_file: Annotated[Path, typer.Option(help="Its passphrase (0600 file).")],
    party: Annotated[str, typer.Option(envvar="TALLY_PARTY", help="Your party name.")],
    to: Annotated[str, typer.Option(help="The new wallet's address, capitals as its checksum (EIP-55).")],
    rpc: Rpc,
    deployment: Annotated[
        Path, typer.Option(envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file.")
    ],
    yes: Yes = False,
) -> None:
    """Hand your party over to another wallet, signed by the present one."""
    from chain import participant

    wallet, acting = checked_address(to), gateway(rpc, folder, passphrase_file, deployment)
    confirm(
        f"From now on only {wallet} speaks for {ids.name(party, 'party')}: it alone authorizes, revokes and proposes. Whoever "
        "holds the present wallet can no longer, you included. Authorizations that are on chain stay as they are.",
        f"从现在起只有 {wallet} 代表 {party}：只有它能授权、撤销和提议。持有现有钱包的人都不再能，包括您自己。已上链的授权保持不变。",
        yes=yes,
    )
    typer.echo(
        f"{party} {'has' if participant.change_wallet(acting, party, wallet) else 'has already'} the wallet {wallet}"
    )
