"""Files of ``shared/data/practice`` beside the repository that a task is proposed over, and the world that proposes it."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mpc.programs.catalogue import find
from protocol import ids
from protocol.contract import Input, Output, Parameter, RowFilter, Step, TaskContract
from tests.unit.workers.world import World, release
from workers.chain_view import DataSetFacts
from workers.data_sets import StoredVersion, draw_reference
from workers.sources.schema import FORMAT, Schema

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "practice"


def add(world: World, owner: str, file: Path, schema: Schema) -> StoredVersion:
    """Add a file at its owner's node and register it on the world's chain."""
    node = world.nodes[owner]
    stored = node.store.add(file, schema, draw_reference(owner), 1, "consent [ref 00]")
    node.state.add_data_set(stored.data_set, 1, stored.input_root, stored.rows, world.now)
    descriptor = stored.schema.descriptor(stored.data_set, 1, owner, stored.rows)
    world.chain.sets[stored.data_set, 1] = DataSetFacts(
        ids.on_chain(owner), descriptor.digest(), stored.input_root, stored.rows, active=True
    )
    world.stored[owner] = stored
    return stored


def practice(world: World, owner: str, name: str) -> StoredVersion:
    """One of the files, with its own schema."""
    if not FOLDER.is_dir():
        pytest.skip(f"needs the practice files in {FOLDER}")
    found: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) | {"format": FORMAT}
    return add(world, owner, FOLDER / f"{name}.csv", Schema.parse(found))


HOSPITAL: list[dict[str, Any]] = [
    {"name": "patient_id", "kind": "identifier"},
    {"name": "age", "kind": "integer", "low": "0", "high": "120"},
    {"name": "malignant", "kind": "integer", "low": "0", "high": "9"},
]
LABORATORY: list[dict[str, Any]] = [
    {"name": "patient_id", "kind": "identifier"},
    {"name": "marker", "kind": "decimal", "low": "-100", "high": "100", "scale": 2},
]


def made(world: World, owner: str, columns: list[dict[str, Any]], row: Callable[[int], str]) -> StoredVersion:
    """A table of 120 rows that needs no file from elsewhere: ``row`` gives its cells after the id."""
    head = {"format": FORMAT, "title": {"en": "t", "zh": "t"}, "data_level": 3, "sensitive": []}
    file = world.folder / f"{owner}-made.csv"
    names = ",".join(str(column["name"]) for column in columns)
    file.write_text(names + "\n" + "".join(f"Q{at:04},{row(at)}\n" for at in range(120)))
    return add(world, owner, file, Schema.parse({**head, "columns": columns}))


def step(
    name: str, program: str, parameters: dict[str, Parameter] | None = None, **inputs: str | tuple[str, ...]
) -> Step:
    given = find(program).published().check_parameters(tuple((parameters or {}).items()))
    sources = tuple((port, (v,) if isinstance(v, str) else v) for port, v in sorted(inputs.items()))
    return Step(name, program, tuple(sorted(given.items())), sources)


def training(
    world: World, features: dict[str, tuple[str, ...]], label: str, *, filters: dict[str, tuple[RowFilter, ...]] | None = None,
    **changes: Any,
) -> TaskContract:  # fmt: skip
    """Align, standardise, fit: ``features`` by owner; the hospital has the label."""
    sets = sorted((world.stored[owner].data_set, owner) for owner in features)
    steps = (
        step("align", "psi.align@1.0.0", tables=tuple(name for name, _ in sets)),
        step("scale", "feature.standardize@1.0.0", tables="align.aligned", label=f"align.aligned.{label}"),
        step("fit", "glm.logistic@1.0.0", features="scale.features", label=f"align.aligned.{label}"),
    )
    for program in {item.program for item in steps} - world.chain.releases.keys():
        world.chain.releases[program] = release(b"\1" * 32)
    return world.contract(
        inputs=tuple(
            Input(name, 1, owner, tuple(sorted((*features[owner], *([label] if owner == "hospital" else [])))),
                  (filters or {}).get(owner, ()))
            for name, owner in sets
        ),
        steps=steps,
        outputs=(Output("fit.coefficients", ("hospital",)),),
        deadline=world.now + 100_000,
        **changes,
    )  # fmt: skip
