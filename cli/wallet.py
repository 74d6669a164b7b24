"""`tally wallet`: the owner's wallet, kept in a folder of its own, apart from the node."""

from pathlib import Path
from typing import Annotated

import typer

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
