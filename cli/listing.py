"""Moments as people write them."""

import time


def moment(at: int) -> str:
    """A unix time in the reader's own time zone, with its offset."""
    return time.strftime("%Y-%m-%d %H:%M %z", time.localtime(at))
