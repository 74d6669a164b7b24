"""`tally result`: fetch, check and reconstruct a result with this party's own seal key."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Results, readable by their result users only.")


@app.command()
def fetch(
    task: Annotated[str, typer.Argument(help="The task's id (task_…).")],
    state: Annotated[Path, typer.Option("--state", envvar="TALLY_NODE_STATE", help="The node's state folder.")],
    out: Annotated[Path | None, typer.Option(help="Copy the result to this file (mode 0600).")] = None,
) -> None:
    """Fetch a result: every share is checked against its commitment on chain, and the result's hash attested."""
    from protocol import ids
    from workers import results
    from workers.node import open_desk
    from workers.outbox import Outbox

    task_id = ids.unprefixed("task", task)
    path = state / "results" / task_id.hex() / "result.json"
    if not path.exists():
        with open_desk(state) as desk:
            desk.state.add_collection(task_id, desk.clock())
            done = results.collect(desk, task_id)
            desk.state.set_collection(task_id, "attested" if done else "unchecked", 0)
            Outbox(desk).deliver()
            if not done:
                typer.echo("unchecked: not all shares have arrived; fetch again later", err=True)
    if out is not None:
        shutil.copyfile(path, out)
        out.chmod(0o600)
    typer.echo(str(out or path))
