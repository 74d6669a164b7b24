"""One task is followed through every process's log by its id: from the request that proposed it to each party's run and its end."""

import json
from collections import defaultdict

from demo import story
from tests.e2e import places
from tests.e2e.conftest import Run


def lines(run: Run) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for data in places.logs(run.system).values():
        for line in data.decode("utf-8", "replace").splitlines():
            if line.startswith("{"):
                one = json.loads(line)
                if one.get("task") == run.task.hex():
                    found[str(one.get("process"))].append(one)
    return found


def test_a_task_is_followed_through_all_processes(run: Run) -> None:
    found = lines(run)
    events = {process: [str(one["event"]) for one in said] for process, said in found.items()}
    assert {"api", "engine", "node", "mpc"} <= set(events), events
    (submitted,) = (one for one in found["api"] if one["event"] == "task.submitted")
    assert len(str(submitted["request_id"])) == 16, "the request's own name stands beside the task's"
    nodes = len(story.NODES)
    assert events["engine"].count("outbox.published") >= nodes
    assert {"relay.job_done", "chain.event"} <= set(events["engine"])
    assert events["node"].count("job.received") == events["node"].count("job.ended") == nodes
    assert events["mpc"].count("run.begun") == events["mpc"].count("run.ended") == nodes
    when = {
        one["event"]: str(one["timestamp"]) for process in ("api", "engine", "node", "mpc") for one in found[process]
    }
    order = ("task.submitted", "run.begun", "run.ended", "job.ended")
    assert [when[name] for name in order] == sorted(when[name] for name in order)
