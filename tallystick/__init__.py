"""What an integrator imports: submit, watch, consent, fetch, verify; everything else in this distribution is its inside.

    from tallystick import Client

    with Client.open("hospital.settings") as hospital:
        print(hospital.result("task_…")["fit.coefficients"])

A name is loaded when it is first used: the command line's bare installation shares parts of this package and has no HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from client.signing import Signer
    from protocol.errors import FormatError, RangeError, RefusedError, TallyError, UnavailableError, VerificationError
    from protocol.webhooks import WebhookEvent, verified_webhook
    from tallystick.asynchronous import AsyncClient
    from tallystick.client import Client
    from tallystick.consents import Asked, Consent
    from tallystick.draft import Draft, Made, Source

__all__ = [
    "Asked",
    "AsyncClient",
    "Client",
    "Consent",
    "Draft",
    "FormatError",
    "Made",
    "RangeError",
    "RefusedError",
    "Signer",
    "Source",
    "TallyError",
    "UnavailableError",
    "VerificationError",
    "WebhookEvent",
    "verified_webhook",
]
_ERRORS: Final = "protocol.errors"
_WEBHOOKS: Final = "protocol.webhooks"
_HOMES: Final = {
    "Asked": "tallystick.consents",
    "AsyncClient": "tallystick.asynchronous",
    "Client": "tallystick.client",
    "Consent": "tallystick.consents",
    "Draft": "tallystick.draft",
    "FormatError": _ERRORS,
    "Made": "tallystick.draft",
    "RangeError": _ERRORS,
    "RefusedError": _ERRORS,
    "Signer": "client.signing",
    "Source": "tallystick.draft",
    "TallyError": _ERRORS,
    "UnavailableError": _ERRORS,
    "VerificationError": _ERRORS,
    "WebhookEvent": _WEBHOOKS,
    "verified_webhook": _WEBHOOKS,
}


def __getattr__(name: str) -> object:
    """A public name, loaded now; where its packages are not installed, what to install."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(home), name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{name} needs the Python package {error.name}: install it with `pip install 'tallystick[client]'`. "
            f"缺少 Python 包 {error.name}：请运行 `pip install 'tallystick[client]'`。"
        ) from error
