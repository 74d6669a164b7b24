"""Holds the running API against its own OpenAPI document with made-up requests: ``python -m tools.api_checks [SECONDS [SEED]]``.

A whole system is started in a temporary folder; Schemathesis (in an environment of its own) sends it valid and broken requests
of every operation, with a participant's token, for so many seconds (default: 600). An answer of 5xx, of a status, type or shape
that the document does not have, or a broken request that is taken, is a finding.
"""

import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from eth_typing import Hash32

from demo.data import split
from demo.system import System
from orchestrator.api.app import OPENAPI
from protocol import access
from protocol.typed import Access
from tools.other_environment import environment

PARTY: Final = "hospital"
CHECKS: Final = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "negative_data_rejection", "unsupported_method",
)  # fmt: skip
SETTINGS: Final = """
[checks]
# 414 too: an address that is too long is refused before it is read
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "429"]
"""
_STREAMS: Final = "/events$"
"""Streams answer as long as they last; their parameters have tests of their own."""
_RATE: Final = "5000/m"
"""Below the API's own limit a client: a refusal for that would hide the answer."""


def token(system: System) -> str:
    """An access token of a participant's wallet, for everything, for as long as one may live."""
    message = Access(PARTY, access.EVERYTHING, int(time.time()) + access.MAX_LIFETIME - 60, secrets.randbits(256))
    digest = message.digest(system.deployment.domain("Tasks"))
    signed = system.wallet_account(PARTY).unsafe_sign_hash(Hash32(digest))
    return access.header(message, bytes(signed.signature))


def main(arguments: Sequence[str]) -> int:
    """Run for so many seconds; exit code 1 when something was found."""
    seconds = int(arguments[0]) if arguments else 600
    seed = ["--seed", arguments[1]] if len(arguments) > 1 else []
    command = environment("api-checks") / "bin" / "schemathesis"
    state = Path(tempfile.mkdtemp(prefix="tally-api-", dir="/tmp"))
    state.chmod(0o711)  # as root, the database is another user who must pass through
    system = System(state, dict(zip(("hospital", "laboratory"), split(), strict=True)), work=2**14)
    try:
        with system:
            settings = state / "schemathesis.toml"
            settings.write_text(SETTINGS, "utf-8")
            run = [
                command, "--config-file", settings, "run", OPENAPI, "--url", system.api_url, "--header", f"Authorization: {token(system)}",
                "--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--checks", ",".join(CHECKS),
                "--exclude-path-regex", _STREAMS, "--rate-limit", _RATE, "--continue-on-failure", "--no-color", *seed,
            ]  # fmt: skip
            return subprocess.run([str(part) for part in run], cwd=state, check=False).returncode and 1
    finally:
        system.erase()
        shutil.rmtree(state, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
