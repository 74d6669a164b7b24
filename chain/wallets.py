"""Whether a contract wallet accepts a signature (EIP-1271): the one thing about signatures that only the chain knows."""

import re
from typing import Final

from chain.abi import Function
from chain.endpoint import Endpoint, RefusedByNodeError, RevertError
from protocol.enrolment import NO_ADDRESS
from protocol.typed import key_signed

_IS_VALID: Final = Function("Wallet", "isValidSignature", ("bytes32", "bytes"), ("bytes4",))
GAS: Final = 3_000_000
"""What a wallet's code may use: ten passkeys checked without the precompile, and a tenth of what a stranger's loop would get."""
_GIVEN_OUT: Final = re.compile(r"\bevm error\b|out.?of.?gas|opcode|insufficient_gas", re.IGNORECASE)
"""How nodes say that code came to no end of its own: anvil, geth and Besu each have words for it, and none a code."""
_MAGIC: Final = bytes.fromhex("1626ba7e").ljust(32, b"\0")


def contract_accepts(endpoint: Endpoint, wallet: str, digest: bytes, signature: bytes) -> bool:
    """``isValidSignature`` by a static call on the newest block; accounts without code never accept."""
    if wallet == NO_ADDRESS or not endpoint.code(wallet):
        return False
    try:
        answer = endpoint.call(wallet, _IS_VALID.read(digest, signature).data, "latest", gas=GAS)
    except RevertError:
        return False
    except RefusedByNodeError as error:
        if _GIVEN_OUT.search(error.message):
            return False
        raise  # the node could not ask the wallet, which says nothing about the signature
    return answer == _MAGIC


def accepts(endpoint: Endpoint, wallet: str, digest: bytes, signature: bytes) -> bool:
    """Whether a wallet accepts a signature: tried as a key first, then as a contract (ADR 0043)."""
    return key_signed(wallet, digest, signature) or contract_accepts(endpoint, wallet, digest, signature)
