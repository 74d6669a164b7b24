"""What can go wrong between us and the chain."""

from collections.abc import Mapping
from typing import Final

from protocol import refusals
from protocol.errors import Detail, TallyError, UnavailableError, VerificationError


class ChainError(TallyError):
    """A contract said no: ``code`` is ``chain.revert.<ErrorName>``, ``arguments`` what it said, by name.

    The words, in both languages by the code, are those of :mod:`protocol.refusals`.

    ``arguments`` are as in the ABI (bytes32 as bytes); ``details`` carries the same as text for logs and answers.
    """

    def __init__(self, name: str, arguments: Mapping[str, object], *, call: str) -> None:
        self.name: Final = name
        self.arguments: Final = dict(arguments)
        self.call: Final = call
        shown: dict[str, Detail] = {key: _shown(value) for key, value in arguments.items()}
        said = ", ".join(f"{key}={value}" for key, value in shown.items())
        words = refusals.of(name)
        super().__init__(
            refusals.PREFIX + name,
            f"{call} was refused by the contract: {words.what.english} {name}({said}).",
            words.fix.english,
            call=call,
            arguments=[f"{key}={value}" for key, value in shown.items()],
        )


class EndpointError(UnavailableError):
    """The chain's endpoint does not answer, or answers nonsense, within the deadline. Nothing is lost: try again."""


class StatePrunedError(TallyError):
    """The endpoint no longer has the state of a block, so it proves nothing of it."""

    def __init__(self, block: int, reason: str) -> None:
        self.block: Final = block
        super().__init__(
            "chain.state_pruned",
            f"The endpoint has no state of block {block}: {reason}.",
            "Use a node that keeps historical state (Besu: --data-storage-format=FOREST), or a head of a stored hop.",
            block=block,
        )


class SendTimeoutError(UnavailableError):
    """A transaction is signed and stored but not in a block yet. The next send of this key sends it again."""

    def __init__(self, transaction_hash: bytes, seconds: float) -> None:
        self.transaction_hash: Final = transaction_hash
        super().__init__(
            "chain.send_timeout",
            f"Transaction 0x{transaction_hash.hex()} is not in a block after {seconds:.0f} s.",
            "Check that the chain makes blocks; the transaction is kept and sent again.",
            transaction=f"0x{transaction_hash.hex()}",
        )


class WrongChainError(VerificationError):
    """The endpoint serves another chain or other contracts than the deployment file names. Nothing was sent."""


def _shown(value: object) -> Detail:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes | bytearray):
        # The contracts name fields and roles by short ASCII strings in a bytes32: easier read than hex.
        text = bytes(value).rstrip(b"\0")
        return text.decode("ascii") if text and len(text) < len(value) and text.isalpha() else f"0x{value.hex()}"
    if isinstance(value, list | tuple):
        return [str(_shown(item)) for item in value]
    return str(value)
