"""Accounts that passkeys own: their address, whether one is there, and making one (``contracts/src/PasskeyAccounts.sol``).

The address follows from the deployment and the passkeys alone (CREATE2), so nobody has to be believed about it: it is derived here,
and on the pages in the same way (``audit_explorer/web/src/protocol/passkeyAccount.ts``).

Sources: EIP-1014 (CREATE2), EIP-161 (a contract's first creation has nonce 1).
"""

from functools import cache
from typing import Final

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from chain.bindings import passkey_accounts
from chain.deploy import create_address, load_artifact
from chain.deployment import PASSKEY_ACCOUNTS, Deployment
from chain.endpoint import Endpoint
from chain.errors import WrongChainError
from chain.gateway import Gateway
from protocol.passkeys import SALT, PasskeyOwners

ACCOUNT: Final = "PasskeyAccount"
_ARGUMENTS: Final = ("bytes32", "address", "(bytes32,bytes32)[]", "uint256")


@cache
def creation_code() -> bytes:
    """What makes an account, before its constructor's arguments."""
    return load_artifact(ACCOUNT).bytecode


def address_of(deployment: Deployment, owners: PasskeyOwners) -> str:
    """The address that an account has or will have, checksummed; ``passkey.off`` where the deployment makes none."""
    factory = deployment.address(PASSKEY_ACCOUNTS)
    verifier = create_address(factory, 1)  # the factory's first and only creation of its own
    passkeys = [(each.x, each.y) for each in owners.passkeys]
    arguments = encode(_ARGUMENTS, [bytes.fromhex(deployment.deployment_id[2:]), verifier, passkeys, owners.threshold])
    made = keccak(b"\xff" + bytes.fromhex(factory[2:]) + SALT + keccak(creation_code() + arguments))
    return to_checksum_address(made[12:])


def is_account(endpoint: Endpoint, address: str) -> bool:
    """Whether an address has the code of a passkey account, whoever made it."""
    return load_artifact(ACCOUNT).explains(endpoint.code(address))


def make(gateway: Gateway, owners: PasskeyOwners) -> int:
    """Have an account made, unless it is there; the block in which it was."""
    if is_account(gateway.endpoint, address_of(gateway.deployment, owners)):
        return gateway.head()
    factory = gateway.deployment.address(PASSKEY_ACCOUNTS)
    if not load_artifact(PASSKEY_ACCOUNTS).explains(gateway.endpoint.code(factory)):
        raise WrongChainError(
            "chain.foreign_code",
            f"What stands at {factory} is not what makes passkey accounts.",
            "Compare the deployment file (passkey_accounts) with the operator's.",
            contract=PASSKEY_ACCOUNTS,
        )
    passkeys = tuple(passkey_accounts.Passkey(each.x, each.y) for each in owners.passkeys)
    return gateway.send(passkey_accounts.create(passkeys, owners.threshold, SALT)).block_number
