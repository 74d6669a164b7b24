"""Who calls: settings, a wallet from disk, and the coordinator's client of a party that trusts its own deployment file."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from chain.deployment import Deployment
from client import Coordinator, Signer
from client.transport import Timing
from protocol import ids
from protocol.errors import FormatError, UnavailableError
from tallystick import settings
from workers import keystore, wallet

_DOMAINS: Final = ("Tasks", "Consents", "Anchors")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a party's things are; what is not needed for a call may be absent."""

    coordinator: str
    party: str
    deployment: Deployment
    rpc: str | None = None
    node: Path | None = None

    @classmethod
    def of(cls, found: Mapping[str, str]) -> Self:
        """From ``TALLY_…`` settings (``settings.missing`` names the first that is not there)."""
        node = found.get("TALLY_NODE_STATE")
        return cls(
            needed(found, "TALLY_COORDINATOR"),
            ids.name(needed(found, "TALLY_PARTY"), "TALLY_PARTY"),
            Deployment.load(Path(needed(found, "TALLY_DEPLOYMENT_FILE"))),
            found.get("TALLY_RPC_URL"),
            None if node is None else Path(node),
        )


def settings_of(file: str | Path | None) -> dict[str, str]:
    """``TALLY_…`` settings: a file's go before those of the environment, as they do for the commands."""
    around = {name: value for name, value in os.environ.items() if name.startswith("TALLY_")}
    return around if file is None else around | settings.read(Path(file))


def needed(found: Mapping[str, str], name: str) -> str:
    """A setting that must be there."""
    value = found.get(name)
    if not value:
        raise FormatError(
            "settings.missing",
            f"{name} is not set.",
            "Name a settings file (lines TALLY_NAME=value), or set it in the environment.",
            name=name,
        )
    return value


@contextmanager
def needing(name: str) -> Generator[None]:
    """Around an import of what an extra of the distribution brings: ``client.not_installed`` where it is not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "client.not_installed",
            f"This call needs the Python package {error.name}, which is not installed here.",
            f"Install it with `pip install 'tallystick[{name}]'`.",
        ) from error


def wallet_signer(folder: Path, passphrase_file: Path) -> wallet.WalletSigner:
    """A wallet from disk, opened with its own passphrase."""
    return wallet.WalletSigner(wallet.load(folder, keystore.read_passphrase(passphrase_file, folder)))


def coordinator(
    url: str, party: str, signer: Signer | None, deployment: Deployment, timing: Timing | None = None
) -> Coordinator:
    """The coordinator's client of a party; what is signed is bound to the party's own deployment file."""
    domains = {name: deployment.domain(name) for name in _DOMAINS}
    return Coordinator(url, party=party, signer=signer, domains=domains, timing=timing)
