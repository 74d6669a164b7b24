"""Long listings of the coordinator: all pages of them."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """One page, and where the next one begins."""

    @property
    def items(self) -> Sequence[T_co]:
        """What is on it."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """None on the last one."""
        ...


def pages(read: Callable[[str | None], Page[T_co]], cursor: str | None = None) -> list[T_co]:
    """The items of every page from a cursor on."""
    found: list[T_co] = []
    while True:
        page = read(cursor)
        found += page.items
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor
