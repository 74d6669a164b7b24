"""Made-up records for comparing Python with TypeScript: well-formed ones, and ones with something wrong in them.

A record is made from its fields' forms (:mod:`protocol.codec`), so that a new field is in the samples at once; contract and ask,
whose rules span fields, are put together by hand. Texts are those that break serialisers: composed and decomposed accents,
direction marks, halves of surrogate pairs, signs outside the basic plane, quotation marks of all kinds.
"""

import base64
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, cast

from protocol.ask import Ask, Span
from protocol.codec import Codec
from protocol.contract import TaskContract
from protocol.enrolment import Enrolment
from protocol.fields import Fields, fields_of

GOOD_TEXTS: Final = (
    "", "a", "Predict readmission", "\u00e9t\u00e9", "e\u0301te\u0301", "评估", "“quoted” ‘inside’ «odd» \"plain\" 'single'",
    "😀 \U0001f9ee \U00020000", "\uff61\ufffd", "<script>alert(1)</script>", "a\\b/c", "  spaces  ", "ß İ ﬁ", "נ ا", "#{}[],:", "x" * 200,
)  # fmt: skip
BAD_TEXTS: Final = (
    "\u202eevil", "zero\u200bwidth", "tab\t", "line\nfeed", "nul\u0000", "\u2028", "\ue000", "\ud800", "\udc00x", "\ufeff", "\u0085",
    "\U000e0001", "\u00ad", "x" * 5000,
)  # fmt: skip
"""Texts that no line people read may be."""
KEYS: Final = ("a", "bins", "\uff61", "😀", "é", "__proto__", "constructor", "z" * 63)
WRONG: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53 - 1, 2**53, -(2**53), 2**64, 2**256, 10**80, "", "0", "00", "-1", "1.0", "0x", "0xAB", [], [[]], {},
    {"a": 1}, ["a", "a"], ["b", "a"], *BAD_TEXTS,
)  # fmt: skip


class Maker:
    """Makes JSON values with one source of choices: of a seed (golden vectors), or of Hypothesis."""

    def __init__(self, random: Random) -> None:
        self._random: Final = random

    def of(self, kind: type[Fields]) -> dict[str, Any]:
        """JSON of a record that its own type accepts."""
        special: dict[type[Fields], Callable[[], dict[str, Any]]] = {
            TaskContract: self.contract,
            Ask: self.ask,
            Enrolment: self.enrolment,
            Span: lambda: dict(self._span()),
        }
        return special[kind]() if kind in special else self.by_fields(kind)

    def by_fields(self, kind: type[Fields]) -> dict[str, Any]:
        """JSON of a record, field by field."""
        head: dict[str, Any] = {"format": kind.FORMAT} if kind.FORMAT else {}
        return head | {field.name: self.value(field.codec) for field in fields_of(kind)}

    def value(self, codec: Codec[Any]) -> Any:  # noqa: ANN401 - JSON of the codec's own form
        """JSON that the codec reads."""
        name, *rest = codec.form
        inner = cast("Any", rest[0] if rest else None)
        made: dict[object, Callable[[], Any]] = {
            "text": lambda: self.text(inner),
            "lines": lambda: f"{self.text(inner // 2)}\n",
            "matching": lambda: self.matching(inner),
            "prefixed": lambda: f"{inner}_{self.digits(64)}",
            "key": lambda: self.pick(KEYS),
            "orEmpty": lambda: self.pick(["", self.value(inner)]),
            "sortedTexts": lambda: sorted({self.value(inner) for _ in range(self.below(4))}),
            "integer": lambda: self.integer(inner, cast("int", rest[1])),
            "decimal": lambda: str(self.integer(0, 2 ** cast("int", inner) - 1)),
            "boolean": lambda: bool(self.below(2)),
            "address": lambda: f"0x{self.digits(40)}",
            "hash": lambda: f"0x{self.digits(64)}",
            "hexadecimal": lambda: f"0x{self.digits(2 * self.below(min(inner, 70)))}",
            "raw": lambda: self.base64(inner),
            "blob": lambda: self.base64(self.below(min(inner, 70))),
            "choice": lambda: self.pick(inner),
            "scalar": self.parameter,
            "optional": lambda: None if self.below(2) else self.value(inner),
            "sequence": lambda: self.sequence(inner, cast("str | None", rest[2])),
            "entries": lambda: {self.value(inner): self.value(cast("Codec[Any]", rest[1])) for _ in range(self.below(4))},
            "members": lambda: {each: self.value(of) for each, of in inner.items()},
            "record": lambda: self.of(inner),
            "allowed": lambda: self.pick([self._span(), [self.text(200), "b"]]),
        }  # fmt: skip
        return made[name]()

    def sequence(self, codec: Codec[Any], sorted_by: str | None) -> list[Any]:
        """A list; one item where it must be sorted by a field, whose order its JSON need not show."""
        return [self.value(codec) for _ in range(self.below(2) if sorted_by else self.below(4))]

    def contract(self) -> dict[str, Any]:
        """A contract that keeps all rules: two to four data sets, one to three steps, each reading something."""
        parties = sorted({f"party-{self.digits(3)}" for _ in range(9)})
        committee = parties[: 3 + self.below(3)]
        names = sorted(f"d{self.digits(2)}-{self.digits(32)}" for _ in range(2 + self.below(3)))
        inputs = [{**self._input(), "data_set": name, "owner": self.pick(parties)} for name in names]
        models = [{**self.by_fields(_item(TaskContract, "models")), "name": f"model_{self.digits(4)}"} for _ in range(self.below(2))]  # fmt: skip
        sources = [*names, *(model["name"] for model in models)]
        steps: list[dict[str, Any]] = []
        for place in range(1 + self.below(3)):
            taken = {self.pick(KEYS): [self.pick(sources) for _ in range(self.below(3))] for _ in range(self.below(3))}
            parameters = {self.pick(KEYS): self.parameter() for _ in range(self.below(4))}
            steps.append({"id": f"s{place}", "program": self._program(), "parameters": parameters, "inputs": taken})
            sources.append(f"s{place}.out")
        deadline = self.integer(0, 2**63)
        reviewer = self.pick(["", parties[-1]])
        outputs = [
            {"from": f"s0.{self.pick(['out', 'b.c'])}", "to": self._some(parties)} for _ in range(1 + self.below(3))
        ]
        keeps = [{"from": "s0.out", "for": self._some(parties), "until": str(deadline + 1 + self.below(9))} for _ in range(self.below(3))]  # fmt: skip
        return self.by_fields(TaskContract) | {
            "committee": committee, "inputs": inputs, "models": models, "steps": steps, "outputs": outputs, "keeps": keeps,
            "auditors": sorted({self.pick(parties[6:])} if self.below(2) else set()), "reviewer": reviewer, "deadline": str(deadline),
            "review_within": self.integer(1, 7_776_000) if reviewer else 0,
        }  # fmt: skip

    def lawless(self) -> dict[str, Any]:
        """A contract whose every field is well formed and one of whose rules over several fields is broken, or nearly."""
        made = self.contract()
        step, output = made["steps"][-1], made["outputs"][-1]
        broken: tuple[dict[str, Any], ...] = (
            {"committee": made["committee"][: self.below(4)]},
            {"inputs": made["inputs"][::-1]},
            {"inputs": made["inputs"] * 2},
            {self.pick(["inputs", "steps", "outputs"]): []},
            {"review_within": 1 - bool(made["review_within"])},
            {"auditors": made["committee"][:1]},
            {"steps": [*made["steps"], step]},
            {"steps": [{**each, "inputs": {"a": [f"s{place}.out"]}} for place, each in enumerate(made["steps"])]},
            {"steps": [{**each, "inputs": {"a": ["s0"]}} for each in made["steps"]]},
            {
                "models": [
                    {**self.by_fields(_item(TaskContract, "models")), "name": self.pick(["s0", "m"])} for _ in range(2)
                ]
            },
            {
                "keeps": [
                    {"from": self.pick(["s0.out", "s9.out", "s0"]), "for": output["to"], "until": made["deadline"]}
                ]
            },
            {"keeps": [{"from": "s0.out", "for": [], "until": str(2**63 + 99)}]},
            {"outputs": [{**output, "to": []}]},
            {"outputs": [{**output, "from": self.pick(["s7.out", "s0", "s0.a.b"])}]},
        )
        return made | self.pick(broken)

    def ask(self) -> dict[str, Any]:
        """An ask about a made-up contract, now and then with ranges about what it has."""
        contract = self.contract()
        own, *others = (item["data_set"] for item in contract["inputs"])
        terms = {name: value for name, value in contract.items() if name not in {"format", "nonce", "deadline"}}
        for step in terms["steps"]:  # names that a range can name
            step["parameters"] = {self._word(): self.parameter() for _ in range(self.below(3))}
        for item in terms["keeps"]:
            item["from"] = "s0.out"
        keys = sorted(f"{step['id']}.{name}" for step in terms["steps"] for name in step["parameters"])
        filters = [
            {"data_set": item["data_set"], "place": place, "values": self._span()}
            for item in terms["inputs"]
            for place in range(len(item["filters"]))
            if self.below(2)
        ]
        ranges = {
            "parameters": {key: self.pick([self._span(), [self.text(200), "b"]]) for key in keys if self.below(2)},
            "filters": filters,
            "versions": [name for name in others if self.below(2)],
            "absent": [name for name in others if self.below(2)],
            "counterparts": 1 + self.below(len(others)),
            "until": {item["from"]: str(self.below(2**40)) for item in terms["keeps"] if self.below(2)},
        }
        single = {item["from"] for item in terms["outputs"] if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", item["from"])}
        return {
            "format": Ask.FORMAT, "data_set": own, "terms": terms, "tasks_per_day": self.integer(1, 1_000_000),
            "ranges": ranges, "per_person": sorted(name for name in single if self.below(2)),
        }  # fmt: skip

    def boundless(self) -> dict[str, Any]:
        """An ask with a range about what it does not have, or with one that leaves nothing to be said."""
        made = self.ask()
        broken: tuple[dict[str, Any], ...] = (
            {"versions": [made["data_set"]]},
            {"absent": [made["data_set"]]},
            {"counterparts": len(made["terms"]["inputs"])},
            {"counterparts": 0, "absent": [item["data_set"] for item in made["terms"]["inputs"][1:]]},
            {"until": {"s9.out": "5"}},
            {"parameters": {"s0.no_such": self._span()}},
            {"parameters": {"s0.x": []}},
            {"filters": [{"data_set": made["data_set"], "place": 63, "values": self._span()}]},
        )
        if not self.below(9):
            return made | {"per_person": ["s9.none"]}
        return made | {"ranges": made["ranges"] | self.pick(broken)}

    def enrolment(self) -> dict[str, Any]:
        """An application of a party with a node."""
        made = self.by_fields(Enrolment)
        return made | {"roles": sorted({"data-provider", *made["roles"]})}

    def spoilt(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The value with one thing changed somewhere: left out, added, doubled, or of another kind."""
        if isinstance(value, dict) and value and self.below(9):
            found = dict(cast("dict[str, Any]", value))
            name = self.pick(sorted(found))
            match self.below(6):
                case 0:
                    del found[name]
                case 1:
                    found[self.pick(["extra", "", "__proto__", *BAD_TEXTS])] = found[name]
                case _:
                    found[name] = self.spoilt(found[name])
            return found
        if isinstance(value, list) and value and self.below(3):
            items = list(cast("list[Any]", value))
            place = self.below(len(items))
            match self.below(4):
                case 0:
                    return [*items, items[place]]
                case 1:
                    return items[::-1]
                case _:
                    items[place] = self.spoilt(items[place])
                    return items
        if isinstance(value, str) and self.below(2):
            return self.pick([value + "0", value.upper(), value[:-1], value + self.pick(BAD_TEXTS), " " + value])
        return self.pick(WRONG)

    def text(self, limit: int) -> str:
        """One visible line."""
        return self.pick([text for text in GOOD_TEXTS if len(text) <= limit])

    def parameter(self) -> str | int | bool:
        """A program's parameter."""
        return self.pick([0, -5, 1_000_000, 2**53 - 1, True, False, "newton", "0.25", "“x”", "e\u0301"])

    def matching(self, pattern: str) -> str:
        """A text of one of the patterns that the records use."""
        made = {
            "[0-9a-f]{32}": lambda: self.digits(32),
            "[0-9a-f]{64}": lambda: self.digits(64),
            "[a-z0-9-]{1,63}": lambda: f"party-{self.digits(3)}",
            "[a-z0-9-]{1,30}-[0-9a-f]{32}": lambda: f"d-{self.digits(32)}",
            "[a-z0-9_]{1,63}": self._word,
            "[a-z0-9_]{1,31}": self._word,
            "[a-z0-9_.-]{1,63}": lambda: f"{self._word()}.{self._word()}",
            r"[a-z0-9_]{1,31}\.[a-z0-9_]{1,63}": lambda: f"{self._word()}.{self._word()}",
            "[a-z][a-z0-9_.]{0,62}": self._word,
            "shares|shared|model:[a-z][a-z0-9-]{0,30}": lambda: self.pick(["shares", "shared", "model:linear"]),
        }
        return self._program() if "@" in pattern else made[pattern]()

    def integer(self, low: int, high: int) -> int:
        """A whole number, often at an end."""
        return self.pick([low, high, self._random.randint(low, high), min(high, max(low, self.below(2**20)))])

    def flipped(self, data: bytes) -> bytes:
        """The bytes, every second time with one bit changed."""
        if not data or self.below(2):
            return data
        place = self.below(len(data))
        return data[:place] + bytes([data[place] ^ 1 << self.below(8)]) + data[place + 1 :]

    def digits(self, count: int) -> str:
        """Hex digits."""
        return "".join(self.pick("0123456789abcdef") for _ in range(count))

    def base64(self, size: int) -> str:
        """Canonical base64 of so many bytes."""
        return base64.b64encode(bytes(self.below(256) for _ in range(size))).decode()

    def below(self, limit: int) -> int:
        """A whole number from 0, less than ``limit``."""
        return self._random.randint(0, limit - 1) if limit else 0

    def pick(self, among: Any) -> Any:  # noqa: ANN401 - an item of what is given
        """One of several."""
        return among[self.below(len(among))]

    def _input(self) -> dict[str, Any]:
        return self.by_fields(_item(TaskContract, "inputs"))

    def _some(self, parties: list[str]) -> list[str]:
        return sorted({self.pick(parties) for _ in range(1 + self.below(3))})

    def _word(self) -> str:
        return f"{self.pick('abcxyz')}_{self.digits(3)}"

    def _program(self) -> str:
        return f"{self._word()}@{self.below(20)}.{self.below(3)}.{self.pick([0, 999999])}"

    def _span(self) -> Mapping[str, str]:
        low = self.below(100)
        return self.pick(
            [
                {"from": str(-low), "to": f"{low}.{self.below(9)}5"},
                {"from": "2024-01-31", "to": "2024-12-01"},
                {"from": "0", "to": "999999999999999.999999999999999"},
            ]
        )


def _item(kind: type[Fields], attribute: str) -> type[Fields]:
    """The record type of a list's items."""
    codec = next(field.codec for field in fields_of(kind) if field.attribute == attribute)
    return cast("type[Fields]", cast("Codec[Any]", codec.form[1]).form[1])
