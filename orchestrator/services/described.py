"""What owners describe of the data sets of a task, for who may read its words: with what they declare of the law."""

from typing import Final

from orchestrator.services.registry import data_set_facts, require_party
from orchestrator.store.database import Transaction
from protocol.contract import TaskContract

_MOST: Final = 8 * 1024 * 1024
"""Bytes of descriptions in one answer; what would go beyond is left out, as what the reader may not read is."""


def of_task(tx: Transaction, contract: TaskContract, reader: str) -> tuple[bytes, ...]:
    """The descriptions, as far as their owners let ``reader`` read them (regulators read all), in the contract's order."""
    regulator = require_party(tx, reader).holds("regulator")
    found, size = list[bytes](), 0
    for item in contract.inputs:
        facts = data_set_facts(tx, item.data_set, item.version, None if regulator else reader)
        if facts is None or facts.descriptor is None:
            continue
        data = facts.descriptor.data()
        size += len(data)
        if size > _MOST:
            break
        found.append(data)
    return tuple(found)
