"""The owner's wallet on disk: its own folder, apart from the node, in the Ethereum keystore format (Web3 Secret Storage v3).

The node never opens it: a wallet authorizes what the node may do, so the two must not fall into one hand.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.address import to_checksum_address

from protocol.errors import RefusedError
from protocol.typed import Domain, Typed
from workers import disk

_LIMIT: Final = 16 * 1024
FILE: Final = "wallet.json"


def create(folder: Path, passphrase: bytes, work: int = 2**17) -> str:
    """A new wallet in ``folder``; returns its checksummed address. An existing one is never overwritten."""
    account: LocalAccount = Account.create(secrets.token_hex(32))
    document = Account.encrypt(account.key, passphrase.decode("utf-8"), kdf="scrypt", iterations=work)
    disk.private_dir(folder)
    disk.create_private(folder / FILE, json.dumps(document, sort_keys=True).encode())
    return str(account.address)


def load(folder: Path, passphrase: bytes) -> LocalAccount:
    """Open the wallet in ``folder``."""
    try:
        document = cast("dict[str, Any]", json.loads(disk.read_private(folder / FILE, _LIMIT)))
        return Account.from_key(Account.decrypt(document, passphrase.decode("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(
            "wallet.wrong_passphrase",
            f"The wallet in {folder} does not open with this passphrase, or it was altered.",
            "Check the passphrase file; else restore the wallet from its backup.",
        ) from error


def address(folder: Path) -> str:
    """The wallet's checksummed address, without opening it."""
    try:
        return str(to_checksum_address(str(json.loads(disk.read_private(folder / FILE, _LIMIT))["address"])))
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError("wallet.malformed", f"{folder / FILE} is no wallet file.", "Correct the folder.") from error


@dataclass(frozen=True, slots=True)
class WalletSigner:
    """A wallet opened from disk, as the coordinator's client takes it."""

    account: LocalAccount = field(repr=False)

    @property
    def address(self) -> str:
        """Checksummed address."""
        return str(self.account.address)

    def sign_digest(self, digest: bytes) -> bytes:
        """65-byte signature over an EIP-712 digest that the client built from our own types."""
        return bytes(self.account.unsafe_sign_hash(Hash32(digest)).signature)

    def sign_typed(self, message: Typed, domain: Domain) -> bytes:
        """65-byte EIP-712 signature over one of our own frozen types (I11)."""
        message.check()
        return self.sign_digest(message.digest(domain))
