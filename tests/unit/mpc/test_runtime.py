"""What importing the runtime does (nothing), and that every error code leads to a reason people can read."""

import subprocess
import sys

from mpc.link.errors import CODES, LinkError
from protocol.reasons import BY_CODE
from tests.patience import scaled


def test_importing_the_runtime_imports_no_mpyc_and_leaves_pickle_alone() -> None:
    code = (
        "import sys, pickle; from mpc import runtime; "
        "print('mpyc' in sys.modules, pickle.loads(pickle.dumps(1)), len(sys.argv))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "-M3"], capture_output=True, text=True, timeout=scaled(30), check=True
    )
    assert done.stdout == "False 1 2\n"


def test_every_link_error_code_has_a_fix_and_a_reason_for_the_chain() -> None:
    for code, (fix, reason) in CODES.items():
        assert code.startswith("link.")
        assert fix.endswith(".")
        assert reason in BY_CODE
        error = LinkError(code, "bob", "connect", "It broke.", refused=["a: 1"])
        assert (error.code, error.peer, error.phase, error.reason) == (code, "bob", "connect", reason)
        assert dict(error.details) == {"peer": "bob", "phase": "connect", "refused": ["a: 1"]}
