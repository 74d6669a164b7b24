"""The page that describes the API: whole, in two languages, and made so that nothing in it can run or be fetched."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from orchestrator.api import reference
from orchestrator.api.app import OPENAPI
from protocol import ids
from tests.unit.orchestrator.test_api import application


def document_of_the_api() -> Any:
    """The committed one; another test holds that the API gives the same."""
    return json.loads(OPENAPI.read_text("utf-8"))


@pytest.fixture(scope="module")
def client() -> httpx.Client:
    return application()


class Page(HTMLParser):
    """Elements, ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_operation_and_record_is_on_the_page_and_every_link_leads_somewhere(
    client: httpx.Client, language: str
) -> None:
    answer = client.get(f"/docs?lang={language}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page, document = Page(answer.text), document_of_the_api()
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    operations = {op["operationId"] for operations in document["paths"].values() for op in operations.values()}
    assert operations | set(document["components"]["schemas"]) <= set(page.ids)
    assert {link for link in page.links if link.startswith("#")} <= {f"#{found}" for found in page.ids}
    assert {link for link in page.links if not link.startswith("#")} == {
        "openapi.json", f"docs?lang={'zh' if language == 'en' else 'en'}",
    }  # fmt: skip
    assert ("记录" in answer.text) == (language == "zh")


def test_nothing_on_the_page_runs_or_is_fetched(client: httpx.Client) -> None:
    answer = client.get("/docs")
    page = Page(answer.text)
    assert not page.tags & {"script", "link", "img", "iframe", "form", "object", "embed", "base"}
    assert not {name for name in page.attributes if name.startswith("on") or name == "style"}
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_attack_a_description_with_html_in_it() -> None:
    document = document_of_the_api()
    document["info"]["description"] = "<script>alert(1)</script>"
    for operation in document["paths"]["/v1/tasks"].values():
        operation["description"] = '"><img src=x onerror=alert(1)>'
    page = Page(reference.page(document, "en"))
    assert not page.tags & {"script", "img"}


def test_a_language_that_is_none_is_refused(client: httpx.Client) -> None:
    answer = client.get("/docs?lang=fr")
    assert (answer.status_code, answer.json()["code"]) == (400, "json.wrong_value")


def test_every_example_is_a_whole_address_with_ids_of_their_form() -> None:
    document = document_of_the_api()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            said = reference.example(method.upper(), path, operation)
            assert "{" not in said, said
            assert "None" not in said, said
            for prefix in ("task", "auth", "key"):
                for found in re.findall(rf"{prefix}_[0-9a-f]+", said):
                    assert len(ids.unprefixed(prefix, found)) == 32
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), f"{method} {path}: {parameter['name']}"
