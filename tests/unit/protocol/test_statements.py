"""Statements: one canonical byte string each, nothing unknown, nothing coerced, and subjects that follow."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import canonical, statements
from protocol.errors import FormatError, TallyError
from protocol.reasons import STATED, WITHDRAWALS
from protocol.statements import (
    CHECKS,
    KINDS,
    LINKS_PER_STATEMENT,
    WORKING_COPIES,
    Abort,
    Check,
    ConsentCheck,
    Erased,
    Erasure,
    InputCommitment,
    LinkFact,
    MpcParameters,
    OutputCommitment,
    OutputShare,
    Refusal,
    Release,
    Run,
    RunV2,
    SealedOutput,
    Statement,
    StepFact,
    TaskContract,
    TaskEnd,
)

h32 = st.binary(min_size=32, max_size=32)
h64 = st.binary(min_size=64, max_size=64)
name = st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True)
code = st.from_regex(r"[a-z][a-z0-9_.]{0,62}", fullmatch=True)
count = st.integers(0, 2**53 - 1)
uint64 = st.integers(0, 2**64 - 1)


def unique(item: st.SearchStrategy[Any], key: str, limit: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    def by(value: Any) -> Any:
        return getattr(value, key)

    return st.lists(item, max_size=limit, unique_by=by).map(lambda found: tuple(sorted(found, key=by)))


def head(run: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {"task": h32, "contract": h32, "run": run, "party": name, "time": count}


early, late = head(st.none() | h32), head(h32)
check = st.builds(Check, st.sampled_from(CHECKS), st.sampled_from(statements.ANSWERS))
step = st.builds(
    StepFact,
    code,
    st.just("glm.logistic@1.0.0"),
    h32,
    count,
    st.dictionaries(code, count, max_size=3).map(lambda found: tuple(sorted(found.items()))),
)
link = st.builds(LinkFact, name, h32, count, h32, count, h64, h64)
mpc = st.builds(
    MpcParameters,
    st.sampled_from(("fast", "mpyc")),
    st.sampled_from((1, 2)),
    st.integers(0, 2**256 - 1),
    st.integers(1, 100),
    st.integers(1, 256),
)
shape = st.lists(st.integers(0, 2**32 - 1), max_size=8).map(tuple)
any_statement: st.SearchStrategy[Statement] = st.one_of(
    st.builds(TaskContract, **early, chain_id=st.integers(0, 2**256 - 1), deployment=h32),
    st.builds(
        ConsentCheck,
        **early,
        authorization=st.none() | h32,
        block=uint64,
        block_hash=h32,
        checks=unique(check, "name", len(CHECKS)),
    ),
    st.builds(
        InputCommitment,
        **early,
        data_set=h32,
        version=st.integers(1, 2**32 - 1),
        schema=h32,
        input_root=h32,
        rows=uint64,
        columns=st.integers(1, 4096),
    ),
    *(
        st.builds(
            kind,
            **late,
            committee=st.sets(name, max_size=3).map(lambda found: tuple(sorted(found))),
            mpc=mpc,
            engine=h32,
            steps=st.lists(step, max_size=3).map(tuple),
            links=unique(link, "peer"),
        )
        for kind in (Run, RunV2)
    ),
    st.builds(
        OutputCommitment,
        **late,
        outputs=unique(st.builds(OutputShare, h32, shape, st.integers(0, 255), h32), "name"),
    ),
    st.builds(
        Release,
        **late,
        result_user=name,
        completed=uint64,
        completed_hash=h32,
        reviewed=st.none() | uint64,
        outputs=unique(st.builds(SealedOutput, h32, h32, h32), "name"),
    ),
    st.builds(Refusal, **early, authorization=st.none() | h32, reason=st.sampled_from(STATED)),
    st.builds(Abort, **early, reason=st.sampled_from(STATED), step=st.none() | code, peer=st.none() | name),
    st.builds(
        Erasure,
        **early,
        copies=st.lists(st.builds(Erased, st.sampled_from(WORKING_COPIES), st.none() | h32), max_size=4).map(tuple),
    ),
    st.builds(TaskEnd, **early, entries=st.lists(st.integers(0, 2**53 - 1), max_size=4).map(tuple)),
)
HEAD = (b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, "bank", 1_700_000_000)
SAMPLE = Release(*HEAD, "insurer", 77, b"\x04" * 32, None, (SealedOutput(b"\x05" * 32, b"\x06" * 32, b"\x07" * 32),))


@given(any_statement)
def test_round_trip(statement: Statement) -> None:
    data = statements.serialise(statement)
    assert statements.parse(data) == statement
    document = json.loads(data)
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    version = {ConsentCheck: 2, Run: 3, RunV2: 2}.get(type(statement), 1)
    assert document["predicateType"] == f"https://tallystick.dev/{statement.KIND}/v{version}"
    assert document["subject"][0] == {"name": "task-contract", "digest": {"sha256": statement.contract.hex()}}
    assert all(len(bytes.fromhex(subject["digest"]["sha256"])) == 32 for subject in document["subject"])


@given(any_statement, st.data())
def test_a_changed_byte_is_refused_or_changes_the_statement(statement: Statement, data: st.DataObject) -> None:
    original = statements.serialise(statement)
    index = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[index] ^= data.draw(st.integers(1, 255))
    try:
        parsed = statements.parse(bytes(changed))
    except TallyError:
        return
    assert parsed != statement
    assert statements.serialise(parsed) == bytes(changed)


@given(st.binary(max_size=400))
def test_any_bytes_end_in_an_answer(data: bytes) -> None:
    with pytest.raises(TallyError):
        statements.parse(data)


json_value = st.recursive(
    st.none() | st.booleans() | count | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(any_statement, st.data())
def test_any_field_replaced_by_any_json_ends_in_an_answer(statement: Statement, data: st.DataObject) -> None:
    document = json.loads(statements.serialise(statement))
    where = data.draw(st.sampled_from([document, document["predicate"]]))
    key = data.draw(st.sampled_from(sorted(where)))
    old, where[key] = where[key], data.draw(json_value)
    try:
        parsed = statements.parse(canonical.dumps(document))
    except TallyError:
        return
    assert where[key] == old or parsed != statement


def test_every_predicate_type_of_the_design_has_one_type() -> None:
    assert [kind.KIND for kind in KINDS] == [
        "task-contract",
        "consent-check",
        "input-commitment",
        "run",
        "output-commitment",
        "release",
        "refusal",
        "abort",
        "erasure",
        "task-end",
    ]


def test_golden_release_statement() -> None:
    assert statements.serialise(SAMPLE) == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"completed":"77","completed_hash":"0x' + b"04" * 32 +
        b'","contract":"0x' + b"02" * 32 + b'","outputs":[{"commitment":"0x' + b"07" * 32 + b'","name":"0x' +
        b"05" * 32 + b'","sealed":"0x' + b"06" * 32 + b'"}],"party":"bank","result_user":"insurer","reviewed":null,'
        b'"run":"0x' + b"03" * 32 + b'","task":"0x' + b"01" * 32 + b'","time":1700000000},'
        b'"predicateType":"https://tallystick.dev/release/v1","subject":[{"digest":{"sha256":"' + b"02" * 32 +
        b'"},"name":"task-contract"},{"digest":{"sha256":"' + b"06" * 32 + b'"},"name":"sealed/' + b"05" * 32 + b'"}]}'
    )  # fmt: skip
    assert len(statements.digest(SAMPLE)) == 32


def test_golden_run_statement_of_an_earlier_release_is_read() -> None:
    """Byte for byte what the release before BLAKE3 transcripts logged."""
    data = (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{"committee":["bank","clinic","shop"],"contract":"0x'
        + b"02" * 32
        + b'","engine":"0x'
        + b"04" * 32
        + b'","links":[{"countersignature":"CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICA==","peer":"shop","received":"0x'
        + b"06" * 32
        + b'","received_frames":8,"sent":"0x'
        + b"05" * 32
        + b'","sent_frames":7,"signature":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw=="}],"mpc":{"backend":"fast","field":"20282409603651670423947251285999","kappa":40,"security_model":1,"threshold":1},"party":"bank","run":"0x'
        + b"03" * 32
        + b'","steps":[],"task":"0x'
        + b"01" * 32
        + b'","time":1700000000},"predicateType":"https://tallystick.dev/run/v2","subject":[{"digest":{"sha256":"'
        + b"02" * 32
        + b'"},"name":"task-contract"}]}'
    )
    links = (LinkFact("shop", b"\x05" * 32, 7, b"\x06" * 32, 8, b"\x07" * 64, b"\x08" * 64),)
    parameters = MpcParameters("fast", 1, 2**104 - 17, 1, 40)
    run = RunV2(*HEAD, ("bank", "clinic", "shop"), parameters, b"\x04" * 32, (), links)
    assert statements.parse(data) == run
    assert statements.serialise(run) == data
    assert isinstance(run, Run)
    assert (run.TRANSCRIPT, Run.TRANSCRIPT) == (1, 2)
    assert statements.parse(data) != Run(*HEAD, run.committee, parameters, run.engine, (), links)


def mutated(path: list[Any], value: Any) -> bytes:
    document = json.loads(statements.serialise(SAMPLE))
    where = document
    for key in path[:-1]:
        where = where[key]
    where[path[-1]] = value
    return canonical.dumps(document)


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (["extra"], 1, "json.unknown_field"),
        (["predicate", "extra"], 1, "json.unknown_field"),
        (["predicate", "outputs", 0, "extra"], 1, "json.unknown_field"),
        (["predicate", "time"], "1700000000", "json.wrong_value"),
        (["predicate", "time"], True, "json.wrong_value"),
        (["predicate", "time"], -1, "json.wrong_value"),
        (["predicate", "completed"], 77, "json.wrong_value"),
        (["predicate", "completed"], "077", "json.wrong_value"),
        (["predicate", "completed"], str(2**64), "json.wrong_value"),
        (["predicate", "task"], "0x" + "AB" * 32, "id.not_hex32"),
        (["predicate", "run"], None, "json.wrong_value"),
        (["predicate", "party"], "Bank", "id.malformed"),
        (["predicateType"], "https://tallystick.dev/release/v2", "statement.unknown_type"),
        (["predicateType"], ["x"], "statement.unknown_type"),
        (["_type"], "https://in-toto.io/Statement/v0.1", "json.wrong_value"),
        (["subject"], [], "statement.subject"),
        (["subject", 1, "digest", "sha256"], "00" * 32, "statement.subject"),
        (["subject", 1, "uri"], "https://example.org", "statement.subject"),
    ],
)
def test_refused(path: list[Any], value: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        statements.parse(mutated(path, value))
    assert caught.value.code == error


def test_a_missing_field_is_refused() -> None:
    document = json.loads(statements.serialise(SAMPLE))
    del document["predicate"]["reviewed"]
    with pytest.raises(FormatError, match=r"json\.missing_field"):
        statements.parse(canonical.dumps(document))


def test_nothing_is_signed_that_would_not_be_read() -> None:
    output = SAMPLE.outputs[0]
    refusal = Refusal(*HEAD, None, "owner.declined")
    link = LinkFact("peer", HEAD[0], 1, HEAD[0], 1, bytes(64), bytes(64))
    run = Run(*HEAD, ("a",), MpcParameters("fast", 1, 2**104 - 17, 1, 40), bytes(32), (), (link,))
    many = tuple(replace(link, peer=f"p{i:03d}") for i in range(LINKS_PER_STATEMENT + 1))
    for bad in (
        replace(SAMPLE, run=None),
        replace(SAMPLE, party="BANK"),
        replace(SAMPLE, completed=-1),
        replace(SAMPLE, task=b"\x01" * 31),
        replace(SAMPLE, outputs=(output, output)),
        replace(refusal, reason="because of patient 4711"),
        replace(refusal, reason=WITHDRAWALS[0]),
        replace(run, mpc=MpcParameters("fast", 1, 2**104 - 17, 0, 40)),
        replace(run, links=(link, link)),
        replace(run, links=many),
        replace(run, steps=(StepFact("s", "glm.logistic@1.0.0", HEAD[0], 1, (("b", 1), ("a", 1))),)),
    ):
        with pytest.raises(FormatError):
            statements.serialise(bad)
