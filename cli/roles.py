"""Which role of an installation a command or a part of the library belongs to: the extra of the distribution that brings what it imports."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tallystick.asynchronous": "client",
        "tallystick.client": "client",
        "tallystick.log_keys": "client",
        "tallystick.opening": "client",
        "tallystick.row_opening": "client",
        "tallystick.verification": "client",
        "cli.participant": "client",
        "cli.applying": "client",
        "cli.wallet": "client",
        "cli.task": "client",
        "cli.token": "client",
        "cli.webhook": "client",
        "cli.authorization": "client",
        "cli.admission": "client",
        "cli.admitting": "client",
        "cli.clear_signing": "client",
        "cli.deploy": "client",
        "cli.passkey": "client",
        "cli.releases": "client",
        "cli.conditions": "client",
        "cli.publication": "node",
        "cli.own_node": "node",
        "cli.dataset": "node",
        "cli.lookup": "node",
        "cli.node": "node",
        "cli.reading": "node",
        "cli.result": "node",
        "cli.session": "node",
        "tallystick.answer_receipts": "node",
        "tallystick.own_node": "node",
        "tallystick.frames": "pandas",
        "cli.coordinator": "coordinator",
        "cli.doctor": "coordinator",
        "cli.explorer": "explorer",
        "cli.report": "explorer",
        "cli.stack": "demo",
        "cli.demo": "demo",
    }
)
"""Module → extra. A module that is not named here works in the bare installation, as `tally verify` does."""
