"""Rows of the index into records: events by their own types, ids with the names that the coordinator was told."""

from typing import Any

from audit_explorer.records import Event, Party, Reason, Sender
from protocol import event, event_words, events
from protocol.errors import FormatError


class Names:
    """Names behind ids on chain, where the coordinator was told them."""

    def __init__(self, rows: list[dict[str, Any]], wallets: list[dict[str, Any]] | None = None) -> None:
        self._known = {(str(row["kind"]), bytes(row["id"])): str(row["name"]) for row in rows}
        self._wallets = {bytes(row["wallet"]): Party(bytes(row["party_id"]), row["name"]) for row in wallets or ()}

    def party(self, found: bytes) -> Party:
        """A party by id."""
        return Party(found, self._known.get(("party", found)))

    def sender(self, wallet: bytes | None) -> Sender | None:
        """Who sent a transaction; None where that is not kept."""
        return None if wallet is None else Sender(bytes(wallet), self._wallets.get(bytes(wallet)))

    def program(self, found: bytes) -> Party:
        """A program by id, in the same shape."""
        return Party(found, self._known.get(("program", found)))

    def engine(self, found: bytes) -> Party:
        """An engine by id, in the same shape."""
        return Party(found, self._known.get(("engine", found)))


def read(row: dict[str, Any]) -> event.Event | None:
    """The event of a row, None for a log that the index could not read; one not of its type raises ``explorer.event``."""
    try:
        return events.read(str(row["name"]), row["args"])
    except FormatError as error:
        if error.code == "event.unknown":
            return None
        raise FormatError(
            "explorer.event",
            f"{row['name']} in the index is not of its type: {error.what}",
            "The index was written by another version: update both.",
        ) from error


def record(row: dict[str, Any], found: event.Event | None, names: Names) -> Event:
    """An event with its place; ``value`` is the hash that matters most for its kind."""
    about = None if found is None else event_words.party_of(found)
    return Event(
        int(row["block_number"]),
        int(row["log_index"]),
        int(row["block_time"]),
        str(row["name"]),
        bytes(row["tx_hash"]),
        None if about is None else names.party(about),
        None if found is None else event_words.value_of(found),
        names.sender(row.get("sender")),
    )


def reason(found: list[event.Event], failed_code: str | None, names: Names) -> Reason | None:
    """Why the task ended: from the chain's end event, else from the coordinator's own code."""
    for item in found:
        if (shown := event_words.shown(type(item).__name__)).bad:
            why = event_words.reason_of(item) if isinstance(item, events.TaskAborted) else None
            number = None if why is None else why.number
            parties = tuple(names.party(party) for party in event_words.ended_by(item))
            return Reason(number, None, parties, shown.about)
    return None if failed_code is None else Reason(None, failed_code, ())
