"""Wiring of the explorer's process: settings, trust root, read-only pool, HTTP server."""

import stat
from collections.abc import Callable
from pathlib import Path

import structlog
import uvicorn

from audit_explorer.app import create_app
from audit_explorer.coordinator import HttpReading
from audit_explorer.desk import Desk
from audit_explorer.queries import PostgresRecords
from audit_explorer.rates import Rates
from audit_explorer.records import Records
from audit_explorer.settings import ExplorerSettings
from audit_explorer.verification import Verifier
from chain.endpoint import Endpoint
from logs.configuration import configure
from metrics.asgi import Metered
from metrics.board import Board, Reading
from metrics.serving import serving
from protocol.errors import FormatError, TallyError
from protocol.law.policy import DEFAULT, Policy
from protocol.trust import Trust

_log = structlog.get_logger()


def run(settings: ExplorerSettings) -> None:
    """Serve until a signal; a database that is down is answered with 503 and noticed by ``/health``."""
    configure("explorer")
    trust = None if settings.trust_file is None else Trust.read(_read(settings.trust_file, "explorer.trust_file"))
    reading = None if settings.coordinator_url is None else HttpReading(settings.coordinator_url)
    desk = Desk.of(settings, trust)
    named = settings.law_policy_file
    legal = DEFAULT if named is None else Policy.from_toml(_read(named, "law.policy_missing"))
    dsn = _read_secret(settings.database_url_file)
    board = Board("explorer")
    with (
        PostgresRecords(dsn, settings.pool_size) as records,
        serving(board, settings.metrics_host, settings.metrics_port),
    ):
        board.reads("database", lambda: _indexed(records))
        app = create_app(
            records,
            Verifier(trust, _block_hash(settings.rpc_url)),
            reading,
            endpoints=settings.page_endpoints,
            desk=desk,
            prefix=settings.path_prefix,
            published=settings.publish == "everything",
            legal=legal,
        )
        rated = Rates(app, per_minute=settings.requests_per_minute, proxies=settings.proxies)
        config = uvicorn.Config(
            Metered(rated, board, requests="tally_explorer_requests_total", seconds="tally_explorer_request_seconds"),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who asks is who connects: what the forwarding tells the coordinator is not made up by browsers
            timeout_graceful_shutdown=10,
        )
        # bound here, so that port 0 becomes a port that can be told
        listener = config.bind_socket()
        listener.listen(config.backlog)
        port = int(listener.getsockname()[1])
        if settings.ready_file is not None:
            aside = settings.ready_file.with_name(settings.ready_file.name + ".new")
            aside.write_text(f"{settings.host} {port}\n", "ascii")
            aside.replace(settings.ready_file)
        _log.info("explorer.serving", host=settings.host, port=port, trust=trust is not None)
        uvicorn.Server(config).run(sockets=[listener])


def _indexed(records: Records) -> list[Reading]:
    found = records.deployment()
    return [Reading("tally_indexed_block", 0 if found is None or found.block is None else found.block)]


def _block_hash(rpc_url: str | None) -> Callable[[int], bytes | None]:
    """Asks the endpoint; an endpoint that is away is logged and answers nothing."""
    if rpc_url is None:
        return lambda _: None
    endpoint = Endpoint(rpc_url, timeout=2.0, deadline=4.0)

    def ask(number: int) -> bytes | None:
        try:
            found = endpoint.block_ref(number)
        except TallyError as error:
            _log.warning("explorer.chain_away", code=error.code)
            return None
        return None if found is None else found.hash

    return ask


def _read_secret(path: Path) -> str:
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise FormatError("secret.open", f"{path} can be read by others.", f"chmod 600 {path}")
    return _read(path, "explorer.database_url_file").decode("utf-8").strip()


def _read(path: Path, code: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FormatError(code, f"{path} cannot be read: {error.strerror}.", "Correct the path or its mode.") from error
