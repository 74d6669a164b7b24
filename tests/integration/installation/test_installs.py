"""A fresh environment per role, from its lock and our wheel alone: its commands work, all its modules import."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.roles import ROLES
from protocol import bundle
from tests.alike import some
from tests.imports import BARE, EXTRAS, ROOT, entries, reached
from tests.unit.protocol.simulated_task import SimulatedTask

MOST = 20
"""Packages in the bare environment, ours among them: a regulator can read what so few do."""
TIME = 300


def uv(*words: str) -> str:
    command = [str(Path(sys.executable).with_name("uv")), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=TIME)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=TIME)
    (found,) = folder.glob("tallystick-*.whl")
    return found


class Environment:
    """A virtual environment of one role."""

    def __init__(self, folder: Path, role: str, wheel: Path) -> None:
        self._bin = folder / "bin"
        uv("venv", "--quiet", "--python", sys.executable, str(folder))
        self._python = ("--python", str(self._bin / "python"))
        lock = ROOT / "requirements" / f"{role}.lock"
        uv("pip", "sync", "--quiet", "--require-hashes", *self._python, str(lock))
        uv("pip", "install", "--quiet", "--no-deps", "--offline", *self._python, str(wheel))

    def packages(self) -> set[str]:
        return {item["name"] for item in json.loads(uv("pip", "list", "--format", "json", *self._python))}

    def run(self, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment, outside the repository so that nothing is found there by chance."""
        return subprocess.run(
            [str(self._bin / words[0]), *words[1:]],
            cwd=self._bin.parent,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self._bin.parent), **(environment or {})},
            check=False,
            capture_output=True,
            text=True,
            timeout=TIME,
        )

    def imports(self, role: str) -> None:
        modules = [module for module in sorted(reached(entries(role))[0]) if not module.startswith("deploy")]
        done = self.run("python", "-P", "-c", "import " + ", ".join(modules))
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    return Environment(tmp_path_factory.mktemp("bare"), BARE, wheel)


def test_the_bare_installation_verifies_a_bundle_with_few_packages(bare: Environment, tmp_path: Path) -> None:
    story = SimulatedTask().complete()
    data = bundle.build(story.material())
    (tmp_path / "bundle.zip").write_bytes(data)
    (tmp_path / "trust.json").write_bytes(story.pinned.data())
    command = ("tally", "verify", str(tmp_path / "bundle.zip"), "--trust", str(tmp_path / "trust.json"), "--json")
    done = bare.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step["outcome"] for step in json.loads(done.stdout)["steps"]] == ["holds"] * 9 + ["nothing"]
    (tmp_path / "bundle.zip").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert bare.run(*command).returncode == 1
    packages = bare.packages()
    assert "tallystick" in packages
    assert len(packages) <= MOST, sorted(packages)


def test_the_bare_installations_modules_import(bare: Environment) -> None:
    bare.imports(BARE)


ADMISSION = ("admission", "--wallet", "x", "--passphrase-file", "x", "--deployment", "x")


@pytest.mark.parametrize(
    ("role", "words"),
    some(
        [
            ("client", ("wallet", "address", "--folder", "x")),
            ("client", ("task", "show", "task_" + "0" * 64)),
            ("client", ("authorization", "list", "task_" + "0" * 64)),
            ("client", (*ADMISSION, "approve", "x@1.0.0", "--certifier", "x", "--rpc", "http://127.0.0.1:1")),
            ("client", ("verify", "x.zip", "--rpc", "http://127.0.0.1:1")),
            ("node", (*ADMISSION, "publish", "--rpc", "http://127.0.0.1:1")),
            ("node", ("node", "run", "--state", "x")),
            ("node", ("result", "fetch", "task_" + "0" * 64, "--state", "x")),
            ("coordinator", ("coordinator", "api")),
            ("explorer", ("explorer",)),
            ("demo", ("demo",)),
            ("demo", ("up",)),
        ],
        always=(0, 6, 8, 10),
    ),
    ids=lambda value: value if isinstance(value, str) else "-".join(value[:2]),
)  # fmt: skip
def test_a_command_of_another_role_says_which_to_install(bare: Environment, role: str, words: tuple[str, ...]) -> None:
    (Path(bare.run("python", "-c", "import os; print(os.getcwd())").stdout.strip()) / "x.zip").touch()
    done = bare.run("tally", *words)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith("cli.role_not_installed: ")
    assert f"pip install 'tallystick[{role}]'" in done.stderr
    assert "Traceback" not in done.stderr


def makes_a_wallet(environment: Environment, folder: Path) -> None:
    done = environment.run(
        "tally", "wallet", "new", "--folder", str(folder / "wallet"), "--passphrase-file", str(folder / "passphrase")
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("0x")


def asks_for_its_state(environment: Environment, folder: Path) -> None:
    assert environment.run("tally", "node", "--help").returncode == 0
    done = environment.run("tally", "node", "status", "--state", str(folder / "absent"))
    assert done.returncode == 1
    assert "role_not_installed" not in done.stderr
    assert "Traceback" not in done.stderr


def tells_its_interface(environment: Environment, folder: Path) -> None:
    done = environment.run("tally", "coordinator", "openapi", "--check")
    assert done.returncode == 0, done.stderr
    done = environment.run("tally", "coordinator", "api", environment={"TALLY_PORT": "0"})
    assert done.returncode == 1
    assert "TALLY_DATABASE_URL_FILE" in done.stderr


def asks_for_its_settings(environment: Environment, folder: Path) -> None:
    done = environment.run("tally", "explorer")
    assert done.returncode == 1
    assert done.stderr.startswith("explorer.settings")


def has_its_servers(environment: Environment, folder: Path) -> None:
    script = "from embedded.redis_binary import redis_server; from embedded.postgres import Postgres; redis_server()"
    done = environment.run("python", "-P", "-c", script)
    if sys.version_info < (3, 13):
        assert done.returncode == 0, done.stderr
    makes_a_wallet(environment, folder)


def names_numbers(environment: Environment, folder: Path) -> None:
    script = (
        "from client.result_file import NamedOutput; from protocol.axes import Axis; from tallystick.frames import frame; "
        "print(frame(NamedOutput('fit.coefficients', (Axis('column', ('bank.age',)),), ('0.5',)))['bank.age'])"
    )
    done = environment.run("python", "-P", "-c", script)
    assert (done.returncode, done.stdout) == (0, "0.5\n"), done.stderr
    makes_a_wallet(environment, folder)


ENTRIES: dict[str, Callable[[Environment, Path], None]] = {
    "client": makes_a_wallet,
    "node": asks_for_its_state,
    "pandas": names_numbers,
    "coordinator": tells_its_interface,
    "explorer": asks_for_its_settings,
    "demo": has_its_servers,
}


def test_every_role_is_tried() -> None:
    assert set(ENTRIES) == set(EXTRAS) == set(ROLES.values())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", EXTRAS)
def test_a_roles_lock_is_enough_for_the_role(role: str, wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "environment", role, wheel)
    environment.imports(role)
    ENTRIES[role](environment, tmp_path)
    foreign = environment.packages()
    for other, tell in (("coordinator", "fastapi"), ("node", "mpyc"), ("demo", "scikit-learn")):
        assert (tell in foreign) == (role in {other, "demo"} or (tell == "fastapi" and role == "explorer"))
