"""The coordinator's answers as frozen types; what can be derived from the contract is derived, not believed."""

from dataclasses import dataclass
from typing import Any, cast

from protocol import canonical, ids
from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record
from protocol.typed import Authorization
from protocol.vocabulary import ENDED


def document(data: bytes) -> dict[str, Any]:
    """A JSON object from an answer's body."""
    value = canonical.parse(data)
    if not isinstance(value, dict):
        raise FormatError("coordinator.answer", "The coordinator's answer is no JSON object.", "Check its address.")
    return cast("dict[str, Any]", value)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing; ask again with ``next_cursor`` until it is None."""

    items: tuple[dict[str, Any], ...]
    next_cursor: str | None

    @classmethod
    def read(cls, data: bytes) -> "Page":
        """Read ``{items, next_cursor}``."""
        value = document(data)
        items, cursor = value.get("items"), value.get("next_cursor")
        if not isinstance(items, list) or not (cursor is None or isinstance(cursor, str)):
            raise FormatError("coordinator.answer", "The answer is no page.", "Check the coordinator's version.")
        return cls(tuple(cast("list[dict[str, Any]]", items)), cursor)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a contract from starting; ``where`` points into the contract."""

    code: str
    what: str
    fix: str
    where: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """Preflight's answer: ``problems`` is empty when the task can be proposed."""

    task: bytes
    problems: tuple[Problem, ...]
    level: int
    collusion_threshold: int
    estimate: dict[str, int]
    disclosures: tuple[dict[str, str], ...]

    @classmethod
    def read(cls, data: bytes) -> "Preflight":
        """Read the answer."""
        value = document(data)
        return cls(
            ids.unprefixed("task", value["task"]),
            tuple(Problem(p["code"], p["what"], p["fix"], p["where"]) for p in value["problems"]),
            value["level"],
            value["collusion_threshold"],
            value["estimate"],
            tuple(value["disclosures"]),
        )


@dataclass(frozen=True, slots=True)
class PartyProgress:
    """A party's own word on how far it is: ``percent`` of its run; ``eta`` in seconds, None when it cannot tell."""

    party: str
    state: str
    phase: str
    step: int
    total: int
    percent: int
    eta: int | None
    note: str
    peer: str

    @classmethod
    def parse(cls, party: object, value: object) -> "PartyProgress":
        """Read one party's; everything in it comes from another party, so texts are short and on one line of visible characters."""
        record = Record(value, "progress")
        eta = record.take("eta")
        return cls(
            ids.name(party),
            record.text("state", 20),
            record.text("phase", 63),
            record.integer("step", 0, 2**31),
            record.integer("total", 0, 2**31),
            record.integer("percent", 0, 100),
            None if eta is None else Record({"eta": eta}, "progress").integer("eta", 0, 2**31),
            record.text("note", 63),
            record.text("peer", 63),
        )


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """Where a task stands. ``raw`` is the whole answer; ``contract`` is parsed from the bytes that came with it.

    ``percent`` and ``eta`` (seconds) are the slowest compute party's word, None when unknown.
    """

    task: bytes
    state: str
    ended: bool
    reasons: tuple[dict[str, Any], ...]
    contract: TaskContract
    progress: tuple[PartyProgress, ...]
    percent: int | None
    eta: int | None
    raw: dict[str, Any]

    @classmethod
    def read(cls, data: bytes) -> "TaskStatus":
        """Read the answer."""
        value = document(data)
        contract = Record({"contract": value["contract"]}, "task").base64("contract", LIMITS.task_contract)
        return cls(
            ids.unprefixed("task", value["id"]),
            value["state"],
            value["state"] in ENDED,
            tuple(value["reasons"]),
            TaskContract.read(contract),
            tuple(
                PartyProgress.parse(item["party"], item["progress"])
                for item in value["parties"]
                if item["progress"] is not None
            ),
            value["percent"],
            value["eta"],
            value,
        )


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What one owner is asked for one data set, or what it has given."""

    owner: str
    data_set: str
    status: str
    digest: bytes
    message: Authorization
    policy: bytes
    sentence: dict[str, str]

    @classmethod
    def parse(cls, value: dict[str, Any]) -> "AuthorizationRequest":
        """Read one item; the message goes through our own typed data, which refuses unknown fields."""
        return cls(
            ids.name(value["owner"]),
            ids.reference(value["data_set"]),
            value["status"],
            ids.unprefixed("auth", value["id"]),
            Authorization.from_json(value["typed_data"]["message"]),
            Record(value, "request").base64("policy", LIMITS.task_contract),
            value["sentence"],
        )
