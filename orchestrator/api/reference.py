"""The API's description as a page to read: made of the OpenAPI document on the server, with no script and nothing from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from protocol.programs import Language, Words
from protocol.vocabulary import say

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}"
    "h2{border-bottom:1px solid #767676;margin-top:3rem}h3{margin-top:2rem}code,pre{font-family:ui-monospace,monospace}"
    "pre{background:#f2f2f2;padding:.75rem;overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #d0d0d0}a{color:#0b4f9e}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
_TITLE: Final = Words("The coordinator's task API", "协调方的任务接口")
_OTHER: Final = Words("中文", "English")
_DOCUMENT: Final = Words("The same for programs", "供程序读取的版本")
_OPENED: Final = Words("Opened by", "可用凭据")
_NOTHING: Final = Words(
    "nothing: a signature in the body counts, or everybody may read it", "无需凭据：以正文中的签名为准，或任何人可读"
)
_PARAMETER: Final = Words("Parameter", "参数")
_FORM: Final = Words("Form", "形式")
_MEANING: Final = Words("Meaning", "含义")
_FIELD: Final = Words("Field", "字段")
_BODY: Final = Words("Body", "正文")
_ANSWERS: Final = Words("Answers", "应答")
_EXAMPLE: Final = Words("Example", "示例")
_RECORDS: Final = Words("Records", "记录")
_WAYS: Final = Words("What opens it", "凭据")
_PROBLEM: Final = Words("any other", "其他")


def page(document: Mapping[str, Any], language: Language) -> str:
    """The page in one language; names and descriptions are the document's own, in English."""

    def word(words: Words) -> str:
        return escape(say(words, language))

    tags: dict[str, list[tuple[str, str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    other = "zh" if language == "en" else "en"
    parts = [
        f'<!doctype html><html lang="{"en" if language == "en" else "zh-CN"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width"><title>', word(_TITLE), f"</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{word(_TITLE)}</h1><p>{escape(document['info']['description'])}</p>",
        f'<p><a href="docs?lang={other}" lang="{other}">{word(_OTHER)}</a> · <a href="openapi.json">{word(_DOCUMENT)} (OpenAPI)</a></p><nav><ul>',
        *(f'<li><a href="#{escape(tag)}">{escape(tag)}</a></li>' for tag in tags),
        f'<li><a href="#records">{word(_RECORDS)}</a></li></ul></nav><h2 id="ways">{word(_WAYS)}</h2><dl>',
    ]  # fmt: skip
    for name, scheme in document["components"]["securitySchemes"].items():
        parts.append(
            f'<dt id="way-{escape(name)}"><code>{escape(name)}</code></dt><dd>{escape(scheme["description"])}</dd>'
        )
    parts.append("</dl>")
    for tag, operations in tags.items():
        parts.append(f'<section><h2 id="{escape(tag)}">{escape(tag)}</h2>')
        for method, path, operation in operations:
            parts += _operation(method, path, operation, word)
        parts.append("</section>")
    parts.append(f'<h2 id="records">{word(_RECORDS)}</h2>')
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f'<section><h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(schema["description"])}</p>')
        rows = [
            (field, _form(form), escape(form.get("description", ""))) for field, form in schema["properties"].items()
        ]
        parts += _table((word(_FIELD), word(_FORM), word(_MEANING)), rows)
        parts.append("</section>")
    parts.append("</main></body></html>")
    return "".join(parts)


def _operation(method: str, path: str, operation: Mapping[str, Any], word: Any) -> Iterator[str]:  # noqa: ANN401 - of `page`
    yield f'<h3 id="{escape(operation["operationId"])}"><code>{method} {escape(path)}</code></h3><p>{escape(operation["description"])}</p>'
    ways = [" ".join([name, *scopes]) for way in operation["security"] for name, scopes in way.items()]
    free = "" if ways and {} not in operation["security"] else word(_NOTHING)
    yield f"<p>{word(_OPENED)}: {escape(', '.join(ways))}{'; ' if ways and free else ''}{free}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        rows = [
            (f"{found['name']} ({found['in']})", _form(found["schema"]), escape(found.get("description", "")))
            for found in parameters
        ]
        yield from _table((word(_PARAMETER), word(_FORM), word(_MEANING)), rows)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        yield f"<p>{word(_BODY)}: {_form(body['schema'])}</p>"
    yield f"<p>{word(_ANSWERS)}:</p><ul>"
    for status, answer in operation["responses"].items():
        kinds = [
            f"{_form(form.get('schema', {}))} ({escape(kind)})" for kind, form in answer.get("content", {}).items()
        ]
        yield f"<li><code>{word(_PROBLEM) if status == 'default' else escape(status)}</code> {', '.join(kinds)}</li>"
    yield f"</ul><p>{word(_EXAMPLE)}:</p><pre>{escape(example(method, path, operation))}</pre>"


def example(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """A command that asks this, with the document's own examples in their places."""
    query: list[str] = []
    for parameter in operation.get("parameters", []):
        value = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", str(value))
        elif parameter["in"] == "query" and value is not None:
            query.append(f"{parameter['name']}={value}")
    where = f"$TALLY_COORDINATOR{path}" + (f"?{'&'.join(query)}" if query else "")
    words = ["curl -sS"] + ([f"-X {method}"] if method not in ("GET", "POST") else [])
    names = {name for way in operation["security"] for name in way}
    if names & {"key", "token"}:
        words.append("-H @tally.header")
    elif "session" in names:
        words.append("-b cookies.txt")
    if "requestBody" in operation:
        words.append("-H 'Content-Type: application/json' -d @body.json")
    return " ".join([*words, f'"{where}"'])


def _table(head: tuple[str, str, str], rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield "<table><thead><tr>" + "".join(f'<th scope="col">{name}</th>' for name in head) + "</tr></thead><tbody>"
    for name, form, meaning in rows:
        yield f"<tr><td><code>{escape(name)}</code></td><td>{form}</td><td>{meaning}</td></tr>"
    yield "</tbody></table>"


def _form(schema: Mapping[str, Any]) -> str:
    """A form in few words; records are links."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " | ".join(_form(one) for one in several)
    if "items" in schema:
        return f"[{_form(schema['items'])}]"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    kind = escape(str(schema.get("type", "")))
    return f"{kind} <code>{escape(schema['pattern'])}</code>" if "pattern" in schema else kind
