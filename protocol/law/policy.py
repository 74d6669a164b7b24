"""What a consortium asks at least, by level and kind of data: a table that it can replace by a file of its own.

Coordinator, nodes and explorer each read their own copy; its digest is shown, so that they can be compared.
"""

import json
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from protocol.codec import choice, integer, text
from protocol.errors import FormatError
from protocol.fields import Document, Fields, Many
from protocol.law import codes

ANY: Final = "*"
Undeclared = Literal["show", "refuse"]
_KIND: Final = choice((ANY, *(item.code for item in codes.KINDS)), "law.code")


@dataclass(frozen=True, slots=True)
class Demand(Fields):
    """From ``level`` on, data of ``kind`` ("*" for any) are used at this protection level at least, in groups of so many at least, and with a
    reviewer where ``review``.
    """

    kind: Annotated[str, _KIND]
    level: Annotated[int, integer(1, 5)]
    protection: Annotated[int, integer(1, 5)]
    group: Annotated[int, integer(0, 1_000_000)]
    review: bool


@dataclass(frozen=True, slots=True)
class Policy(Document):
    """A consortium's demands; ``undeclared`` says what happens where a law's element is not declared at all: it is shown, or refused as well."""

    FORMAT: ClassVar[str] = "tallystick/law-policy/v1"
    WHERE: ClassVar[str] = "policy"
    LIMIT: ClassVar[int] = 256 * 1024

    name: Annotated[str, text(200)]
    undeclared: Annotated[Undeclared, choice(get_args(Undeclared))]
    demands: Annotated[tuple[Demand, ...], Many(512)]

    @classmethod
    def from_toml(cls, data: bytes) -> Self:
        """Read a file's bytes; ``law.policy`` for what is no TOML."""
        if len(data) > cls.LIMIT:
            raise FormatError("law.policy", f"The policy is over {cls.LIMIT} bytes.", "Name the right file.")
        try:
            return cls.parse(tomllib.loads(data.decode("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FormatError("law.policy", f"The policy is not TOML: {error}.", "Correct the file.") from error

    def demand(self, level: int, kinds: Collection[str]) -> Demand:
        """The strictest of all demands on data of these kinds at this level."""
        found = [item for item in self.demands if item.level <= level and (item.kind == ANY or item.kind in kinds)]
        return Demand(
            ANY,
            level,
            max((item.protection for item in found), default=1),
            max((item.group for item in found), default=0),
            any(item.review for item in found),
        )

    def toml(self) -> str:
        """As a file that :meth:`from_toml` reads."""
        lines = [
            f'format = "{self.FORMAT}"',
            f"name = {json.dumps(self.name, ensure_ascii=False)}",
            f'undeclared = "{self.undeclared}"',
            "",
        ]
        for item in self.demands:
            lines += [
                "[[demands]]",
                f'kind = "{item.kind}"',
                f"level = {item.level}",
                f"protection = {item.protection}",
            ]
            lines += [f"group = {item.group}", f"review = {'true' if item.review else 'false'}", ""]
        return "\n".join(lines)


DEFAULT: Final = Policy(
    "Tallystick's default",
    "show",
    (
        Demand(ANY, 1, 1, 0, False),
        Demand(ANY, 3, 2, 5, False),
        Demand(ANY, 4, 3, 10, False),
        Demand(ANY, 5, 4, 20, True),
        Demand("biometrics", 3, 4, 20, True),
        Demand("faces", 3, 4, 20, True),
        Demand("genes", 3, 4, 20, True),
        Demand("important", 1, 4, 20, True),
        Demand("minors", 3, 4, 20, True),
    ),
)
"""What holds where nobody replaced it."""
