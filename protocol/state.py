"""Facts of a state from its root: an account's storage root, and the words in its storage.

Source: Ethereum yellow paper, 4.1 and appendix D; EIP-1186.
"""

from collections.abc import Sequence
from typing import Final

from eth_hash.auto import keccak

from protocol import rlp, trie
from protocol.codec import hexadecimal, sequence
from protocol.errors import FormatError, VerificationError

_WORD: Final = 32
NODES: Final = sequence(hexadecimal(64 * 1024), 64)
"""A proof in JSON: the nodes of a trie from its root on."""


def storage_root(state_root: bytes, address: bytes, nodes: Sequence[bytes], code: bytes | None) -> bytes:
    """The storage root of the account at ``address`` (20 bytes), whose code's keccak256 must be ``code`` where given.

    Raises :class:`VerificationError` ``chain.account`` when there is no such account, or another code.
    """
    found = trie.lookup(state_root, keccak(address), nodes)
    if found is None:
        raise VerificationError(
            "chain.account", f"The state has no account 0x{address.hex()}.", "Fetch the proof again."
        )
    nonce, balance, root, code_hash = rlp.listing(rlp.decode(found), 4)
    rlp.number(nonce)
    rlp.number(balance, 256)
    if code is not None and rlp.text(code_hash, 32) != code:
        raise VerificationError(
            "chain.account",
            f"The code at 0x{address.hex()} has the hash {rlp.text(code_hash).hex()}, not {code.hex()}.",
            "This chain keeps something else at that address: use one whose genesis follows the documentation.",
        )
    return rlp.text(root, 32)


def word(root: bytes, slot: int, nodes: Sequence[bytes]) -> bytes:
    """The 32 bytes in a storage slot; an unset slot is zero, proven by exclusion."""
    found = trie.lookup(root, keccak(slot.to_bytes(_WORD, "big")), nodes)
    if found is None:
        return bytes(_WORD)
    # Storage holds numbers: a word's leading zero bytes are not stored. Anvil keeps a zero that was written, as number 0.
    value = rlp.text(rlp.decode(found))
    if len(value) > _WORD or value[:1] == b"\0":
        raise FormatError("chain.word", "A storage word is not in its canonical form.", "Fetch the proof again.")
    return value.rjust(_WORD, b"\0")
