"""The record types of ``protocol/``, found by walking its modules: nobody can forget to list one."""

import importlib
import pkgutil
from typing import Final, TypeVar

import protocol
from protocol import typed
from protocol.fields import Document, Fields

T = TypeVar("T")
ABSTRACT: Final[tuple[type, ...]] = (Fields, Document, typed.Typed)


def records_of(base: type[T]) -> tuple[type[T], ...]:
    """Every record type below ``base``, in the order of modules and names."""
    found: dict[str, type[T]] = {}
    for item in pkgutil.walk_packages(protocol.__path__, "protocol."):
        module = importlib.import_module(item.name)
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                found[f"{value.__module__}.{value.__name__}"] = value
    return tuple(found[name] for name in sorted(found) if found[name] not in (base, *ABSTRACT))
