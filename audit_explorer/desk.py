"""Participants' pages: one shell that runs our bundle, and the way to the coordinator's API where the explorer is that way, too.

The shell says which deployment this is, from the operator's own trust root: what the coordinator answers is compared with it.
Everything else is the browser's and the wallet's business (``web/src/desk/``).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self, cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from audit_explorer.forwarding import METHODS, Forwarding
from audit_explorer.security import ASKING
from audit_explorer.settings import ExplorerSettings
from audit_explorer.words import Language
from protocol import ids
from protocol.errors import FormatError
from protocol.trust import Trust

Render = Callable[..., HTMLResponse]
"""Fills in a template: request, template, language, status, and what it says."""
_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
CONTRACTS: Final = ("Consents", "Tasks")
"""The contracts for which a participant signs here."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What participants' pages need: the deployment, the way to the API (None: a proxy's), and an endpoint for wallets."""

    trust: Trust
    forwarding: Forwarding | None
    wallet_rpc: str | None = None
    prefix: str = ""
    passkey_accounts: str = ""
    """What makes accounts for passkeys (lower case); "" where the pages offer none."""
    demo_wallets: str = ""
    """JSON of keys that everybody has who opens the pages; "" for none."""

    @classmethod
    def of(cls, settings: ExplorerSettings, trust: Trust | None) -> Self | None:
        """The pages where the settings ask for them; ``settings.desk`` where they lack what the pages need."""
        if settings.desk == "off":
            return None
        if trust is None:
            raise FormatError(
                "settings.desk", "Participants' pages need the trust root of the deployment.", "Set TALLY_TRUST_FILE."
            )
        forwarding = None
        if settings.desk == "forwarded":
            if settings.coordinator_url is None:
                raise FormatError("settings.desk", "There is no address to forward to.", "Set TALLY_COORDINATOR_URL.")
            forwarding = Forwarding(settings.coordinator_url)
        return cls(
            trust,
            forwarding,
            settings.wallet_rpc_url,
            settings.path_prefix,
            _checked_address(settings.passkey_accounts or ""),
            _demo_wallets(settings),
        )

    def forward(self, app: FastAPI) -> None:
        """Add the API, where the explorer passes it on: before all pages, whose first step is a language."""
        if self.forwarding is not None:
            app.add_api_route("/v1/{path:path}", self.forwarding.pass_on, methods=[*METHODS])

    def serve(self, app: FastAPI, render: Render, spoken: Callable[[str], Language]) -> None:
        """Add the pages."""

        def shell(request: Request, language: Language, page: str, task: str = "") -> Response:
            answer = render(
                request,
                "desk.html.j2",
                language,
                desk_page=page,
                task=task,
                desk_deployment=deployment_text(self.trust),
                desk_joining=joining_text(self.trust, self.passkey_accounts) if self.passkey_accounts else "",
                wallet_rpc=self.wallet_rpc or "",
                demo_wallets=self.demo_wallets,
            )
            answer.headers["content-security-policy"] = ASKING
            return answer

        @app.get("/{tongue}/desk")
        def inbox(request: Request, tongue: str) -> Response:
            return shell(request, spoken(tongue), "inbox")

        if self.passkey_accounts:

            @app.get("/{tongue}/desk/join")
            def join(request: Request, tongue: str) -> Response:
                return shell(request, spoken(tongue), "join")

        @app.get("/{tongue}/desk/propose")
        def propose(request: Request, tongue: str) -> Response:
            return shell(request, spoken(tongue), "propose")

        @app.get("/{tongue}/desk/mine")
        def mine(request: Request, tongue: str) -> Response:
            return shell(request, spoken(tongue), "mine")

        @app.get("/{tongue}/desk/tasks/{task}")
        def review(request: Request, tongue: str, task: str) -> Response:
            language = spoken(tongue)
            known = ids.prefixed("task", ids.unprefixed("task", task))
            if known != task:
                return RedirectResponse(f"{self.prefix}/{language}/desk/tasks/{known}", 303)
            return shell(request, language, "task", known)


def _demo_wallets(settings: ExplorerSettings) -> str:
    if settings.demo_wallets_file is None:
        return ""
    if settings.host not in _THIS_MACHINE:
        raise FormatError(
            "settings.demo_wallets",
            f"Demo wallets would hand their keys to everybody who reaches {settings.host}.",
            f"Serve them on {' or '.join(_THIS_MACHINE)} alone, or unset TALLY_DEMO_WALLETS_FILE.",
        )
    try:
        found = json.loads(settings.demo_wallets_file.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(
        isinstance(key, str) and re.fullmatch(r"0x[0-9a-f]{64}", key)
        for key in cast("dict[str, object]", found).values()
    ):
        raise FormatError("settings.demo_wallets", "The file holds no keys by party.", 'Write {"party": "0x…"}.')
    return json.dumps({ids.name(party, "party"): key for party, key in cast("dict[str, str]", found).items()})


def _checked_address(address: str) -> str:
    """Lower case; ``settings.passkey_accounts`` where its capitals are not its checksum: a slip would name nobody's contract."""
    if address and address != address.lower() and ids.checksum_address(bytes.fromhex(address[2:])) != address:
        raise FormatError(
            "settings.passkey_accounts",
            f"{address} is no address with its checksum (EIP-55).",
            "Copy it as `tally deploy` prints it, or write it in lower case.",
        )
    return address.lower()


def deployment_text(trust: Trust) -> str:
    """The deployment in the members of a deployment file, for what participants sign."""
    return _deployment(trust, {name: trust.address(name) for name in CONTRACTS})


def joining_text(trust: Trust, passkey_accounts: str) -> str:
    """The same for people who join with a passkey: where parties and data are registered, and what makes accounts."""
    contracts = {name: trust.address(name) for name in ("DataSets", "PartyRegistry")}
    contracts["PasskeyAccounts"] = passkey_accounts
    return _deployment(trust, contracts)


def _deployment(trust: Trust, contracts: dict[str, str]) -> str:
    return json.dumps(
        {
            "chain_id": str(trust.chain_id),
            "deployment_id": "0x" + trust.deployment.hex(),
            "contracts": contracts,
        }
    )
