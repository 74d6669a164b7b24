"""Reading the JSON that the index keeps of an event's arguments: names as in ``protocol.events``, hashes as 0x hex."""

from dataclasses import dataclass
from typing import Any, Final, Self, cast

from audit_explorer.records import Event, Party, Reason
from protocol import ids
from protocol.errors import FormatError

ABSENT: Final = frozenset({bytes(32), ids.on_chain("")})
"""How the chain writes "nobody" and "nothing": zero, or the hash of the empty name (an absent reviewer)."""
_END_EVENTS: Final = frozenset({"TaskAborted", "TaskExpired", "TaskDisputed"})


class Args:
    """One event's arguments; a missing or odd one raises ``explorer.event``."""

    def __init__(self, value: object, name: str) -> None:
        self._value = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        self._name = name

    def hash(self, field: str) -> bytes:
        """A 32-byte value."""
        return self._bytes(self._value.get(field), field)

    def hashes(self, field: str) -> tuple[bytes, ...]:
        """A list of 32-byte values."""
        found = self._value.get(field)
        if not isinstance(found, list):
            raise self._odd(field)
        return tuple(self._bytes(item, field) for item in cast("list[object]", found))

    def number(self, field: str) -> int:
        """An integer, as JSON integer or decimal string."""
        found = self._value.get(field)
        if isinstance(found, bool) or not isinstance(found, (int, str)) or not str(found).isdecimal():
            raise self._odd(field)
        return int(found)

    def optional_hash(self, field: str) -> bytes | None:
        """A 32-byte value if the event has the field and it stands for something."""
        return None if field not in self._value or (found := self.hash(field)) in ABSENT else found

    def _bytes(self, value: object, field: str) -> bytes:
        try:
            found = bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError as error:
            raise self._odd(field) from error
        if len(found) != 32:
            raise self._odd(field)
        return found

    def _odd(self, field: str) -> FormatError:
        return FormatError(
            "explorer.event",
            f"{self._name}.{field} in the index is not of its type.",
            "The index was written by another version: update both.",
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """What ``TaskProposed`` says, as ids."""

    level: int
    committee: tuple[bytes, ...]
    programs: tuple[bytes, ...]
    data_sets: tuple[bytes, ...]
    result_users: tuple[bytes, ...]
    auditors: tuple[bytes, ...]
    reviewer: bytes | None

    @classmethod
    def read(cls, args: Args) -> Self:
        """Take the fields out of the event."""
        return cls(
            args.number("protection_level"),
            args.hashes("compute_parties"),
            args.hashes("programs"),
            args.hashes("data_sets"),
            args.hashes("result_users"),
            args.hashes("auditors"),
            args.optional_hash("reviewer"),
        )


class Names:
    """Names behind ids on chain, where the coordinator was told them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._known = {(str(row["kind"]), bytes(row["id"])): str(row["name"]) for row in rows}

    def party(self, found: bytes) -> Party:
        """A party by id."""
        return Party(found, self._known.get(("party", found)))

    def program(self, found: bytes) -> Party:
        """A program by id, in the same shape."""
        return Party(found, self._known.get(("program", found)))


def event(row: dict[str, Any], names: Names) -> Event:
    """A row of the index as an event; ``value`` is the hash that matters most for its kind."""
    name = str(row["name"])
    args = Args(row["args"], name)
    about = {"RunCommitted": "party", "TaskAborted": "party", "ResultAttested": "result_user"}.get(name)
    value = {
        "TaskProposed": "contract_digest",
        "TaskStarted": "programs_digest",
        "RunCommitted": "log_root",
        "TaskCompleted": "run_id",
        "TaskAborted": "statement",
        "OutputReviewed": "statement",
        "ResultAttested": "result_hash",
    }.get(name)
    return Event(
        int(row["block_number"]),
        int(row["log_index"]),
        int(row["block_time"]),
        name,
        bytes(row["tx_hash"]),
        None if about is None else names.party(args.hash(about)),
        None if value is None else args.optional_hash(value),
    )


def ids_in(rows: list[dict[str, Any]]) -> list[bytes]:
    """Every id that the events mention and that may have a name."""
    found: set[bytes] = set()
    for row in rows:
        args = Args(row["args"], str(row["name"]))
        if row["name"] == "TaskProposed":
            proposal = Proposal.read(args)
            found |= {*proposal.committee, *proposal.programs, *proposal.result_users, *proposal.auditors}
            found |= set() if proposal.reviewer is None else {proposal.reviewer}
        elif row["name"] in ("RunCommitted", "TaskAborted"):
            found.add(args.hash("party"))
        elif row["name"] == "ResultAttested":
            found.add(args.hash("result_user"))
        elif row["name"] == "TaskExpired":
            found |= set(args.hashes("missing"))
        elif row["name"] == "TaskDisputed":
            found |= {*args.hashes("left"), *args.hashes("right")}
    return sorted(found)


def reason(rows: list[dict[str, Any]], failed_code: str | None, names: Names) -> Reason | None:
    """Why the task ended: from the chain's end event, else from the coordinator's own code."""
    for row in rows:
        if row["name"] not in _END_EVENTS:
            continue
        args = Args(row["args"], str(row["name"]))
        if row["name"] == "TaskAborted":
            return Reason(args.number("reason"), None, (names.party(args.hash("party")),))
        fields = ("missing",) if row["name"] == "TaskExpired" else ("left", "right")
        parties = sorted({item for field in fields for item in args.hashes(field)})
        return Reason(None, None, tuple(names.party(item) for item in parties))
    return None if failed_code is None else Reason(None, failed_code, ())
