"""What the client needs of a wallet or node signer: its address and a signature over a digest."""

from typing import Protocol


class Signer(Protocol):
    """Holds a secp256k1 key somewhere; the client never sees it."""

    @property
    def address(self) -> str:
        """Checksummed or lower-case address of the key."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes r ‖ s ‖ v (v 27 or 28, low s) over a 32-byte digest; contract wallets may give other lengths."""
        ...
