"""Who calls: a participant's wallet, its deployment file and its coordinator, from options or the environment."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from protocol import ids
from protocol.errors import FormatError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from chain.deployment import Deployment
    from chain.gateway import Gateway
    from client import Coordinator

_ADDRESS = re.compile(r"[0-9a-fA-F]{40}")
Value = TypeVar("Value", str, Path)
Rpc = Annotated[str, typer.Option("--rpc", envvar="TALLY_RPC_URL", help="Your own chain endpoint.")]


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
    """Options of every group that acts for a participant; each can come from the environment."""
    context.obj = _Options(coordinator, party, wallet, passphrase_file, deployment)


@dataclass(frozen=True, slots=True)
class _Options:
    coordinator: str | None
    party: str | None
    wallet: Path | None
    passphrase_file: Path | None
    deployment: Path | None


def client_of(context: typer.Context) -> "Coordinator":
    """A client of the coordinator that signs with the group's wallet and trusts only its own deployment file."""
    from chain.deployment import Deployment
    from tallystick import opening

    given: _Options = context.obj
    url, party = _needed(given.coordinator, "coordinator"), ids.name(_needed(given.party, "party"))
    signer = opening.wallet_signer(_needed(given.wallet, "wallet"), _needed(given.passphrase_file, "passphrase-file"))
    return opening.coordinator(url, party, signer, Deployment.load(_needed(given.deployment, "deployment")))


def wallet_of(context: typer.Context) -> tuple[str, Path, Path]:
    """The group's party, its wallet's folder and the wallet's passphrase file."""
    given: _Options = context.obj
    return (
        ids.name(_needed(given.party, "party")),
        _needed(given.wallet, "wallet"),
        _needed(given.passphrase_file, "passphrase-file"),
    )


def deployment_of(context: typer.Context) -> "Deployment":
    """The group's own deployment file."""
    from chain.deployment import Deployment

    given: _Options = context.obj
    return Deployment.load(_needed(given.deployment, "deployment"))


def own_gateway(context: typer.Context, rpc: str) -> "Gateway":
    """The chain as the group's wallet reaches it, past any coordinator."""
    given: _Options = context.obj
    return gateway(
        rpc,
        _needed(given.wallet, "wallet"),
        _needed(given.passphrase_file, "passphrase-file"),
        _needed(given.deployment, "deployment"),
    )


def reading_gateway(context: typer.Context, rpc: str) -> "Gateway":
    """The chain as anybody may read it: needs no wallet."""
    from chain.deployment import Deployment
    from chain.gateway import Gateway

    given: _Options = context.obj
    return Gateway(rpc, Deployment.load(_needed(given.deployment, "deployment")))


def gateway(rpc: str, wallet: Path, passphrase_file: Path, deployment: Path) -> "Gateway":
    """The chain as a wallet reaches it."""
    from chain.deployment import Deployment
    from chain.gateway import Gateway

    return Gateway(rpc, Deployment.load(deployment), account(wallet, passphrase_file))


def checked_address(text: str) -> str:
    """An address that somebody typed; its capitals must be its checksum, so that a slip cannot name nobody."""
    digits = text.removeprefix("0x")
    if _ADDRESS.fullmatch(digits) is None or ids.checksum_address(bytes.fromhex(digits)) != text:
        raise FormatError(
            "wallet.not_checksummed",
            f"{text!r} is no address with its checksum (EIP-55).",
            "Copy it as `tally wallet address` prints it.",
        )
    return text


def account(wallet: Path, passphrase_file: Path) -> "LocalAccount":
    """A wallet's key, opened with its own passphrase."""
    from workers import keystore
    from workers import wallet as wallets

    return wallets.load(wallet, keystore.read_passphrase(passphrase_file, wallet))


def account_of(context: typer.Context) -> "LocalAccount":
    """The key of the group's wallet."""
    given: _Options = context.obj
    return account(_needed(given.wallet, "wallet"), _needed(given.passphrase_file, "passphrase-file"))


def _needed(value: Value | None, name: str) -> Value:
    if value is None:
        raise FormatError(
            "cli.missing_option",
            f"--{name} is not given.",
            f"Give it before the command, as `tally task --{name} … show …`, or set its TALLY_ variable.",
        )
    return value
