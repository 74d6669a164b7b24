"""One compute party as a real process: ``python party.py '<json>'`` runs a body in a session over pinned TLS links.

The JSON: ``name``, ``names`` (the committee), ``ports``, ``outside`` (owners not on it), ``body`` (``workflow`` or ``arrays``), ``folder`` (results go there), ``total``
(seconds), and for workflows ``steps``, ``outputs``, ``data_sets``, ``deadline``, ``die_in`` (a phase in which ``die_name`` exits).
Tables are read from ``folder/<data set>.json``. The last line of standard output is a JSON object: ``ok`` or ``error``.
"""

import json
import os
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.runtime import Session, run_session
from mpc.workflow.digest import ENGINE
from mpc.workflow.graph import DataSet, Workflow
from mpc.workflow.runner import run_workflow
from mpc.workflow.values import PrivateTable
from protocol.contract import Step
from protocol.errors import TallyError


def node_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"node " + name.encode()).digest())


def config(spec: dict[str, Any]) -> SessionConfig:
    parties = tuple(
        PeerConfig(name, "127.0.0.1", port, node_key(name).public_key().public_bytes_raw())
        for name, port in zip(spec["names"], spec["ports"], strict=True)
    )
    computes = spec["name"] in spec["names"]
    return SessionConfig(
        task=bytes(32),
        name=spec["name"],
        parties=parties,
        owners=tuple(
            PeerConfig(name, "", 0, node_key(name).public_key().public_bytes_raw()) for name in spec.get("outside", ())
        ),
        bind_host="127.0.0.1" if computes else "",
        bind_port=spec["ports"][spec["names"].index(spec["name"])] if computes else 0,
        node_private_key=node_key(spec["name"]),
        program_digest=bytes(32),
        engine=ENGINE,
        engine_digest=bytes(32),
        timeouts=LinkTimeouts(connect=spec.get("connect", 20.0), message=30.0, total=spec["total"], close=1.0),
    )


def workflow_of(spec: dict[str, Any]) -> Workflow:
    steps = tuple(
        Step(
            s["id"], s["program"], tuple(s["parameters"].items()), tuple((k, tuple(v)) for k, v in s["inputs"].items())
        )
        for s in spec["steps"]
    )
    return Workflow(
        tuple(spec["names"]),
        tuple(DataSet(name, owner, tuple(columns)) for name, owner, columns in spec["data_sets"]),
        steps,
        tuple(spec["outputs"]),
        spec.get("minimum_group", 0),
        readers=tuple(spec.get("readers", ())),
    )


async def workflow(session: Session, spec: dict[str, Any]) -> dict[str, Any]:
    folder = Path(spec["folder"])
    flow = workflow_of(spec)
    tables: dict[str, PrivateTable] = {}
    for data_set in flow.data_sets:
        if data_set.owner == spec["name"]:
            found = json.loads((folder / f"{data_set.name}.json").read_text())
            columns = {
                key: np.array(values, dtype=object if isinstance(values[0], str) else np.float64)
                for key, values in found["columns"].items()
            }
            tables[data_set.name] = PrivateTable(tuple(found["ids"]), columns)
    _keep_alignment(folder, spec["name"])
    started = time.monotonic()
    result = await run_workflow(session, flow, tables, deadline=spec["deadline"])
    for output in result.outputs:
        (folder / f"{output.name}.{spec['name']}.share").write_bytes(output.data)
    return {
        "seconds": time.monotonic() - started,
        "backend": result.mpc.backend,
        "aligned": len(result.alignment),
        "outputs": [[o.name, o.shape, o.fraction_bits] for o in result.outputs],
        "steps": [
            [s.step, s.program, s.milliseconds, s.bytes_sent, s.elements_opened, s.disclosed] for s in result.steps
        ],
    }


def _keep_alignment(folder: Path, name: str) -> None:
    """The rows' order is private to owners; the oracle needs it."""
    from mpc.programs.alignment.psi_align import run as psi_align

    original = psi_align._aligned

    def keep(source: Any, order: Any) -> Any:
        if source.table is not None:
            ids = [source.table.ids[row] for row in order]
            (folder / f"{source.data_set}.{name}.order").write_text(json.dumps(ids))
        return original(source, order)

    psi_align._aligned = keep


async def body(session: Session, spec: dict[str, Any]) -> dict[str, Any]:
    if spec["body"] == "workflow":
        return await workflow(session, spec)
    sys.path.insert(0, str(Path(__file__).parent))
    import array_cases

    return await array_cases.run(session, spec["seed"], spec["kind"])


def main() -> None:
    spec = json.loads(sys.argv[1])

    def watch(phase: str, step: int, total: int) -> None:
        if phase == spec.get("die_in") and spec["name"] == spec["die_name"]:
            os._exit(9)

    try:
        outcome = run_session(config(spec), lambda session: body(session, spec), on_progress=watch)
        print(
            json.dumps({"ok": outcome.value, "bytes_sent": outcome.bytes_sent, "links": len(outcome.transcripts)}),
            flush=True,
        )
    except TallyError as error:
        print(json.dumps({"error": error.code, "what": error.what, "details": dict(error.details)}), flush=True)
    except BaseException:
        traceback.print_exc()
        raise


if __name__ == "__main__":
    main()
