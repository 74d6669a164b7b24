"""The explorer's pages. Server-rendered, without scripts but where a page computes in the browser: everybody reads states and hashes, who signs in the bundle's details."""

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from audit_explorer import pages, sessions
from audit_explorer.coordinator import Reading
from audit_explorer.desk import Desk, Render
from audit_explorer.letters import visible
from audit_explorer.records import EVERYTHING, NOBODY, Reader, Records
from audit_explorer.rooms import (
    anchors,
    authorizations,
    compare,
    data_sets,
    events,
    find,
    frame,
    home,
    listing,
    looks,
    parties,
    programs,
    reports,
    statistics,
    tasks,
    understood,
)
from audit_explorer.rooms.frame import NotFoundError, Site
from audit_explorer.security import ASKING, HEADERS, SecurityHeaders, scripted
from audit_explorer.sessions import Sessions
from audit_explorer.verification import Verifier
from audit_explorer.words import TEXTS, Language, language, negotiate
from protocol.catalogue import DataSetDescriptor
from protocol.contract import TaskContract
from protocol.errors import FormatError, RefusedError, TallyError, UnavailableError, VerificationError
from protocol.law.policy import DEFAULT, Policy
from protocol.vocabulary import say

_HERE: Final = Path(__file__).parent
_FORM_LIMIT: Final = 16 * 1024
_log = structlog.get_logger()

_LISTS: Final = (tasks.LIST, parties.LIST, data_sets.LIST, programs.LIST, authorizations.LIST)


def create_app(
    records: Records,
    verifier: Verifier,
    reading: Reading | None = None,
    now: Callable[[], int] = lambda: int(time.time()),
    *,
    endpoints: Sequence[str] = (),
    desk: Desk | None = None,
    prefix: str = "",
    published: bool = False,
    legal: Policy = DEFAULT,
) -> FastAPI:
    """The application over a store of records; without ``reading`` nobody can sign in. ``now`` is the clock, unix seconds.

    ``endpoints`` are chain endpoints that the page which verifies may ask where its reader chooses one. With ``desk`` participants'
    pages are served, too. ``legal`` is the consortium's policy for the law's gate. ``prefix`` is the path below which a proxy serves all of it. Without ``published`` only who signs in reads.
    """
    app = FastAPI(title="Tallystick audit explorer", openapi_url=None, docs_url=None, redoc_url=None)
    policy = scripted(endpoints)
    app.add_middleware(SecurityHeaders, chosen=(policy, ASKING))
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    held = Sessions(now)
    render = _renderer(records, None if reading is None else held, prefix=prefix, desk=desk is not None)
    _answer_errors(app, render)
    if desk is not None:
        desk.forward(app)

    @app.get("/")
    def start(request: Request) -> Response:
        tongue = negotiate(request.headers.get("accept-language", ""))
        return RedirectResponse(f"{prefix}/{tongue}/home", 303, {"vary": "accept-language"})

    @app.get("/health")
    def health() -> Response:
        try:
            records.deployment()
        except UnavailableError:
            return JSONResponse({"status": "degraded"}, 503)
        return JSONResponse({"status": "ok"})

    def reader_of(request: Request) -> Reader:
        """Who asks: a regulator in office reads all, another party what concerns it, and the public what is published."""
        if published:
            return EVERYTHING
        session = held.of(request)
        if session is None:
            return NOBODY
        return EVERYTHING if records.reads_all(session.party) else session.party

    def evidence(request: Request, task: bytes) -> bytes | None:
        """A task's bundle in the name of who is signed in; None where the coordinator does not give it."""
        session = held.of(request)
        if session is None or reading is None:
            return None
        try:
            return reading.evidence(task, session.token)
        except (RefusedError, VerificationError):
            return None

    def contract(request: Request, task: bytes) -> TaskContract | None:
        """A task's contract in the name of who is signed in, before there is a bundle; None where the coordinator does not give it."""
        session = held.of(request)
        if session is None or reading is None:
            return None
        try:
            return reading.contract(task, session.token)
        except (FormatError, RefusedError, VerificationError):
            return None

    def descriptions(request: Request, task: bytes, words: TaskContract | None) -> tuple[DataSetDescriptor, ...]:
        """What owners describe of a task's data sets, in the name of who is signed in and reads its words."""
        session = held.of(request)
        if session is None or reading is None or words is None:
            return ()
        try:
            return reading.descriptions(task, session.token)
        except (FormatError, RefusedError, VerificationError):
            return ()

    site = Site(records, now, render, _spoken, reader_of, prefix, legal)
    listing.serve(app, site, tasks.LIST)
    for room in (home, statistics, anchors, parties, data_sets, programs, authorizations, events, find):
        room.serve(app, site)
    reports.serve(app, site, verifier, evidence)
    compare.serve(app, site, evidence)

    @app.get("/{tongue}/tasks/{task}")
    def task(request: Request, tongue: str, task: str) -> Response:
        spoken, reader = _spoken(tongue), reader_of(request)
        key = frame.id_of(task, "task")
        record = records.task(reader, key)
        if record is None:
            raise NotFoundError("explorer.no_task", "There is no such task.", "Look it up in the list.")
        stored = records.bundle(reader, key) if record.row.bundle else None
        session, verified, refused = held.of(request), None, False
        if stored is not None and session is not None and reading is not None:
            data = evidence(request, key)
            verified, refused = (None, True) if data is None else (verifier.check(data), False)
        told = None if verified is None else verified.told
        words = contract(request, key) if stored is None else None if told is None else told.contract
        return render(
            request,
            "task.html.j2",
            spoken,
            record=record,
            sentence=understood.verdict(record, spoken),
            words=understood.read(site, reader, record, words, spoken, descriptions(request, key, words)),
            claims=understood.claims(record, verified, spoken),
            commitments=understood.commitments(record, spoken),
            looks=looks.table(site, reader, key, spoken),
            around=events.around(site, reader, key, [item.digest for item in record.consents], spoken),
            page=pages.task_page(record, stored, None if verified is None else verified.report, now(), spoken),
            stored=stored,
            verified=verified,
            refused=refused,
            trusted=verifier.trust is not None,
        )

    @app.get("/{tongue}/check")
    def check(request: Request, tongue: str) -> Response:
        answer = render(request, "check.html.j2", _spoken(tongue), endpoints=" ".join(endpoints))
        answer.headers["content-security-policy"] = policy
        return answer

    if reading is not None:
        _sign_in(app, reading, held, render, prefix)
    if desk is not None:
        desk.serve(app, render, _spoken)
    return app


def _sign_in(app: FastAPI, reading: Reading, held: Sessions, render: Render, prefix: str) -> None:
    def form(request: Request, spoken: Language, status: int = 200) -> Response:
        secret = secrets.token_urlsafe(32)
        answer = render(request, "sign_in.html.j2", spoken, status, failed=status != 200, key=sessions.form_key(secret))
        sessions.give_form(request, answer, secret)
        return answer

    @app.get("/{tongue}/sign-in")
    def ask(request: Request, tongue: str) -> Response:
        return form(request, _spoken(tongue))

    @app.post("/{tongue}/sign-in")
    async def sign_in(request: Request, tongue: str) -> Response:
        spoken, fields = _spoken(tongue), await _form(request)
        sessions.require_own_form(request, sessions.FORM_COOKIE, fields.get("key", ""))

        def enter() -> Response:
            token = fields.get("token", "").strip()
            try:
                secret = held.open(token, reading.check)
            except UnavailableError:
                raise
            except TallyError:
                return form(request, spoken, 403)
            answer = RedirectResponse(f"{prefix}/{spoken}/tasks", 303)
            held.give(request, answer, secret)
            return answer

        return await run_in_threadpool(enter)

    @app.post("/{tongue}/sign-out")
    async def sign_out(request: Request, tongue: str) -> Response:
        spoken, fields = _spoken(tongue), await _form(request)
        sessions.require_own_form(request, sessions.COOKIE, fields.get("key", ""))
        held.close(request)
        answer = RedirectResponse(f"{prefix}/{spoken}/tasks", 303)
        answer.delete_cookie(sessions.COOKIE, path="/", httponly=True, samesite="strict")
        return answer


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; the first of each name."""
    data = bytearray()
    try:
        async for part in request.stream():
            data += part
            if len(data) > _FORM_LIMIT:
                raise FormatError("explorer.form", "The form is too large.", "Paste the token alone.")
    except ClientDisconnect as error:
        raise FormatError("explorer.form", "The form did not come whole.", "Send it again.") from error
    try:
        read = parse_qs(data.decode("ascii"), keep_blank_values=True, max_num_fields=8)
    except ValueError as error:
        raise FormatError("explorer.form", "This is no form of ours.", "Open the page again.") from error
    return {name: values[0] for name, values in read.items()}


def _renderer(records: Records, held: Sessions | None, *, prefix: str, desk: bool) -> Render:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def render(request: Request, template: str, spoken: Language, status: int = 200, **values: object) -> HTMLResponse:
        other = pages.other(spoken)
        # an error page must not fail for what the footer says
        deployment = None if status >= 500 else records.deployment()
        session = None if held is None else held.of(request)
        html = environment.get_template(template).render(
            t=TEXTS[spoken],
            shorten=pages.shorten,
            lang=spoken,
            other=other,
            root=prefix,
            rooms=[("home", say(home.TITLE, spoken)), *((item.name, say(item.title, spoken)) for item in _LISTS)],
            desk=desk,
            other_path=prefix + _in_language(request, other),
            deployment=deployment,
            may_sign_in=held is not None,
            session=session,
            sign_out_key="" if session is None else sessions.form_key(request.cookies[sessions.COOKIE]),
            **values,
        )
        return HTMLResponse(html, status, {"content-language": TEXTS[spoken].html_lang})

    return render


def _in_language(request: Request, other: Language) -> str:
    """The same page's path in the other language; the query, which is the reader's, is kept as it was encoded."""
    head, _, rest = request.url.path.lstrip("/").partition("/")
    path = f"/{other}/{rest}" if language(head) is not None and rest else f"/{other}/home"
    return f"{path}?{request.url.query}" if request.url.query else path


def _answer_errors(app: FastAPI, render: Render) -> None:
    def answer(request: Request, status: int) -> HTMLResponse:
        spoken = language(request.url.path.lstrip("/").split("/", 1)[0]) or negotiate(
            request.headers.get("accept-language", "")
        )
        text = TEXTS[spoken]
        sentence = (
            text.error_unavailable if status >= 500 else text.error_not_found if status == 404 else text.error_request
        )
        return render(request, "error.html.j2", spoken, status, sentence=sentence)

    def safely(request: Request, status: int) -> HTMLResponse:
        try:
            return answer(request, status)
        except UnavailableError:
            return answer(request, 503)

    @app.exception_handler(TallyError)
    def tally(request: Request, error: TallyError) -> HTMLResponse:
        if isinstance(error, UnavailableError):
            _log.warning("explorer.unavailable", code=error.code)
            return answer(request, 503)
        return safely(request, 404 if isinstance(error, NotFoundError) else 400)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, _error: RequestValidationError) -> HTMLResponse:
        return safely(request, 400)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> HTMLResponse:
        return safely(request, error.status_code)

    @app.exception_handler(Exception)
    def unexpected(request: Request, error: Exception) -> HTMLResponse:
        _log.error("explorer.failed", exc_info=error)
        response = answer(request, 500)
        # Starlette answers these outside of all middleware
        response.headers.update(HEADERS)
        return response


def _spoken(tongue: str) -> Language:
    found = language(tongue)
    if found is None:
        raise NotFoundError("explorer.no_page", "There is no such page.", "Start at /.")
    return found
