"""A file of settings for one party, so that its commands need no options."""

import os
from pathlib import Path

from tallystick import settings


def apply(path: Path) -> None:
    """Take a file's settings for this process; they go before those of the environment, and options before them."""
    os.environ.update(settings.read(path))
