"""The explorer's settings: environment variables with the prefix ``TALLY_``; secrets come from files."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from audit_explorer.security import ENDPOINT
from metrics.catalogue import LOCAL


class ExplorerSettings(BaseSettings):
    """``database_url_file`` holds the read-only login's URL; without ``trust_file`` only a bundle's form is checked.

    ``coordinator_url`` is where readers' tokens are good: without it nobody can sign in, and pages tell outcomes alone.

    ``rpc_url`` is the regulator's own chain endpoint: it vouches for the last block of a bundle where the chain's blocks
    carry no validators' seals.
    """

    model_config = SettingsConfigDict(env_prefix="TALLY_", frozen=True, extra="ignore")

    database_url_file: Path
    coordinator_url: str | None = None
    trust_file: Path | None = None
    rpc_url: str | None = None
    page_endpoints: tuple[Annotated[str, Field(pattern=f"^{ENDPOINT}$")], ...] = ()
    """Chain endpoints that the page which verifies in the browser may ask, where its reader chooses one; by default none."""
    desk: Literal["off", "beside", "forwarded"] = "off"
    """Whether participants' pages are served: ``beside`` where a reverse proxy puts the coordinator's `/v1` on this origin,
    ``forwarded`` where the explorer passes `/v1` on to ``coordinator_url`` itself. They need ``trust_file``."""
    wallet_rpc_url: str | None = None
    """The chain endpoint that a participant's wallet is offered where it does not know the chain."""
    passkey_accounts: str | None = Field(default=None, pattern=r"^0x[0-9a-fA-F]{40}$")
    """What makes accounts for passkeys, as `tally deploy` prints it (PasskeyAccounts): with it, participants' pages offer passkeys
    to people who have no wallet. The pages derive every account's address from it, whatever the coordinator says."""
    demo_wallets_file: Path | None = None
    """Wallets for trying participants' pages out, as JSON (party: key): whoever opens the pages has these keys. For pages of this
    machine alone (``host``)."""
    path_prefix: str = Field(default="", pattern=r"^(/[A-Za-z0-9._~-]+)*$")
    """The path below which a reverse proxy serves these pages (`/tally`); the proxy takes it off."""
    publish: Literal["nothing", "everything"] = "nothing"
    """What everybody reads who reaches the pages. With ``nothing`` parties sign in and read what concerns them, regulators all."""
    law_policy_file: Path | None = None
    """The consortium's file of what is asked at least of data by level and kind (`tally law policy`); unset: the default."""
    host: str = "127.0.0.1"
    port: int = Field(default=8001, ge=0, le=65535)
    metrics_host: str = LOCAL
    """Where a monitor reads; no login guards it, so another address belongs to a network that only the monitor shares."""
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Port of its own for `/metrics`; unset: nobody is told."""
    requests_per_minute: int = Field(default=6000, ge=1)
    """Per client address; a report to print counts as a hundred."""
    proxies: int = Field(default=0, ge=0, le=4)
    """How many trusted proxies stand in front and append to X-Forwarded-For; 0 takes the peer's address."""
    ready_file: Path | None = None
    """Written (`host port`) once the process listens: for those who start it with port 0."""
    pool_size: int = Field(default=4, ge=1, le=64)
