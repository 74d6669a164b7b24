"""Where a target is missed, what the limit is: measured and explained, not apologised for. Empty where all is reached."""

from typing import Final

LIMITS: Final[dict[str, str]] = {}
