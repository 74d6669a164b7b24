"""The HTTP edge without a database: strictness, bounds, problems, and the committed OpenAPI document."""

import asyncio
import hashlib
import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.types import Message

from chain.deployment import CONTRACTS, Deployment
from orchestrator.api.app import OPENAPI, PARTS, ApiContext, create_app, openapi_text
from orchestrator.api.idempotency import WITHOUT
from orchestrator.api.strict import records_of
from orchestrator.services.domains import Domains
from orchestrator.services.preflight import Bounds
from orchestrator.services.signing_in import Door
from protocol import access
from protocol.access_keys import SCOPES
from protocol.ancestry import Descent
from protocol.api import Answer
from protocol.errors import UnavailableError
from protocol.typed import Access
from tests.unit.orchestrator.asgi import client_of
from tests.unit.orchestrator.sample import NOW, contract

DEPLOYMENT = Deployment(
    chain_id=31_337,
    deployment_id="0x" + "ab" * 32,
    genesis_hash="0x" + "cd" * 32,
    contracts={name: "0x" + f"{i:02d}" * 20 for i, name in enumerate(CONTRACTS, start=10)},
    runtime_code_hashes=dict.fromkeys(CONTRACTS, "0x" + "ef" * 32),
    confirmations=0,
    deployed_block=1,
)


DOOR = Door("https://tally.example", DEPLOYMENT.chain_id, 3600)


class NoDatabase:
    """A database that is down."""

    @contextmanager
    def transaction(self) -> Generator[Any]:
        raise UnavailableError("database.unavailable", "The database does not answer.", "Try again.")
        yield


class NoChain:
    """A chain that is down."""

    def wallet_accepts(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        raise UnavailableError("chain.unreachable", "No.", "Wait.")

    def is_passkey_account(self, wallet: str) -> bool:
        raise UnavailableError("chain.unreachable", "No.", "Wait.")

    def passkey_challenge(self, wallet: str, digest: bytes) -> bytes | None:
        raise UnavailableError("chain.unreachable", "No.", "Wait.")

    def path(self, top: int, bottom: int) -> Descent:
        raise AssertionError("no bundle, no path")

    def required_approvals(self) -> int:
        raise UnavailableError("chain.unreachable", "No.", "Wait.")

    def longest_lifetime(self) -> int:
        raise UnavailableError("chain.unreachable", "No.", "Wait.")

    def head(self) -> int | None:
        return None


def context_of(**changes: Any) -> ApiContext:
    values: dict[str, Any] = {
        "database": NoDatabase(),
        "chain": NoChain(),
        "domains": Domains.of(DEPLOYMENT),
        "deployment": DEPLOYMENT,
        "bounds": Bounds("platform"),
        "clock": lambda: NOW,
        "most_body": 64 * 1024,
        "most_receipt": 128 * 1024,
        "requests_per_minute": 100_000,
        "proxies": 0,
        "door": DOOR,
        **changes,
    }
    return ApiContext(**values)


def application(**changes: Any) -> httpx.Client:
    return client_of(create_app(context_of(**changes)))


def test_the_committed_openapi_document_is_the_apis() -> None:
    assert OPENAPI.read_text("utf-8") == openapi_text(), "run `tally coordinator openapi`"


def test_every_answer_of_openapi_is_described_and_every_body_is_closed() -> None:
    document = json.loads(openapi_text())
    schemas = document["components"]["schemas"]
    assert {name for name, schema in schemas.items() if schema["additionalProperties"]} == {"Problem"}
    assert all(schema["description"] for schema in schemas.values())
    named = set(re.findall(r'"#/components/schemas/(\w+)"', openapi_text()))
    assert named == set(schemas), "every reference leads to a schema, and nothing stands there unused"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], f"{method} {path}"
            answers = operation["responses"]
            assert answers["default"]["content"]["application/problem+json"]["schema"]
            if method == "delete":
                assert set(answers) == {"204", "default"}
                continue
            (good,) = (answer for status, answer in answers.items() if status.startswith("2"))
            kinds = good["content"]
            assert (
                "/evidence" in path
                or {"text/event-stream", "text/plain"} & set(kinds)
                or kinds["application/json"]["schema"]["$ref"]
            ), path
            assert (method == "post") == ("requestBody" in operation), f"{method} {path}"


def test_every_post_takes_an_idempotency_key_or_says_why_not() -> None:
    posts = {path: item["post"] for path, item in json.loads(openapi_text())["paths"].items() if "post" in item}
    keyed = {
        path
        for path, post in posts.items()
        if "Idempotency-Key" in {found["name"] for found in post.get("parameters", [])}
    }
    assert set(posts) - keyed == set(WITHOUT)
    assert all(WITHOUT[path] in posts[path]["description"] for path in WITHOUT)
    assert len(keyed) > 10


def test_openapi_says_what_opens_each_route() -> None:
    """Reads: token, session, or a key of one scope. Acts: a token of their own, or the body's signatures. What needs none of
    them, and what no key opens, is known by name.
    """
    document = json.loads(openapi_text())
    named = set(document["components"]["securitySchemes"])
    found = {
        (method, path): frozenset(name for way in operation["security"] for name in way)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert {name for ways in found.values() for name in ways} == named == {"token", "session", "key"}
    open_to_all = {path for (method, path), ways in found.items() if method == "get" and not ways}
    assert open_to_all == {"/v1/health", "/v1/ready", "/v1/deployment"}
    assert {path for (method, path), ways in found.items() if method == "post" and "session" in ways} == {
        "/v1/tasks/preflight"
    }
    reads = {path: ways for (method, path), ways in found.items() if method == "get" and ways}
    assert {path for path, ways in reads.items() if ways == named - {"key"}} == {
        "/v1/announcements", "/v1/applications", "/v1/credentials", "/v1/keys", "/v1/parties/{party}/application",
    }  # fmt: skip
    assert {path for path, ways in reads.items() if not ways >= named - {"key"}} == {"/v1/sessions/own"}
    acts = {path: ways for (method, path), ways in found.items() if method == "post" and "key" in ways}
    where_to_hear = {path: {"token", "key"} for path in acts if "/webhooks" in path}
    assert len(where_to_hear) == 4
    assert acts == {"/v1/tasks": {"key"}, "/v1/tasks/preflight": named} | where_to_hear
    scopes = [
        way["key"]
        for operations in document["paths"].values()
        for op in operations.values()
        for way in op["security"]
        if "key" in way
    ]
    assert all(len(names) == 1 for names in scopes)
    assert {name for names in scopes for name in names} == set(SCOPES), "every scope opens something"
    assert {} in document["paths"]["/v1/tasks"]["post"]["security"], "a wallet's signature is enough"


def test_every_answer_names_its_request_and_what_is_left_of_the_rate() -> None:
    client = application(requests_per_minute=60)
    seen = set()
    for path, status in (("/v1/health", 200), ("/v1/nothing", 404), ("/v1/tasks", 503)):
        answer = client.get(path)
        assert answer.status_code == status
        seen.add(answer.headers["x-request-id"])
        assert status == 200 or answer.json()["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["ratelimit-policy"] == '"requests";q=10;w=10'
        assert re.fullmatch(r'"requests";r=\d+;t=\d+', answer.headers["ratelimit"])
    assert len(seen) == 3
    while (answer := client.get("/v1/deployment")).status_code == 200:
        assert answer.headers["ratelimit"].startswith('"requests";r=')
    assert (answer.status_code, answer.json()["code"]) == (429, "http.too_many")
    assert answer.headers["ratelimit"].startswith('"requests";r=0;')
    assert "retry_after" not in answer.json()


def test_a_crash_is_found_by_its_request_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(NoChain):
        def head(self) -> int | None:
            raise RuntimeError("secret detail")

    answer = application(chain=Broken()).get("/v1/health")
    assert answer.status_code == 500
    (line,) = [record.getMessage() for record in caplog.records if "api.crash" in record.getMessage()]
    assert answer.json()["request_id"] in line


def test_every_endpoint_answers_with_a_record_or_with_a_document_of_its_own() -> None:
    """Nothing is answered in a shape that the client does not know."""
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    paths = {route.path: records_of(route.endpoint)[1] for route in routes if route.status_code != 204}
    assert {path for path, answer in paths.items() if answer is None} == {
        "/v1/events",
        "/v1/logs/{party}/checkpoint",
        "/v1/tasks/{task}/events",
        "/v1/tasks/{task}/evidence",
        "/v1/tasks/{task}/evidence/path",
    }
    assert all(issubclass(answer, Answer) for answer in paths.values() if answer is not None)


def test_health_answers_when_everything_else_is_down() -> None:
    answer = application().get("/v1/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "degraded"})


class Silent(NoDatabase):
    """A database that a request without a token does not get to ask."""

    @contextmanager
    def transaction(self) -> Generator[Any]:
        yield None


def test_attack_reading_without_a_token() -> None:
    """Whatever there is to read asks for a token, but for the coordinator's one word and the deployment file."""
    client = application(database=Silent())
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    readable = [re.sub(r"\{\w+\}", "x", route.path) for route in routes if "GET" in (route.methods or ())]
    answers = {path: client.get(path) for path in readable if path not in ("/v1/health", "/v1/ready", "/v1/deployment")}
    assert "/v1/health/details" in answers
    found = {path: (answer.status_code, answer.json()["code"]) for path, answer in answers.items()}
    over = {"/v1/sessions/own": (401, "access.session_over")}
    assert found == dict.fromkeys(answers, (401, "access.missing")) | over


def test_the_deployment_is_public() -> None:
    answer = application().get("/v1/deployment").json()
    assert answer["deployment_id"] == DEPLOYMENT.deployment_id
    assert answer["chain_id"] == "31337"


def test_a_database_that_is_down_is_a_retryable_problem() -> None:
    answer = application().post("/v1/tasks", json={"contract": contract().to_json(), "signature": "0x" + "00" * 65})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "database.unavailable",
        "2",
    )
    assert answer.json()["category"] == "unavailable"


def test_bodies_over_their_limit_with_and_without_a_length() -> None:
    client = application()
    headers = {"content-type": "application/json"}
    large = b'"' + b"x" * 70_000 + b'"'
    assert client.post("/v1/tasks", content=large, headers=headers).status_code == 413
    assert client.post("/v1/receipts", content=large, headers=headers).json()["code"] != "http.too_large"
    assert client.post("/v1/receipts", content=large * 2, headers=headers).status_code == 413


def test_unknown_paths_methods_and_parameters() -> None:
    client = application()
    assert client.get("/v1/nothing").json()["code"] == "http.no_such_path"
    refused = client.delete("/v1/health")
    assert (refused.json()["code"], refused.headers["allow"]) == ("http.method", "GET")
    assert client.get("/v1/health?debug=1").json()["code"] == "http.unknown_parameter"
    assert client.get("/v1/tasks?limit=1&limit=2").json()["code"] == "http.parameter_twice"
    assert client.get("/v1/" + "x" * 3000).status_code == 414


def test_a_crash_is_a_problem_without_its_trace() -> None:
    class Broken(NoChain):
        def head(self) -> int | None:
            raise RuntimeError("secret detail")

    answer = application(chain=Broken()).get("/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (500, "coordinator.internal")
    assert "secret" not in answer.text


def test_too_many_requests_are_told_when_to_come_back() -> None:
    client = application(requests_per_minute=6)
    assert client.get("/v1/deployment").status_code == 200
    answer = client.get("/v1/deployment")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")


def test_attack_a_strangers_body_is_not_even_read() -> None:
    """Whoever signs nothing, or signs something else than one body, is refused by the request's head alone."""
    everything = Access("hospital", access.EVERYTHING, NOW + 60, 1)
    for headers, code in (
        ([], "access.missing"),
        ([(b"authorization", access.header(everything, bytes(65)).encode())], "access.no_delivery"),
        ([(b"authorization", b"Bearer x")], "access.malformed"),
    ):
        assert posted(headers, b"[" * 100_000) == (code, 0), headers


def test_attack_another_body_than_the_signed_one_is_not_parsed() -> None:
    """The head names a body; what comes after it is compared before it is read as anything."""

    class Index(NoDatabase):
        @contextmanager
        def transaction(self) -> Generator[Any]:
            yield None

    body = b'{"items": []}'
    message = Access("hospital", access.delivery(hashlib.sha256(body).digest()), NOW + 60, 1)
    headers = [(b"authorization", access.header(message, bytes(65)).encode()), (b"content-type", b"application/json")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orchestrator.api.receipts.sender", lambda *_, **__: "hospital")
        assert posted(headers, body, database=Index()) == ("", 1)
        assert posted(headers, b'{"items": [{}]}', database=Index()) == ("access.other_body", 1)
        assert posted(headers, b"[" * 10_000, database=Index()) == ("access.other_body", 1)


def test_an_upload_that_is_broken_off_is_no_crash(caplog: pytest.LogCaptureFixture) -> None:
    left: list[Message] = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b'{"items": [', "more_body": True},
    ]
    answers: list[Message] = []

    async def receive() -> Message:
        return left.pop()

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/tasks", "raw_path": b"/v1/tasks", "root_path": "", "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")], "client": ("192.0.2.1", 1),
        "server": None,
    }  # fmt: skip
    asyncio.run(create_app(context_of())(scope, receive, send))
    assert json.loads(answers[-1]["body"])["code"] == "http.body_incomplete"
    assert not [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info]


def posted(headers: list[tuple[bytes, bytes]], body: bytes, **changes: Any) -> tuple[str, int]:
    """The problem's code ("" for none) of a body posted to /v1/receipts, and how often the body was asked for."""
    asked: list[int] = []
    said: list[Message] = []

    async def receive() -> Message:
        asked.append(1)
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/receipts", "raw_path": b"/v1/receipts", "root_path": "", "query_string": b"",
        "headers": [*headers, (b"content-length", str(len(body)).encode())], "client": ("192.0.2.1", 1), "server": None,
    }  # fmt: skip
    asyncio.run(create_app(context_of(**changes))(scope, receive, send))
    answer = json.loads(b"".join(message.get("body", b"") for message in said))
    return answer.get("code", ""), len(asked)
