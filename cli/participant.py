"""Who calls: a participant's wallet, its deployment file and its coordinator, from options or the environment."""

from pathlib import Path
from typing import Annotated

import typer

from client import Coordinator
from protocol import ids
from protocol.errors import FormatError


def options(
    context: typer.Context,
    coordinator: Annotated[str | None, typer.Option(envvar="TALLY_COORDINATOR", help="The coordinator's URL.")] = None,
    party: Annotated[str | None, typer.Option(envvar="TALLY_PARTY", help="Your party name.")] = None,
    wallet: Annotated[Path | None, typer.Option(envvar="TALLY_WALLET", help="Your wallet's folder.")] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(envvar="TALLY_WALLET_PASSPHRASE_FILE", help="The wallet's passphrase (a 0600 file).")
    ] = None,
    deployment: Annotated[
        Path | None, typer.Option(envvar="TALLY_DEPLOYMENT_FILE", help="Your own copy of the deployment file.")
    ] = None,
) -> None:
    """Options of every group that speaks to a coordinator; each can come from the environment."""
    context.obj = lambda: connect(
        _needed(coordinator, "coordinator"),
        _needed(party, "party"),
        Path(_needed(wallet, "wallet")),
        Path(_needed(passphrase_file, "passphrase-file")),
        Path(_needed(deployment, "deployment")),
    )


def client_of(context: typer.Context) -> Coordinator:
    """The client that the group's options describe."""
    return context.obj()


def connect(url: str, party: str, wallet: Path, passphrase_file: Path, deployment: Path) -> Coordinator:
    """A client of the coordinator that signs with the wallet and trusts only its own deployment file."""
    from chain.deployment import Deployment
    from workers import keystore
    from workers import wallet as wallets

    account = wallets.load(wallet, keystore.read_passphrase(passphrase_file, wallet))
    found = Deployment.load(deployment)
    domains = {name: found.domain(name) for name in ("Tasks", "Consents", "Anchors")}
    return Coordinator(url, party=ids.name(party), signer=wallets.WalletSigner(account), domains=domains)


def _needed(value: str | Path | None, name: str) -> str:
    if value is None:
        raise FormatError(
            "cli.missing_option",
            f"--{name} is not given.",
            f"Give it before the command, as `tally task --{name} … show …`, or set its TALLY_ variable.",
        )
    return str(value)
