"""Many outside owners of one run in one process, each with a session and a thread of its own: ``many_owners.py '<json>'``.

The JSON is party.py's, with ``outside`` for ``name``. An owner outside the committee needs no MPyC, so they can share one.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import party

from mpc.runtime import run_session
from protocol.errors import TallyError


def owner(spec: dict[str, Any]) -> dict[str, Any]:
    try:
        outcome = run_session(party.config(spec), lambda session: party.body(session, spec))
    except TallyError as error:
        return {"error": error.code, "what": error.what, "details": dict(error.details)}
    return {"ok": outcome.value, "links": len(outcome.transcripts)}


def main() -> None:
    spec = json.loads(sys.argv[1])
    specs = [{**spec, "name": name} for name in spec["outside"]]
    with ThreadPoolExecutor(len(specs)) as pool:
        print(json.dumps(dict(zip(spec["outside"], pool.map(owner, specs), strict=True))), flush=True)
    assert "mpyc" not in sys.modules


if __name__ == "__main__":
    main()
