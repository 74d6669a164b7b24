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
    "multiply": "TLS and transcript hashes are 4 of 16 ms: plain, it is 2.0 times SPU, which does neither.",
    "full_segments": "against stock MPyC, whose seconds are those of a tenth of the steps, multiplied: not profiled apart from the "
    "accurate sigmoid's row, with which it shares the comparison, the gradient and the links.",
    "mini_linear": "against stock MPyC: 90 steps of one small product each; a round trip and Python around it are the time.",
    "mini_segments": "against stock MPyC: as for the accurate sigmoid, Python around small operations, in every step nine turns of the loop.",
}
