"""Whose cosignatures count, and how many of them: C2SP tlog-policy files.

One line per log, witness and group, and one for the quorum::

    witness north witness.north.example/w1+5f3a…+BE… https://witness.north.example/
    witness south witness.south.example/w1+c01d…+BE…
    group both all north south
    quorum both

Names hold within the file alone. Verifiers, the coordinator (which asks the witnesses that have a URL) and a witness (which
follows the logs) read the same form.

Source: https://c2sp.org/tlog-policy
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from protocol import checkpoint
from protocol.errors import FormatError
from protocol.vkeys import VerifierKey

LIMIT: Final = 1024 * 1024
NONE: Final = "none"
MOST_WITNESSES: Final = checkpoint.MAX_SIGNATURES - 1
"""As many cosignatures as a checkpoint of ours can carry beside its log's own signature."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness that a policy names; ``url`` is where checkpoints are submitted to it, None where the policy does not say."""

    name: str
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """At least ``least`` of ``members`` (witnesses or groups above it)."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy; ``quorum`` is the name of a witness or group, or :data:`NONE`."""

    logs: tuple[VerifierKey, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse a policy; anything that the specification does not name is refused (``policy.malformed``, with the line)."""
        if len(data) > LIMIT:
            raise FormatError("policy.too_large", f"The policy is over {LIMIT} bytes.", "Give the right file.")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FormatError("policy.malformed", "The policy is not UTF-8.", "Write it again.") from error
        reading = _Reading()
        for number, line in enumerate(text.split("\n"), 1):
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if words and not words[0].startswith("#"):
                reading.line(number, line, words)
        if reading.quorum is None:
            raise FormatError(
                "policy.malformed", "The policy has no quorum line.", "Add one; `quorum none` asks for nothing."
            )
        return cls(tuple(reading.logs), tuple(reading.witnesses), MappingProxyType(reading.groups), reading.quorum)

    def satisfied(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses of these names make the quorum."""
        return self.quorum == NONE or self._holds(self.quorum, cosigned)

    def _holds(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._holds(member, cosigned) for member in group.members) >= group.least


class _Reading:
    """What the lines before said."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: list[Witness] = []
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members = set[str]()
        self._public = set[bytes | str]()

    def line(self, number: int, line: str, words: list[str]) -> None:
        """Take one line that says something."""
        if _CONTROL.search(line):
            raise _malformed(number, "it has a control character")
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self.logs.append(self._key(number, key, checkpoint.ED25519))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._fresh(number, name)
                found = Witness(name, self._key(number, key, checkpoint.COSIGNATURE), url[0] if url else None)
                self.witnesses.append(found)
                if len(self.witnesses) > MOST_WITNESSES:
                    raise _malformed(number, f"a checkpoint carries {MOST_WITNESSES} cosignatures at most")
            case ["group", name, least, *members] if members:
                self._fresh(number, name)
                self.groups[name] = self._group(number, least, members)
            case ["quorum", name] if self.quorum is None and (name == NONE or self._known(name)):
                self.quorum = name
            case _:
                raise _malformed(number, "it is no line that a policy may have there")

    def _group(self, number: int, least: str, members: list[str]) -> Group:
        count = {"all": str(len(members)), "any": "1"}.get(least, least)
        if not re.fullmatch(r"[1-9][0-9]{0,3}", count) or int(count) > len(members):
            raise _malformed(number, "its number is not between 1 and that of its members")
        for member in members:
            if member in self._members or not self._known(member):
                raise _malformed(number, f"{member} is not named above it, or is a member already")
            self._members.add(member)
        return Group(int(count), tuple(members))

    def _key(self, number: int, text: str, kind: int) -> VerifierKey:
        try:
            found = VerifierKey.parse(text, kind)
        except FormatError as error:
            raise _malformed(number, error.what) from error
        # a party's node key may outlive an epoch of its log, so logs are told apart by their names, unlike in the specification
        own = found.public if kind == checkpoint.COSIGNATURE else found.name
        if own in self._public:
            raise _malformed(number, "its key stands there twice")
        self._public.add(own)
        return found

    def _known(self, name: str) -> bool:
        return name in self.groups or any(item.name == name for item in self.witnesses)

    def _fresh(self, number: int, name: str) -> None:
        if name == NONE or self._known(name):
            raise _malformed(number, f"the name {name} is taken")


def _malformed(number: int, reason: str) -> FormatError:
    return FormatError(
        "policy.malformed", f"Line {number} of the policy: {reason}.", "Correct it; see https://c2sp.org/tlog-policy."
    )
