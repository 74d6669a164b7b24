"""What the commands of a party's own node share: its state folder, and the wallet that signs beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workers.wallet import WalletSigner

State = Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")]
Wallet = Annotated[Path, typer.Option("--wallet", envvar="TALLY_WALLET", help="The wallet's folder.")]
WalletPassphrase = Annotated[
    Path,
    typer.Option(
        "--wallet-passphrase-file", envvar="TALLY_WALLET_PASSPHRASE_FILE", help="The wallet's passphrase (mode 0600)."
    ),
]


def wallet_of(folder: Path, passphrase_file: Path) -> "WalletSigner":
    """The wallet, opened with its own passphrase."""
    from tallystick.opening import wallet_signer

    return wallet_signer(folder, passphrase_file)
