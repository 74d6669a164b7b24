"""Wiring, one function per process; importing anything of ours has no effects."""

import os
import time
from contextlib import ExitStack

import structlog
import uvicorn
from eth_account import Account

from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.indexer import Indexer
from chain.nonces import FileNonceStore, MemoryNonceStore
from logs.configuration import configure
from metrics.asgi import Metered
from metrics.board import Reading
from metrics.serving import serving
from orchestrator.api.app import ApiContext, create_app
from orchestrator.api.waiting import Waiting
from orchestrator.chain_view import GatewayView
from orchestrator.dispatch import issuing
from orchestrator.dispatch.broker import Broker, BrokerAddresses
from orchestrator.dispatch.mailing import Mailer
from orchestrator.dispatch.posting import Poster
from orchestrator.engine.bundling import Bundling
from orchestrator.engine.delivering import Delivering
from orchestrator.engine.hopping import Hopping
from orchestrator.engine.indexing import IndexStore
from orchestrator.engine.issuing import Issuing
from orchestrator.engine.items import Items
from orchestrator.engine.loop import Loop
from orchestrator.engine.process import Engine
from orchestrator.engine.publishing import Publishing
from orchestrator.engine.relaying import Relaying
from orchestrator.engine.starting import Starting
from orchestrator.engine.witnessing import Witnessing, asker, named_in
from orchestrator.measuring import api_board, asked, engine_board, route
from orchestrator.services.domains import Domains
from orchestrator.services.ports import Transactions
from orchestrator.services.preflight import Bounds
from orchestrator.services.sending import Sending
from orchestrator.services.signing_in import Door
from orchestrator.settings import (
    ApiSettings,
    EngineSettings,
    legal_policy,
    mail_server,
    read_secret,
    scheduler_name,
    session_key,
)
from orchestrator.store import access_keys, credentials, index, logs, looks, receipts, sessions, webhooks, work
from orchestrator.store.database import Database, word_of_tasks
from protocol.errors import FormatError, RefusedError, UnavailableError
from protocol.sign_in import checked_url

_log = structlog.get_logger()
_BIND_PATIENCE = 60.0
_SLOWEST_LOOK = 1.0
_SELDOM = 0.5
_IDLE = 5.0
_WEBHOOKS_IDLE = 60.0
_HOPS_INTERVAL = 30.0


def now() -> int:
    """Wall-clock time in unix seconds."""
    return int(time.time())


def run_api(settings: ApiSettings) -> int:
    """Serve the API until a signal; returns the exit code."""
    configure("api", settings.log_level)
    deployment = Deployment.load(settings.deployment_file)
    with ExitStack() as stack:
        database = stack.enter_context(Database(settings.database_url(), size=settings.pool_size))
        bind(database, deployment)
        api = api_context(settings, deployment, database)
        stack.enter_context(word_of_tasks(settings.database_url(), api.waiting.ring))
        board = api_board(database, api.chain.head)
        app = Metered(
            create_app(api), board, requests="tally_api_requests_total", seconds="tally_api_request_seconds", route=route, asked=asked
        )  # fmt: skip
        board.reads("", lambda: [Reading("tally_api_requests_open", app.open)])
        stack.enter_context(serving(board, settings.metrics_host, settings.metrics_port))
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=10,
            limit_concurrency=200,
            h11_max_incomplete_event_size=64 * 1024,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            lifespan="off",
        )
        server = _Server(config, settings, api.waiting)
        server.run()
    return 0 if server.started else 1


def api_context(settings: ApiSettings, deployment: Deployment, database: Database) -> ApiContext:
    """What the API's routes work with."""
    gateway = Gateway(settings.rpc_url, deployment, timeout=5.0, deadline=8.0)
    return ApiContext(
        database=database,
        chain=GatewayView(gateway),
        domains=Domains.of(deployment),
        deployment=deployment,
        bounds=Bounds(
            scheduler_name(settings),
            shortest_notice=settings.shortest_notice,
            longest_notice=settings.longest_notice_days * 86_400,
            memory=settings.party_memory,
            legal=legal_policy(settings),
        ),
        clock=now,
        most_body=settings.most_body,
        most_receipt=settings.most_receipt,
        requests_per_minute=settings.requests_per_minute,
        proxies=settings.proxies,
        door=door(settings, deployment),
        invited_only=settings.enrolment == "invited",
        webhook_hosts=settings.webhook_hosts,
    )


def door(settings: ApiSettings, deployment: Deployment) -> Door:
    """How people sign in."""
    url = None if settings.public_url is None else checked_url(settings.public_url)
    return Door(url, deployment.chain_id, 3600 * settings.session_hours, session_key(settings))


def run_engine(settings: EngineSettings) -> int:
    """Run the engine until a signal; returns the exit code."""
    configure("engine", settings.log_level)
    deployment = Deployment.load(settings.deployment_file)
    os.umask(0o077)
    with ExitStack() as stack:
        database = stack.enter_context(Database(settings.database_url(), size=settings.pool_size))
        bind(database, deployment)
        broker = Broker(BrokerAddresses.load(settings.brokers_file))
        stack.callback(broker.close)
        looking = GatewayView(Gateway(settings.rpc_url, deployment, timeout=2.0, deadline=4.0))
        board = engine_board(database, looking.head, settings.state_dir)
        stack.enter_context(serving(board, settings.metrics_host, settings.metrics_port))
        engine = Engine(engine_loops(settings, deployment, database, broker), database, settings.database_url())
        engine.handle_signals()
        return engine.run()


def engine_loops(
    settings: EngineSettings, deployment: Deployment, database: Transactions, broker: Broker
) -> list[Loop]:
    """The engine's loops; each has its own gateway for reading, the sender's nonces are in one place."""
    nonces = MemoryNonceStore() if settings.state_dir is None else FileNonceStore(settings.state_dir / "nonces")
    sender = Gateway(settings.rpc_url, deployment, _account(settings), nonces, deadline=10.0)
    sending = Sending(sender)
    reader = Gateway(settings.rpc_url, deployment, deadline=10.0)
    indexer = Indexer(reader, IndexStore(database), senders=True)
    starting = Starting(database, sending, GatewayView(reader), now)
    vouched = settings.webhook_hosts
    delivering = Delivering(database, Poster(vouched), Mailer(mail_server(settings), vouched), now)
    shortest, seldom = settings.interval, max(_SELDOM, settings.interval)
    loops = [
        # nobody announces what others send to the chain, nor that a consent has begun to hold: looked at more often
        Loop("index", lambda: indexer.step() is not None, shortest, _SLOWEST_LOOK),
        # whoever makes work for these rings: by themselves they only find what was put off
        Loop("relay", Relaying(database, sending).step, seldom, _IDLE),
        Loop("start", starting.start_step, seldom, _SLOWEST_LOOK),
        Loop("expire", starting.expire_step, max(1.0, shortest)),
        Loop("publish", Publishing(database, broker).step, seldom, _IDLE),
        Loop("bundle", Bundling(database, reader).step, max(1.0, shortest), _IDLE),
        # written by the index and by submissions, which ring; what failed is found at most a tenth late
        Loop(webhooks.LOOP, delivering.step, seldom, _WEBHOOKS_IDLE),
        # heads ring when they come; a witness that was away is found at most a tenth late
        Loop(logs.LOOP, _witnessing(settings, deployment, database).step, seldom, _WEBHOOKS_IDLE),
        Loop("hops", Hopping(database, reader).step, _HOPS_INTERVAL),
        Loop("sweep", lambda: sweep(database), 600.0),
    ]
    if settings.broker_admin_file is not None:
        issuer, identity = issuing.load(settings.broker_admin_file), bytes.fromhex(deployment.deployment_id[2:])
        step = Issuing(database, issuer, identity, now).step
        loops.append(Loop(credentials.LOOP, step, seldom, _SLOWEST_LOOK))
    return loops


def _witnessing(settings: EngineSettings, deployment: Deployment, database: Transactions) -> Witnessing:
    witnesses = () if settings.witnesses_file is None else named_in(settings.witnesses_file)
    return Witnessing(database, witnesses, asker(witnesses), Domains.of(deployment), now)


def bind(database: Transactions, deployment: Deployment) -> None:
    """Refuse a database that indexes another deployment; wait a while for one that is still starting."""
    until = time.monotonic() + _BIND_PATIENCE
    identity = (
        bytes.fromhex(deployment.deployment_id[2:]),
        deployment.chain_id,
        bytes.fromhex(deployment.genesis_hash[2:]),
    )
    while True:
        try:
            with database.transaction() as tx:
                bound = index.bind_deployment(tx, *identity)
            break
        except UnavailableError:
            if time.monotonic() > until:
                raise
            _log.warning("database.waiting")
            time.sleep(1.0)
    if not bound:
        raise RefusedError(
            "deployment.other",
            "The database belongs to another deployment.",
            "Use an empty database, or that deployment.",
        )


def _account(settings: EngineSettings):  # noqa: ANN202 - eth_account's LocalAccount
    try:
        return Account.from_key(read_secret(settings.signer_key_file))
    except ValueError as error:
        raise FormatError(
            "secret.malformed", f"{settings.signer_key_file} holds no private key.", "Write 0x and 64 hex digits."
        ) from error


def sweep(database: Transactions) -> bool:
    """Drop what has served its time; there is never more at once."""
    Items(database, "sweep").each(
        ("answers", "days", "keys", "looks", "sessions", "webhooks"), str, lambda what: _swept(database, what)
    )
    return False


def _swept(database: Transactions, what: str) -> bool:
    with database.transaction() as tx:
        match what:
            case "answers":
                rows = work.forget_old_answers(tx)
            case "days":
                rows = receipts.forget_old_days(tx)
            case "keys":
                rows = access_keys.forget(tx)
            case "looks":
                rows = looks.forget(tx)
            case "webhooks":
                rows = webhooks.forget(tx)
            case _:
                rows = sessions.forget(tx)
    if rows:
        _log.info("engine.swept", what=what, rows=rows)
    return False


class _Server(uvicorn.Server):
    """Says where it listens, once it does; those who wait are answered before it stops."""

    def __init__(self, config: uvicorn.Config, settings: ApiSettings, waiting: Waiting) -> None:
        super().__init__(config)
        self._settings = settings
        self._waiting = waiting

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Let nobody wait any longer, then stop."""
        self._waiting.close()
        await super().shutdown(sockets)  # pyright: ignore[reportArgumentType]

    async def startup(self, sockets: list[object] | None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Start listening and tell."""
        await super().startup(sockets)  # pyright: ignore[reportArgumentType]
        if not self.started:
            return
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        if self._settings.ready_file is not None:
            aside = self._settings.ready_file.with_suffix(".new")
            aside.write_text(f"{host} {port}\n")
            aside.replace(self._settings.ready_file)
        _log.info("coordinator.listening", host=host, port=port)
