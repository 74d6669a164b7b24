"""`tally demo`: the whole story on one machine, nothing simulated, and what it says while it works."""

import hashlib
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chain.child import plain_environment
from client import Coordinator
from demo import background, results, story
from demo.data import split
from demo.report import write
from demo.system import STATE, System
from logs.configuration import configure
from protocol import ids
from protocol.api import TaskStatus
from protocol.errors import UnavailableError
from protocol.verify import verify
from tallystick.patience import patiently

OUTPUT: Final = Path("state/demo-output")
_MINUTES: Final = 15
_RESULT_WAIT: Final = 60.0
_BUNDLE_WAIT: Final = 90.0
ASSESSMENT: Final = """\
# Impact assessment of the breast tumour model

Data: diagnoses and cell measurements of patients who consented in writing to research use. Purpose: one diagnosis
model for the hospital. Method: computed over secret shares by three independent parties; no party sees another's rows.
What becomes known: the number of common patients to all compute parties, and to both owners which of their own patients
the other also knows. Result: coefficients and test figures, to the hospital only. Risk after measures: low.
"""


class Clock:
    """Prints what happens with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """One line."""
        print(f"[{time.monotonic() - self._start:5.1f} s] {text}", flush=True)


def run() -> int:
    """Run the demo; returns the exit status of the independent verification."""
    configure("demo", "error")
    clock = Clock()
    hospital, laboratory = split()
    sides = {"hospital": hospital, "laboratory": laboratory}
    forget(STATE)
    with System(STATE, sides, lambda what: clock.say(f"set up: {what}")) as system:
        clock.say(
            f"hospital: {len(hospital.ids)} patients × {len(hospital.columns)} columns with the diagnosis; "
            f"laboratory: {len(laboratory.ids)} × {len(laboratory.columns)}; exchange: no data"
        )
        assessment = system.state / "files" / "impact-assessment.md"
        assessment.write_text(ASSESSMENT, encoding="utf-8")
        contract = story.task_contract(
            {owner: system.data_set(owner) for owner in sides},
            sides,
            int(time.time()) + _MINUTES * 60,
            assessment=hashlib.sha256(assessment.read_bytes()).digest(),
        )
        with system.client("hospital") as mine, system.client("laboratory") as theirs:
            task = submit(clock, mine, contract)
            authorize(clock, (mine, theirs), task)
            status = follow(clock, mine, task)
            found = results.await_result(system.node_folder("hospital"), task, _RESULT_WAIT)
            clock.say(
                "the hospital's node has the result: three shares agree; it signs the result's hash for the chain"
            )
            comparison = results.compare(found, contract, hospital, laboratory)
            for line in comparison.lines():
                print(f"          {line}", flush=True)
        output = results_folder(OUTPUT, task, datetime.now(UTC))
        path, trust = fetch_evidence(clock, system, task, output)
        code, steps = verify_alone(path, trust)
        clock.say("an independent process verifies the bundle offline, with the regulator's trust root:")
        print(steps, flush=True)
        verification = verify(path.read_bytes(), results.read_trust(trust))
        report = output / "report.html"
        write(results.report_data(status, contract, comparison, verification, path), report)
    clock.say("everything is stopped")
    print(
        "look around: `make up` starts this system again (explorer and API addresses are printed), `make down` stops it"
    )
    print(f"(the trust root {trust} was written by this demo; a real regulator would not take it from us)")
    print(f"verify again: {results.verify_command(path, trust)}")
    print(f"bundle {path}")
    print(f"report {report}")
    return code


def results_folder(output: Path, task: bytes, when: datetime) -> Path:
    """A new folder for this run's bundle, trust root and report; earlier runs' stay. Names sort by time."""
    folder = output / f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-{task.hex()[:16]}"
    folder.mkdir(mode=0o700, parents=True)
    return folder


def forget(state: Path) -> None:
    """Remove an earlier demo's state, after ending whatever of it should still run."""
    if state.exists():
        background.stop(quiet=True)
        System(state).erase()


def submit(clock: Clock, client: Coordinator, contract: Any) -> bytes:  # noqa: ANN401 - TaskContract
    """Preflight, then the proposer's wallet signs the proposal."""
    found = client.preflight(contract)
    for problem in found.problems:
        clock.say(f"preflight: {problem.code} {problem.where}: {problem.what} {problem.fix}")
    sent = "" if found.estimate.traffic is None else f" and {found.estimate.traffic / 1e6:.0f} MB"
    clock.say(
        f"preflight: protection level {found.level}, {found.collusion_threshold} of 3 compute parties would have to "
        f"collude; about {found.estimate.seconds} s{sent}"
    )
    task = client.submit(contract)
    clock.say(f"the hospital's wallet signed the proposal: {ids.prefixed('task', task)}")
    return task


def authorize(clock: Clock, clients: tuple[Coordinator, ...], task: bytes) -> None:
    """Each owner reads what is asked of it, compares it with the contract, and signs with its own wallet."""
    for client in clients:
        requests = patiently(lambda client=client: client.authorizations(task))
        for request in requests:
            if request.owner == client.party:
                client.authorize(task, client.sign(*client.asked(task, request)))
                clock.say(f"{client.party} signed: {request.sentence.english}")


def follow(clock: Clock, client: Coordinator, task: bytes) -> TaskStatus:
    """Show progress until the task has ended."""
    shown: dict[str, str] = {}
    state = ""
    until = time.monotonic() + _MINUTES * 60
    while time.monotonic() < until:
        status = client.task(task)
        if status.state != state:
            state = status.state
            clock.say(f"task {state}")
        for item in status.parties:
            progress = item.progress
            if progress and progress.phase and progress.phase != shown.get(item.party):
                shown[item.party] = progress.phase
                clock.say(f"{item.party}: {progress.phase} {progress.step}/{progress.total}")
        if status.ended:
            if state != "completed":
                reasons = "; ".join(f"{r.code}: {r.what} {r.fix}" for r in status.reasons)
                raise UnavailableError(
                    "demo.task_ended", f"The task ended as {state}. {reasons}", "See state/demo/logs."
                )
            return status
        time.sleep(0.2)
    raise UnavailableError("demo.too_long", "The task did not end in time.", "See state/demo/logs.")


def fetch_evidence(clock: Clock, system: System, task: bytes, output: Path) -> tuple[Path, Path]:
    """The regulator fetches the bundle with its wallet's token, and takes the trust root from its own endpoint."""
    path, trust = output / "evidence.zip", output / "trust.json"
    until = time.monotonic() + _BUNDLE_WAIT
    with system.client("regulator") as client:
        while True:
            try:
                data = client.evidence(task)
                break
            except Exception as error:
                if getattr(error, "code", "") != "evidence.not_ready" or time.monotonic() > until:
                    raise
            time.sleep(0.25)
    path.write_bytes(data)
    head = results.head_of(system, data)
    trust.write_bytes(replace(system.deployment.trust(), head=head).data())
    clock.say(f"the regulator fetched the evidence bundle: {len(data) / 1e3:.0f} kB, rooted in block {head[0]}")
    return path, trust


def verify_alone(path: Path, trust: Path) -> tuple[int, str]:
    """`tally verify` in a process of its own that knows nothing of this one."""
    tally = Path(sys.executable).with_name("tally")
    found = subprocess.run(
        [str(tally), "verify", str(path), "--trust", str(trust)],
        env=plain_environment(COLUMNS="160"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return found.returncode, (found.stdout + found.stderr).rstrip()
