"""Every record of the protocol: one definition, two ways, nothing unknown, nothing coerced, and a schema that says so."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import (
    api,
    ask,
    canonical,
    catalogue,
    codec,
    contract,
    credentials,
    enrolment,
    lookup,
    messages,
    passkeys,
    program_versions,
    programs,
    sessions,
    table,
)
from protocol.errors import FormatError, TallyError
from protocol.event import Event
from protocol.fields import By, Fields, Many, Named, schemas
from protocol.law import declared
from protocol.typed import Abort
from tests.unit.protocol import samples
from tests.unit.protocol.law import declarations
from tests.unit.protocol.strategies import records_of

VECTORS = Path(__file__).parents[2] / "vectors"
WORDS = {"en": "Age", "zh": "年龄"}
POINT = json.loads((VECTORS / "webauthn.json").read_text("utf-8"))["vectors"][0]
POINT = {name: POINT[name] for name in ("x", "y")}
ABORT = Abort(bytes(32), "hospital", 1, 2, bytes(32))
RULED: dict[type[Fields], Callable[[], dict[str, Any]]] = {
    contract.TaskContract: lambda: samples.contract().to_json(),
    contract.RowFilter: lambda: {"column": "age", "operator": "ge", "value": "18"},
    ask.Span: lambda: {"from": "1", "to": "2.5"},
    ask.Ranges: lambda: ask.Ranges(
        (("fit.epochs", ask.Span("1", "2")), ("fit.solver", ("newton",))), until=(("fit.model", 7),)
    ).to_json(),
    ask.Ask: lambda: ask.Ask.of(samples.contract(), samples.DIAGNOSES).to_json(),
    enrolment.Enrolment: lambda: enrolment.Enrolment(
        "hospital", programs.Words("Hospital", "医院"), "x", "0x" + "ab" * 20, enrolment.NO_ADDRESS, enrolment.NO_KEY,
        b"\1" * 32, "operator", ("certifier",), b"\2" * 32,
    ).to_json(),
    catalogue.Audience: lambda: catalogue.Audience("named", ("exchange", "hospital")).to_json(),
    api.DescribeRequest: lambda: api.DescribeRequest(b"envelope", catalogue.PARTICIPANTS).to_json(),
    catalogue.Column: lambda: {
        "name": "stage", "kind": "text", "about": WORDS, "nullable": True, "low": "", "high": "", "scale": 0, "levels": ["a"],
    },
    catalogue.DataSetDescriptorV1: lambda: {
        "format": "tallystick/data-set/v1", "data_set": samples.DIAGNOSES, "version": 1, "owner": "hospital", "title": WORDS,
        "columns": [{"name": "age", "kind": "integer", "about": WORDS}], "rows": 5, "data_level": 2, "sensitive": ["health"],
    },
    catalogue.DataSetDescriptor: lambda: catalogue.DataSetDescriptor(
        samples.DIAGNOSES, 1, "hospital", programs.Words("D", "病"),
        (catalogue.Column("age", "integer", programs.Words("Age", "年龄"), nullable=True, low="0", high="120"),), 5, 2, ("health",),
    ).to_json(),
    catalogue.DataSetDescriptorV3: lambda: {
        **RULED[catalogue.DataSetDescriptor](), "format": "tallystick/data-set/v3", "data_level": 5,
        "sensitive": ["genes", "health", "minors"], "law": declarations.diagnoses().to_json(), "columns": [
            {**catalogue.Column(it.name, "text", programs.Words("C", "列"), nullable=True).to_json()} for it in declarations.diagnoses().columns
        ],
    },
    declared.Declaration: lambda: declarations.diagnoses().to_json(),
    declared.ConsentScope: lambda: cast("dict[str, Any]", declarations.diagnoses().to_json()["scope"]),
    declared.Source: declarations.measurements().source.to_json,
    declared.DataBasis: declarations.BASIS.to_json,
    declared.Approval: declarations.diagnoses().approvals[0].to_json,
    declared.Sensitivity: declarations.diagnoses().columns[0].to_json,
    programs.ParameterSpec: lambda: {
        "name": "bins", "kind": "integer", "default": 5, "low": "1", "high": "9", "choices": [], "about": WORDS,
    },
    program_versions.ProgramDescriptorV4: lambda: {
        **{name: value for name, value in RULED[program_versions.ProgramDescriptorV5]().items() if name != "pairs"},
        "format": "tallystick/program/v4",
    },
    program_versions.ProgramDescriptorV5: lambda: {
        **{name: value for name, value in RULED[programs.ProgramDescriptor]().items() if name != "measured"},
        "format": "tallystick/program/v5", "traffic": "1", "memory": "1", "truncation_failure": "0",
    },
    programs.Measured: lambda: {"name": "rows", "low": 1, "high": 9},
    program_versions.ProgramDescriptorV3: lambda: {
        **RULED[program_versions.ProgramDescriptorV4](), "format": "tallystick/program/v3", "disclosures": [WORDS],
        "inputs": [{"name": "t", "kind": "table", "about": WORDS, "least": 1, "most": 2, "support": "aggregate"}],
    },
    programs.ProgramDescriptor: lambda: programs.ProgramDescriptor(
        "glm.logistic@1.0.0", programs.Words("L", "回归"), (), (), (), "three", 3, 5, 4, 1, (),
        programs.CostModel("1"), b"\3" * 32, measured=(programs.Measured("rows", 1, 9),),
    ).to_json(),
    credentials.BrokerPlace: lambda: {"transport": "amqps", "place": "broker.example:5671"},
    table.Schema: lambda: table.Schema((table.Column("age", "integer"),)).to_json(),
    messages.ChainRequest: lambda: messages.ChainRequest("abort", ABORT, b"\1" * 65, (), ()).to_json(),
    messages.PostedReceipt: lambda: messages.PostedReceipt.of(b"envelope").to_json(),
    api.AuthorizationRequest: lambda: api.AuthorizationRequest(
        bytes(32), "hospital", samples.DIAGNOSES, "asked", programs.Words("a", "一"),
        {"message": samples.authorization(samples.contract(), samples.DIAGNOSES).to_json()}, b"{}",
    ).to_json(),
    lookup.MirrorManifest: lambda: lookup.MirrorManifest(
        "bank", "fraud", 1, None, bytes(32), 0, lookup.PERIOD, lookup.public_size(9), 8, bytes(32)
    ).to_json(),
    lookup.Question: lambda: lookup.Question(bytes(32), bytes(32), 1, (bytes(32),)).to_json(),
    sessions.SessionTerms: lambda: sessions.SessionTerms(
        "bank", "lookup", "fraud", f"fraud-{'0' * 32}", (sessions.SessionAsker("shop", 1, 2),), "screening", "contract", 0, 3600, 60, 300,
        bytes(32),
    ).to_json(),
    sessions.ReceiptBatch: lambda: sessions.ReceiptBatch(bytes(32), "bank", 1, 1, 5, bytes(32), None, 9).to_json(),
    sessions.SessionEnded: lambda: sessions.SessionEnded(bytes(32), "bank", "idle", 5, 1, bytes(32), 9).to_json(),
    passkeys.Passkey: lambda: POINT,
    passkeys.PasskeyOwners: lambda: {"passkeys": [POINT], "threshold": 1},
}  # fmt: skip
"""Records with rules over several fields: one that keeps them. All others are drawn from their own schema."""
RECORDS = tuple(
    kind
    for kind in records_of(Fields)
    if "__dataclass_fields__" in vars(kind) and not issubclass(kind, Event)  # events: test_events.py
)


def drawn(kind: type[Fields]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON of a record, from nothing but its schema."""
    return st.deferred(lambda: st.just(RULED[kind]()) if kind in RULED else by_schema(kind.json_schema()))


def by_schema(schema: Any) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return drawn(schema["$ref"])
    if "anyOf" in schema:
        return st.one_of([by_schema(item) for item in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return {"string": string, "object": mapping, "array": listing, "integer": integer}.get(
        schema["type"], lambda schema: st.none() if schema["type"] == "null" else st.booleans()
    )(schema)


def string(schema: Any) -> st.SearchStrategy[str]:
    if "contentSchema" in schema:
        return by_schema(schema["contentSchema"]).map(lambda value: base64.b64encode(canonical.dumps(value)).decode())
    if "contentEncoding" in schema:
        exact = schema.get("minLength", 0) * 3 // 4
        size = {44: 32, 88: 64, 24: 16}.get(schema.get("minLength", 0), exact)
        return st.binary(min_size=size, max_size=size or 9).map(lambda data: base64.b64encode(data).decode())
    if "pattern" in schema:
        if schema["pattern"].startswith("^(0|[1-9]"):
            return st.integers(0, 255).map(str)
        found = st.from_regex(schema["pattern"].replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
        return found.filter(lambda text: len(text) <= schema.get("maxLength", 10_000))
    return st.text(st.characters(categories=("L", "N")), max_size=min(schema.get("maxLength", 20), 20))


def integer(schema: Any) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", -5), schema.get("maximum", 5))


def listing(schema: Any) -> st.SearchStrategy[list[Any]]:
    return st.lists(by_schema(schema["items"]), max_size=1)  # one item is sorted, whatever the order


def mapping(schema: Any) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" in schema:
        return st.fixed_dictionaries({name: by_schema(item) for name, item in schema["properties"].items()})
    if isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.just("name"), by_schema(schema["additionalProperties"]))
    return st.just({"free": 1})


def validator(kind: type[Fields]) -> jsonschema.Draft202012Validator:
    found = schemas([kind], "#/$defs/")
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind.__name__}", "$defs": found})


def test_there_are_records_to_walk() -> None:
    assert len(RECORDS) > 90
    assert set(RULED) <= set(RECORDS)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@settings(max_examples=4)
@given(data=st.data())
def test_what_a_schema_describes_is_read_and_written_unchanged(kind: type[Fields], data: st.DataObject) -> None:
    value = data.draw(drawn(kind))
    found = kind.parse(value)
    assert found.to_json() == value
    assert kind.parse(found.to_json()) == found
    validator(kind).validate(value)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@settings(max_examples=2)
@given(data=st.data())
def test_missing_unknown_and_coercible_fields_are_refused(kind: type[Fields], data: st.DataObject) -> None:
    value = data.draw(drawn(kind))
    schema = validator(kind)
    with pytest.raises(FormatError, match=r"json\.not_object"):
        kind.parse([value])
    if not kind.OPEN:
        with pytest.raises(FormatError, match=r"json\.unknown_field"):
            kind.parse({**value, "not_a_field": 1})
        assert not schema.is_valid({**value, "not_a_field": 1})
    for name in value:
        less = {key: item for key, item in value.items() if key != name}
        with pytest.raises(FormatError, match=r"json\.missing_field"):
            kind.parse(less)
        assert not schema.is_valid(less)
        for odd in (None, True, 1.5, -1, 2**70, [], {}, "", "7", ["x"]):
            changed = {**value, name: odd}
            try:
                found = kind.parse(changed)
            except TallyError:
                continue
            kept = found.to_json()
            assert (kept[name], type(kept[name])) == (odd, type(odd)), f"{kind.__name__}.{name} was coerced"
            assert schema.is_valid(changed), f"{kind.__name__}.{name} takes what its schema does not describe"


def test_a_field_without_a_codec_is_no_record() -> None:
    @dataclass(frozen=True)
    class Loose(Fields):
        """A field that says nothing of its form."""

        size: int

    with pytest.raises(TypeError, match=r"Loose\.size has no codec"):
        Loose.parse({"size": 1})


def test_names_orders_and_dependent_forms() -> None:
    @dataclass(frozen=True)
    class Pair(Fields):
        """Two forms by kind."""

        kind: Annotated[str, codec.choice(("number", "word"))]
        source: Annotated[str | int, By("kind", {"number": codec.COUNT, "word": codec.NAME}), Named("from")]

    @dataclass(frozen=True)
    class Pairs(Fields):
        """Sorted."""

        items: Annotated[tuple[Pair, ...], Many(2, "source")]

    value = {"items": [{"kind": "word", "from": "a"}, {"kind": "word", "from": "b"}]}
    assert Pairs.parse(value).to_json() == value
    for wrong in ([("word", 1)], [("number", "a")], [("word", "b"), ("word", "a")], [("word", x) for x in "abc"]):
        with pytest.raises(FormatError):
            Pairs.parse({"items": [{"kind": kind, "from": source} for kind, source in wrong]})
    one = cast("Any", Pair).json_schema()
    assert one["properties"]["from"] == {"anyOf": [codec.COUNT.schema, codec.NAME.schema]}
