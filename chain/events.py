"""Logs become :mod:`protocol.events`; revert data become errors by the generated tables. No network here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from eth_abi.exceptions import DecodingError

from chain.abi import BUILT_IN_ERRORS
from chain.bindings import ERRORS
from chain.endpoint import RawLog
from chain.errors import ChainError
from protocol import events
from protocol.codec import hexadecimal, lines, text
from protocol.errors import FormatError
from protocol.fields import Fields, Hash, Many
from protocol.limits import LIMITS


@dataclass(frozen=True, slots=True)
class Undecoded(Fields):
    """A log of our own contracts that this version cannot read, as it came, and why (``code``, ``cause``).

    ``subject`` is its first indexed field, which in every event of ours names what the event is about.
    """

    subject: Hash | None
    topics: Annotated[tuple[Hash, ...], Many(4)]
    data: Annotated[bytes, hexadecimal(LIMITS.frame)]
    code: Annotated[str, text(200)]
    cause: Annotated[str, lines(4000)]


@dataclass(frozen=True, slots=True)
class Logged:
    """An event and where it stands on the chain; ``time`` is the block's, in unix seconds.

    ``sender`` is the address that sent its transaction, None where nobody asked: whoever signed what it carries need not have sent it.
    """

    event: events.Event | Undecoded
    contract: str
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    transaction_index: int
    log_index: int
    time: int
    sender: bytes | None = None

    @property
    def name(self) -> str:
        """The event's name as in the contract."""
        return type(self.event).__name__

    @property
    def id(self) -> str:
        """``evt_<block>-<logIndex>``: names the event for good once its block is final."""
        return f"evt_{self.block_number}-{self.log_index}"


def decode_log(contracts: Mapping[str, str], log: RawLog) -> Logged:
    """The event of a log of one of our contracts (``contracts``: addresses by name), :class:`Undecoded` if it cannot be read."""
    for name, address in contracts.items():
        if address.lower() == log.address.lower():
            return Logged(
                event=decode(name, log.topics, log.data),
                contract=name,
                block_number=log.block_number,
                block_hash=log.block_hash,
                transaction_hash=log.transaction_hash,
                transaction_index=log.transaction_index,
                log_index=log.log_index,
                time=log.time,
            )
    raise FormatError(
        "chain.foreign_log", f"{log.address} is no contract of the deployment.", "Ask for our contracts' logs only."
    )


def decode(contract: str, topics: tuple[bytes, ...], data: bytes) -> events.Event | Undecoded:
    """As :func:`protocol.events.decode`; one log that cannot be read holds up no other."""
    try:
        return events.decode(contract, topics, data)
    except FormatError as error:
        subject = topics[1] if len(topics) > 1 else None
        return Undecoded(subject, topics, data, error.code, f"{contract}: {error.what}")


def decode_revert(contract: str, call: str, data: bytes, message: str = "") -> ChainError:
    """The error a contract reverted with; one that it passed on from another contract is found there."""
    tables = (ERRORS[contract], BUILT_IN_ERRORS, *ERRORS.values())
    for table in tables:
        spec = table.get(data[:4])
        if spec is None:
            continue
        try:
            return ChainError(spec.name, spec.decode(data[4:]), call=call)
        except DecodingError:
            break
    return ChainError("Unexplained", {"data": data, "message": message}, call=call)


def decode_logs(contracts: Mapping[str, str], logs: Sequence[RawLog]) -> tuple[Logged, ...]:
    """The events of our own contracts among the logs, in their order."""
    ours = {address.lower() for address in contracts.values()}
    return tuple(decode_log(contracts, log) for log in logs if log.address.lower() in ours)
