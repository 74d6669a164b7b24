"""Where a target is missed, what the limit is: measured and explained. By row key, or ``"key, 5 ms"`` for one delay."""

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "psi": "an owner's time is work on each id in Python (`python -m benchmarks profile psi`): half of it is the keyed "
    "digest (BLAKE2s copied, updated and finished per id), a third the normalisation of ids; matching at the helper is a tenth.",
    "mini_accurate": "a step of 1,024 rows is nine turns of the event loop, six messages and some 115 kernel calls at each party: "
    "Python around small operations, spread evenly (`python -m benchmarks profile mini_accurate`). Joining series, comparison "
    "and selection to one protocol and gradient and step to one truncation halved it; one kernel for the comparison's tree is next.",
    "full_accurate": "hashing, TLS and sockets are a fifth of the processor time; the factors of the sine series, 192 bytes for "
    "each row and step, are more than half of all bytes, and fewer terms would miss the error.",
}
