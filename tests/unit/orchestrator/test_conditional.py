"""Tags of answers: what the reader has is not sent again, what changed is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from orchestrator.api.conditional import answered
from tests.unit.orchestrator.test_api import application


def asked(body: bytes, known: str | None = None, method: str = "GET", status: int = 200) -> Response:
    headers = [] if known is None else [(b"if-none-match", known.encode("latin-1"))]
    request = Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": headers})
    return answered(request, Response(body, status))


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_what_the_reader_has_is_not_sent_again_and_anything_else_is(one: bytes, other: bytes) -> None:
    first = asked(one)
    tag = first.headers["etag"]
    assert (first.status_code, first.body) == (200, one)
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = asked(one, known)
        assert (again.status_code, again.body, again.headers["etag"]) == (304, b"", tag)
    changed = asked(other, tag)
    assert (changed.status_code, changed.body) == ((304, b"") if one == other else (200, other))


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_a_tag_that_is_none_is_no_match(known: str) -> None:
    found = asked(b"body", known)
    own = found.headers["etag"]
    assert found.status_code == (
        304 if {own, "*"} & {part.strip().removeprefix("W/") for part in known.split(",")} else 200
    )


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("GET", 404), ("DELETE", 200)])
def test_only_what_was_read_has_a_tag(method: str, status: int) -> None:
    assert "etag" not in asked(b"body", method=method, status=status).headers


def test_over_the_api_nobody_else_is_given_what_a_cache_holds() -> None:
    client = application()
    first = client.get("/v1/deployment")
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "authorization, cookie"
    assert json.loads(first.text)["chain_id"] == "31337"
    again = client.get("/v1/deployment", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert again.headers["x-request-id"]
    refused = client.get("/v1/tasks", headers={"if-none-match": "*"})
    assert refused.status_code == 503, "what may not be read, or cannot be, is not said to be unchanged"
