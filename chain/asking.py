"""One question to a child process of its own: what it costs is the child's, and however it ends the parent goes on."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


def ask(command: Sequence[str], question: bytes, seconds: float) -> bytes | None:
    """What ``command`` writes about ``question``; None when it fails or takes longer than ``seconds``, and then it is gone.

    The child gets no setting of ours but the path to our packages, so that no secret of the parent's is with it.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, input=question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/",
            start_new_session=True, timeout=seconds, check=False,
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout if done.returncode == 0 else None
