"""Unpickling in a disarmed process: run in a child, because an audit hook cannot be taken out again."""

import subprocess
import sys

import pytest

from tests.patience import scaled

_PREPARE = """
import pickle, _pickle, io, sys
loads, Unpickler = pickle.loads, pickle.Unpickler   # references from before
class Evil:
    def __reduce__(self): return (print, ("EXECUTED",))
data = pickle.dumps(Evil())
plain = pickle.dumps([1, 2])
from mpc.backends.mpyc import no_pickle
no_pickle.disarm(); no_pickle.disarm()
def attempt(f):
    try: f()
    except no_pickle.UnpicklingRefusedError: print("refused")
"""


@pytest.mark.parametrize(
    "call",
    [
        "pickle.loads(data)",
        "pickle.loads(plain)",
        "pickle.load(io.BytesIO(data))",
        "pickle._loads(data)",
        "pickle.Unpickler(io.BytesIO(data)).load()",
        "pickle._Unpickler(io.BytesIO(data)).load()",
        "loads(data)",
        "Unpickler(io.BytesIO(data)).load()",
        "_pickle.loads(data)",
        "_pickle.Unpickler(io.BytesIO(data)).load()",
    ],
)
def test_every_way_to_unpickle_is_refused(call: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{_PREPARE}\nattempt(lambda: {call})"],
        capture_output=True,
        text=True,
        timeout=scaled(30),
        check=True,
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_library_may_still_derive_from_the_unpickler() -> None:
    code = _PREPARE + "\nclass Mine(pickle._Unpickler):\n    dispatch = pickle._Unpickler.dispatch.copy()\nprint('ok')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=scaled(30), check=True)
    assert (done.stdout, done.stderr) == ("ok\n", "")
