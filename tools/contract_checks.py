"""What tools of other people say about the contracts: ``python -m tools.contract_checks [slither] [halmos] [fuzz] [coverage] [gas]``.

Slither must be silent and must have seen every contract: where it cannot read one it only says so and goes on. Halmos proves
the accounting of uses, licences and budgets for all inputs, not for some. Forge tries its properties with more inputs and more
histories than ``make test`` does (``contracts/foundry.toml``, profile ``ci``). Every line and branch of ``contracts/src`` must be
run by a test. Gas stays within one percent of what is committed. Slither and halmos live in an environment of their own
(``requirements/contracts.lock``), which is made on the first run.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tools.other_environment import ROOT, environment

CONTRACTS: Final = ROOT / "contracts"
HOME: Final = "contracts"
FORGE: Final = CONTRACTS / "node_modules" / ".bin" / "forge"
PARSING: Final = re.compile(r"ContractSolcParsing|Impossible to generate IR|Error while parsing", re.IGNORECASE)
PASSKEYS: Final = "src/PasskeyAccount"
WITHOUT_CODE: Final = frozenset({"last = id;"})
"""Lines that --ir-minimum leaves no instruction for: the value stays where it is on the stack."""
_FILE, _LINE, _BRANCH = (re.compile(word) for word in (r"SF:(.*)", r"DA:(\d+),(\d+)", r"BRDA:(\d+),\d+,\d+,(-|\d+)"))


def run(command: Sequence[str | Path], **environment: str) -> tuple[int, str]:
    """Exit code and everything said, in ``contracts/`` with the tools and forge on the path."""
    path = os.pathsep.join((str(ROOT / f".venv-{HOME}" / "bin"), str(FORGE.parent), os.environ["PATH"]))
    done = subprocess.run(
        [str(part) for part in command],
        cwd=CONTRACTS,
        env={**os.environ, "PATH": path, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def slither() -> str:
    """What slither finds."""
    environment(HOME)
    _, said = run(["slither", "."])
    if unseen := PARSING.search(said):
        return f"slither did not see a contract ({unseen.group()}):\n{said}"
    found = re.search(r"\. analyzed \((\d+) contracts with \d+ detectors\), (\d+) result", said)
    if found is None or int(found[1]) < len([*(CONTRACTS / "src").rglob("*.sol")]):
        return f"slither did not see every contract:\n{said}"
    return "" if found[2] == "0" else said


def halmos() -> str:
    """Which symbolic check fails, or that there is none."""
    environment(HOME)
    code, said = run(["halmos", "--match-contract", "Symbolic"], FOUNDRY_DENY="never")
    results = re.findall(r"Symbolic test result: (\d+) passed; (\d+) failed", said)
    passed, failed = (sum(int(pair[place]) for pair in results) for place in (0, 1))
    return said if code or failed or not passed else ""


def fuzz() -> str:
    """Which property fails."""
    code, said = run([FORGE, "test", "--match-test", "^(testFuzz|invariant)"], FOUNDRY_PROFILE="ci")
    return said if code or not re.search(r"[1-9]\d* tests passed, 0 failed", said) else ""


def coverage() -> str:
    """Lines and branches of ``src`` that no test runs.

    Coverage switches the optimizer off, without which the P-256 fallback of the passkey accounts' verifier has too deep a
    stack: they are measured by themselves, with the little optimizing that they need.
    """
    plain, passkeys = CONTRACTS / "cache" / "lcov.info", CONTRACTS / "cache" / "lcov-passkeys.info"
    ask = [FORGE, "coverage", "--no-match-coverage", "test", "--report", "lcov", "--report-file"]
    code, said = run([*ask, plain, "--no-match-contract", "Invariants"], FOUNDRY_PROFILE="coverage")
    if not code:
        code, said = run([*ask, passkeys, "--ir-minimum"], FOUNDRY_TEST="test/passkeys")
    if code:
        return said
    found = [line for line in missed(plain.read_text("utf-8")) if not line.startswith(PASSKEYS)]
    found += [line for line in missed(passkeys.read_text("utf-8")) if line.startswith(PASSKEYS)]
    return "".join(f"{line}\n" for line in found if _code(line) not in WITHOUT_CODE)


def _code(found: str) -> str:
    """The line of source that something was found about."""
    place = found.split(" ", maxsplit=1)[0]
    file, _, number = place.rpartition(":")
    return (CONTRACTS / file).read_text("utf-8").splitlines()[int(number) - 1].strip() if file else ""


def missed(lcov: str) -> list[str]:
    """``file:line`` of each line, and of each branch, that an lcov report (geninfo's format) says was never run."""
    found: list[str] = []
    file, lines, branches = "", 0, 0
    for line in lcov.splitlines():
        if name := _FILE.fullmatch(line):
            file = name[1]
        elif hit := _LINE.fullmatch(line):
            lines += 1
            if hit[2] == "0":
                found.append(f"{file}:{hit[1]} is never run")
        elif hit := _BRANCH.fullmatch(line):
            branches += 1
            if hit[2] in "-0":
                found.append(f"{file}:{hit[1]} has a branch that is never taken")
    return found if lines and branches else ["the report is empty"]


def gas() -> str:
    """What costs more, or less, than is committed."""
    code, said = run([FORGE, "snapshot", "--match-path", "test/gas/*", "--check", "--tolerance", "1"])
    return said if code else ""


CHECKS: Final[dict[str, Callable[[], str]]] = {
    "slither": slither, "halmos": halmos, "fuzz": fuzz, "coverage": coverage, "gas": gas,
}  # fmt: skip


def main(names: Sequence[str]) -> int:
    """Run the named checks, or all; exit code 1 when one finds something."""
    wrong = 0
    for name in names or CHECKS:
        began = time.monotonic()
        found = CHECKS[name]()
        sys.stdout.write(
            f"{name}: {'FOUND SOMETHING' if found else 'clean'} ({time.monotonic() - began:.0f} s)\n{found}"
        )
        sys.stdout.flush()
        wrong |= bool(found)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
