"""Settings of the two processes: one frozen class each, read once from ``TALLY_*`` variables; secrets are files.

Every secret's file must be readable by its owner only.
"""

import secrets
import stat
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from metrics.catalogue import LOCAL
from orchestrator.dispatch.mailing import MailServer
from protocol import ids
from protocol.errors import FormatError
from protocol.law.policy import DEFAULT, Policy
from protocol.plans import PARTY_MEMORY

_SECRET_LIMIT = 64 * 1024
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
S = TypeVar("S", bound="_Common")


class _Common(BaseSettings):
    """What both processes need."""

    model_config = SettingsConfigDict(env_prefix="TALLY_", frozen=True, extra="ignore")

    database_url_file: Path
    """File with the PostgreSQL URL (`postgresql://user:password@host/db`)."""
    deployment_file: Path
    """Deployment file written by `tally` at deployment."""
    rpc_url: str
    """The coordinator's own chain endpoint."""
    scheduler: str = "platform"
    """Name of the party as which the coordinator starts tasks."""
    log_level: str = "info"
    metrics_host: str = LOCAL
    """Where a monitor reads; no login guards it, so another address belongs to a network that only the monitor shares."""
    metrics_port: Annotated[int | None, Field(ge=0, le=65535)] = None
    """Port of its own for `/metrics`; unset: nobody is told. 0 takes any free one, which `metrics.listening` names in the log."""
    webhook_hosts: tuple[Annotated[str, Field(pattern=r"^@?[a-z0-9.:-]{1,260}$")], ...] = ()
    """Hosts (`host` or `host:port`, a JSON list) for which the operator vouches: webhooks to them may use http and networks that
    are not public. All others are https to public addresses. `@domain` lets mail go to mailboxes of that domain."""

    def database_url(self) -> str:
        """The database URL."""
        return read_secret(self.database_url_file)


class ApiSettings(_Common):
    """``tally coordinator api``."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 takes any free port; the process prints `coordinator.listening` with it."""
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    pool_size: Annotated[int, Field(ge=1, le=100)] = 8
    most_body: Annotated[int, Field(ge=65_536)] = 1024 * 1024
    """Largest request body in bytes, receipts aside."""
    most_receipt: Annotated[int, Field(ge=65_536)] = 32 * 1024 * 1024
    """Largest receipt body in bytes."""
    requests_per_minute: Annotated[int, Field(ge=1)] = 6000
    """Per client address."""
    proxies: Annotated[int, Field(ge=0, le=4)] = 0
    """How many trusted proxies stand in front and append to X-Forwarded-For; 0 takes the peer's address."""
    enrolment: Literal["open", "invited"] = "open"
    """Whether anybody may apply, or only who has an invitation."""
    public_url: str | None = None
    """Where browsers reach the API (`https://host[:port][/prefix]`, below which `/v1` is): it stands in the messages that
    wallets sign to sign in, so that nobody can have one signed elsewhere. Without it nobody signs in."""
    session_hours: Annotated[int, Field(ge=1, le=24)] = 8
    """How long a session lasts."""
    session_key_file: Path | None = None
    """File (0600) with at least 32 characters that all processes serving this address share; without one a process seals
    for itself, and a sign-in ends at the process at which it began."""
    ready_file: Path | None = None
    """Written (`host port`) once the process listens: for those who start it with port 0."""
    longest_notice_days: Annotated[int, Field(ge=1, le=3650)] = 30
    shortest_notice: Annotated[int, Field(ge=0)] = 60
    """Seconds that consent is expected to take at least; preflight adds the estimated running time."""
    party_memory: Annotated[int, Field(ge=256 * 1024**2)] = PARTY_MEMORY
    """Bytes of memory that every compute party has for a task; preflight refuses what needs more."""
    law_policy_file: Path | None = None
    """The consortium's file of what is asked at least of data by level and kind (`tally law policy`); unset: the default."""


def legal_policy(settings: ApiSettings) -> Policy:
    """The policy of the file that the settings name; ``law.policy_missing`` where it cannot be read."""
    if settings.law_policy_file is None:
        return DEFAULT
    try:
        return Policy.from_toml(settings.law_policy_file.read_bytes())
    except OSError as error:
        raise FormatError(
            "law.policy_missing",
            f"{settings.law_policy_file} cannot be read: {error.strerror}.",
            "Correct TALLY_LAW_POLICY_FILE, or unset it for the default.",
        ) from error


class EngineSettings(_Common):
    """``tally coordinator engine``."""

    state_dir: Path | None = None
    """Folder (0700) for the sender's outstanding transactions; without one they are looked up on chain after a kill."""
    signer_key_file: Path
    """File with the scheduler's node signer or wallet key, 0x and 64 hex digits."""
    brokers_file: Path
    """File with broker addresses, see `orchestrator.dispatch.broker`."""
    broker_admin_file: Path | None = None
    """File with the broker's administration, see `orchestrator.dispatch.issuing`; without one, the operator makes parties'
    broker users by hand."""
    witnesses_file: Path | None = None
    """C2SP tlog-policy; the witnesses in it that have a URL are asked to cosign every log's head (`tally witness`)."""
    interval: Annotated[float, Field(gt=0, le=60)] = 0.25
    """Seconds between looks at the chain and the database while things happen; when nothing does, looks become rarer."""
    pool_size: Annotated[int, Field(ge=4, le=100)] = 10
    smtp_host: Annotated[str, Field(pattern=r"^[a-z0-9.:-]{1,253}$")] | None = None
    """The mail server through which parties are told what waits for them (`tally webhook add mailto:…`, to the domains that
    `TALLY_WEBHOOK_HOSTS` names as `@domain`); unset: no mail is sent."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """`tls` from the first byte (port 465), or `starttls`, without which nothing is said; `none` for a relay on this machine alone."""
    smtp_user: str = ""
    smtp_password_file: Path | None = None
    mail_from: Annotated[str, Field(pattern=r"^[a-z0-9._+-]{1,64}@[a-z0-9.-]{1,253}$")] | None = None
    """The mailbox as which mail is sent."""


def from_environment(cls: type[S]) -> S:
    """A process's settings; ``settings.incomplete`` names what is missing or wrong, never its value."""
    try:
        return cls()  # pyright: ignore[reportCallIssue] - the environment gives the fields
    except ValidationError as error:
        names = sorted({"TALLY_" + "_".join(str(part) for part in item["loc"]).upper() for item in error.errors()})
        raise FormatError(
            "settings.incomplete",
            f"Missing or wrong: {', '.join(names)}.",
            "Set them; see the fields of orchestrator/settings.py.",
        ) from None


def read_secret(path: Path) -> str:
    """Text of a secret file, stripped; refuses files that others can read. The value is never part of an error."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise FormatError("secret.open", f"{path} can be read by others.", f"chmod 600 {path}")
        text = path.read_bytes()[:_SECRET_LIMIT].decode("utf-8").strip()
    except OSError as error:
        raise FormatError("secret.missing", f"{path} cannot be read: {error.strerror}.", "Write it.") from error
    except UnicodeDecodeError as error:
        raise FormatError("secret.malformed", f"{path} is no text.", "Write it again.") from error
    if not text:
        raise FormatError("secret.empty", f"{path} is empty.", "Write it.")
    return text


def session_key(settings: ApiSettings) -> bytes:
    """The key that seals messages to sign in."""
    if settings.session_key_file is None:
        return secrets.token_bytes(32)
    text = read_secret(settings.session_key_file)
    if len(text) < 32:
        raise FormatError(
            "secret.malformed", f"{settings.session_key_file} is too short.", "Write 64 random hex digits."
        )
    return sha256(text.encode()).digest()


def scheduler_name(settings: _Common) -> str:
    """The scheduler's party name, checked."""
    return ids.name(settings.scheduler, "TALLY_SCHEDULER")


def mail_server(settings: EngineSettings) -> MailServer | None:
    """The mail server, None for none; ``settings.mail`` for one that cannot be used, or not safely."""
    if settings.smtp_host is None:
        return None
    if settings.mail_from is None:
        raise FormatError("settings.mail", "Nobody is named as whom to send mail.", "Set TALLY_MAIL_FROM.")
    if settings.smtp_security == "none" and settings.smtp_host not in _THIS_MACHINE:
        raise FormatError(
            "settings.mail",
            "Mail would go over the network unencrypted.",
            "Set TALLY_SMTP_SECURITY to starttls or tls; none is for a relay on this machine.",
        )
    password = "" if settings.smtp_password_file is None else read_secret(settings.smtp_password_file)
    if bool(settings.smtp_user) != bool(password):
        raise FormatError(
            "settings.mail",
            "A user without a password, or the other way round.",
            "Set both: TALLY_SMTP_USER and _PASSWORD_FILE.",
        )
    return MailServer(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.mail_from, settings.smtp_user, password
    )
