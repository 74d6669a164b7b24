"""Where a target is missed, what the limit is: measured and explained. By row key, or ``"key, 5 ms"`` for one delay."""

from typing import Final

LIMITS: Final[dict[str, str]] = {
    "psi": "an owner's time is work on each id in Python (`python -m benchmarks profile psi`): half of it is the keyed "
    "digest (BLAKE2s copied, updated and finished per id), a third the normalisation of ids; matching at the helper is a tenth.",
}
