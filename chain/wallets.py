"""Whether a contract wallet accepts a signature (EIP-1271): the one thing about signatures that only the chain knows."""

from typing import Final

from chain.abi import Function
from chain.endpoint import Endpoint, RevertError
from protocol.enrolment import NO_ADDRESS
from protocol.typed import key_signed

_IS_VALID: Final = Function("Wallet", "isValidSignature", ("bytes32", "bytes"), ("bytes4",))
_MAGIC: Final = bytes.fromhex("1626ba7e").ljust(32, b"\0")


def contract_accepts(endpoint: Endpoint, wallet: str, digest: bytes, signature: bytes) -> bool:
    """``isValidSignature`` by a static call on the newest block; accounts without code never accept."""
    if wallet == NO_ADDRESS or not endpoint.code(wallet):
        return False
    try:
        answer = endpoint.call(wallet, _IS_VALID.read(digest, signature).data, "latest")
    except RevertError:
        return False
    return answer == _MAGIC


def accepts(endpoint: Endpoint, wallet: str, digest: bytes, signature: bytes) -> bool:
    """Whether a wallet accepts a signature: tried as a key first, then as a contract (ADR 0043)."""
    return key_signed(wallet, digest, signature) or contract_accepts(endpoint, wallet, digest, signature)
