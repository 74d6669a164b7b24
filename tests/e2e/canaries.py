"""What is planted, and every secret of a run by name: the things that must stay where they were made."""

import base64
import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from demo.data import LABEL, Side
from demo.system import DATA_SETS
from protocol.commitments import SHARE_BYTES
from protocol.contract import TaskContract
from protocol.rows import RowHasher
from tests.e2e.search import guessable, spellings
from workers.data_sets import DataSetStore
from workers.node import load_settings
from workers.vault import Vault

ID = "ZQCANARY{}QX"
PURPOSE = "Zugvogelcanary study of tumours"
LEGAL_BASIS = "Nordlichtcanary consent of the patients"
_COLUMNS = {"hospital": ("mean_radius", "mean_area"), "laboratory": ("worst_radius", "worst_area")}
_EACH = 6
_SCALE = 10**7
_TELLING = 5
"""Different bytes that a number must have for its bytes to be found by more than chance."""


def plant(hospital: Side, laboratory: Side) -> tuple[dict[str, Side], dict[str, tuple[float, ...]]]:
    """The demo's tables with canary ids, and with numbers of canary digits for some common patients.

    A canary number is the true one to two decimals, then five digits of our own: the model stays what it is.
    """
    common = sorted(set(hospital.ids) & set(laboratory.ids))
    sides: dict[str, Side] = {}
    values: dict[str, tuple[float, ...]] = {}
    for owner, side in {"hospital": hospital, "laboratory": laboratory}.items():
        table, planted = np.array(side.values), list[float]()
        for number, name in enumerate(_COLUMNS[owner]):
            column = side.columns.index(name)
            for patient in common[number * _EACH : (number + 1) * _EACH]:
                row = side.ids.index(patient)
                tail = 73_901 + 1_917 * len(planted) + (11 if owner == "hospital" else 7)
                value = float(f"{int(table[row, column] * 100) / 100:.2f}{tail:05d}")
                assert abs(value - table[row, column]) < 0.02
                table[row, column] = value
                planted.append(value)
        sides[owner] = Side(tuple(ID.format(patient[2:]) for patient in side.ids), side.columns, table)
        values[owner] = tuple(planted)
    return sides, values


def with_words(contract: TaskContract) -> TaskContract:
    """The contract with canary words in its purpose and legal basis; their random references stay."""

    def say(words: str, old: str) -> str:
        return f"{words} {old[old.index('[ref ') :]}"

    return replace(
        contract,
        purpose=say(PURPOSE, contract.purpose),
        legal_basis=say(LEGAL_BASIS, contract.legal_basis),
    )


def id_forms(patient: str) -> Iterator[bytes]:
    """A patient's id, and unsalted hashes of it."""
    yield from spellings(patient.encode())
    yield from guessable(patient.encode())


def value_forms(value: float) -> Iterator[bytes]:
    """A feature's value as text, as the scaled integer of its column, as a float and in fixed point."""
    scaled = round(value * _SCALE)
    texts = (repr(value), str(scaled))
    fixed = (round(value * (1 << bits)) for bits in range(20, 41))
    numbers = (
        struct.pack("<d", value),
        struct.pack(">d", value),
        scaled.to_bytes(8, "little"),
        scaled.to_bytes(8, "big"),
        *(number.to_bytes(13, "little") for number in fixed),
    )
    yield from chain.from_iterable(spellings(text.encode()) for text in texts)
    yield from chain.from_iterable(spellings(number) for number in numbers)
    yield from chain.from_iterable(guessable(text.encode()) for text in texts)


def key_forms(key: bytes) -> Iterator[bytes]:
    """A secret key or salt: bytes in all spellings, reversed, and as a decimal number."""
    yield from spellings(key)
    yield from spellings(key[::-1])
    yield from spellings(str(int.from_bytes(key, "big")).encode())


def secret_keys(state: Path, wallets: dict[str, bytes]) -> dict[str, bytes]:
    """Every secret key, by a name that says whose it is: node keys, data set secrets, salts under them, wallets."""
    found = {f"wallet of {party}": key for party, key in wallets.items()}
    for party in ("hospital", "laboratory", "exchange"):
        folder = state / "nodes" / party
        _, keys = load_settings(folder)
        for kind in ("node_signer", "node_key", "seal_key", "storage_key"):
            found[f"{kind} of {party}"] = getattr(keys, kind)
        if party == "exchange":
            continue
        reference = json.loads((state / "data_sets.json").read_text())[party]
        stored = DataSetStore(folder / "data", Vault(keys.storage_key)).find(reference, 1)
        assert stored is not None
        found[f"data set secret of {party}"] = stored.secret
        hasher = RowHasher(stored.schema.committed(), stored.secret)
        for number in (0, 1, stored.rows - 1):
            row, cells = hasher.salts(number)
            found[f"salt of row {number} of {party}"] = row
            found[f"salt of cell 0 in row {number} of {party}"] = cells[0]
    return found


def passwords(state: Path) -> dict[str, bytes]:
    """Passphrases of keystores, and the passwords of broker and database."""
    found = {f"passphrase {path.name}": path.read_bytes().strip() for path in (state / "passphrases").iterdir()}
    broker = json.loads((state / "stack" / "broker" / "credentials.json").read_text())
    found |= {f"broker password of {name}": word.encode() for name, word in broker.items()}
    found["database password"] = (state / "stack" / "postgres" / "password").read_bytes().strip()
    return found


def result_forms(outputs: dict[str, Any]) -> dict[str, list[bytes]]:
    """A result file's outputs: values as text and floats, exact field elements, and the salts of the output shares."""
    found: dict[str, list[bytes]] = {}
    for source, output in outputs.items():
        forms: list[bytes] = []
        for value in _flat(output["values"]):
            packed = struct.pack("<d", value)
            forms += _decimals(abs(value))
            if len(set(packed) - {0}) >= _TELLING:
                forms += [*spellings(packed), *spellings(packed[::-1])]
        # an element of a small number is mostly zeros: only some in a row are like nothing else
        data = base64.b64decode(output["elements"])
        for start in range(0, len(data) - 4 * SHARE_BYTES + 1, SHARE_BYTES):
            row = data[start : start + 4 * SHARE_BYTES]
            if len(set(row) - {0, 0xFF}) >= _TELLING:
                forms += spellings(row)
        if forms:
            found[f"output {source}"] = forms
        for party, salt in zip(("exchange", "hospital", "laboratory"), output["salts"], strict=True):
            found[f"salt of {party}'s share of {source}"] = list(key_forms(bytes.fromhex(salt[2:])))
    return found


def words(contract: TaskContract, sides: dict[str, Side]) -> dict[str, list[bytes]]:
    """Everything that says what a task is about: names, columns, titles, purposes, legal bases, in words or hashed bare."""
    said = {
        PURPOSE,
        PURPOSE.split(maxsplit=1)[0],
        LEGAL_BASIS,
        LEGAL_BASIS.split(maxsplit=1)[0],
        contract.purpose,
        contract.legal_basis,
    }
    said |= {"Patients' written consent to research use", "diagnosis", "tumours", "written consent"}
    said |= {item.data_set for item in contract.inputs} | {short for short, _ in DATA_SETS.values()}
    said |= {text for _, title in DATA_SETS.values() for text in (title.english, title.chinese)}
    said |= {column for side in sides.values() for column in side.columns} | {"patient", LABEL}
    # the random reference inside makes these salted: their hashes are what the chain is meant to hold
    salted = {contract.purpose, contract.legal_basis, *(item.data_set for item in contract.inputs)}
    found = {word: list(spellings(word.encode())) for word in said}
    for word in said - salted:
        found[word] += guessable(word.encode())
    return found


def _decimals(value: float) -> Iterable[bytes]:
    """A number in full and cut to eight decimals, which no clock shows."""
    if len(repr(value)) >= 9:
        yield from spellings(repr(value).encode())
    cut = f"{value:.12f}"[:-4]
    if len(cut.strip("0.")) >= 6:
        yield from spellings(cut.encode())
        yield from spellings(f"{value:.8f}".encode())


def _flat(values: Any) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _flat(value)
    else:
        yield values
