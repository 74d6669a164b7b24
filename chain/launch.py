"""Runs a program that cannot outlive its parent: ``python -I -S launch.py SIGNAL PARENT UID GID PROGRAM [ARG…]``.

A script of its own rather than ``preexec_fn``: Python code between fork and exec can deadlock in a process that has
threads. Standard library only and no project import, so that it starts in about 20 ms and works isolated (``-I``).

The kernel sends SIGNAL to the program as soon as the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), a
kill -9 of the parent included. A change of user clears that setting (kernel/cred.c), so the user comes first.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Becomes the program; returns only by an exception."""
    death_signal, parent, uid, gid = (int(text) for text in arguments[:4])
    program = arguments[4:]
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the line above: then no signal will ever come.
    if os.getppid() != parent:
        sys.exit("The parent ended before the program could start.")
    # What is ignored stays ignored after exec: Python ignores the first two, a shell the third for what it backgrounds.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.execv(program[0], program)  # noqa: S606 - a program of ours by its path, and no shell is the point


if __name__ == "__main__":
    main(sys.argv[1:])
