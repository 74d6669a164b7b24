"""Make unpickling impossible in this process: the MPC child receives bytes from other parties and must never run them.

Two layers. The loading functions of :mod:`pickle` raise, and an audit hook (PEP 578) refuses the ``pickle.find_class``
event that every unpickler, also one reached through an older reference, raises before it looks up a callable. An
audit hook cannot be removed, so this is for child processes only.
"""

import pickle
import sys
from typing import Any, Final, NoReturn

_STATE: Final = {"disarmed": False}


class UnpicklingRefusedError(RuntimeError):
    """Somebody tried to unpickle in the MPC child."""


def disarm() -> None:
    """Refuse unpickling in this process from now on; calling it again changes nothing."""
    if _STATE["disarmed"]:
        return
    _STATE["disarmed"] = True
    for name in ("load", "loads", "_load", "_loads"):
        setattr(pickle, name, refuse)
    for name in ("Unpickler", "_Unpickler"):
        setattr(pickle, name, RefusingUnpickler)
    sys.addaudithook(_audit)


def refuse(*_: object, **__: object) -> NoReturn:
    """Stands where ``pickle.loads`` stood."""
    raise UnpicklingRefusedError("Unpickling is refused in the MPC child; peers' bytes go through mpc.codec.")


class RefusingUnpickler:
    """Stands where ``pickle.Unpickler`` stood; a class, so that libraries may still derive from it when imported."""

    def __init__(self, *_: object, **__: object) -> None:
        refuse()

    dispatch: Final[dict[int, Any]] = {}


def _audit(event: str, _: tuple[object, ...]) -> None:
    if event == "pickle.find_class":
        refuse()
