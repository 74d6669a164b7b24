import importlib
import json
from dataclasses import fields

import pytest
from eth_hash.auto import keccak

from chain import generate
from chain.abi import Function
from chain.bindings import ERRORS


def test_the_committed_bindings_are_what_the_abi_gives() -> None:
    committed = {path: path.read_text("utf-8") for path in (*generate.BINDINGS.glob("*.py"), generate.EVENTS)}
    assert committed == generate.modules(), "run `python -m chain.generate`"
    assert generate.main(["--check"]) == 0


def contracts() -> list[str]:
    return sorted(path.stem for path in generate.ARTIFACTS.glob("*.json"))


def canonical(parameter: dict[str, object]) -> str:
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(canonical(component) for component in parameter["components"])  # type: ignore[union-attr]
    return f"({inner}){kind[5:]}"


@pytest.mark.parametrize("name", contracts())
def test_every_selector_is_the_abis(name: str) -> None:
    abi = json.loads((generate.ARTIFACTS / f"{name}.json").read_text("utf-8"))["abi"]
    module = importlib.import_module(f"chain.bindings.{generate._snake(name)}")
    found = {value.selector: value.name for value in vars(module).values() if isinstance(value, Function)}
    wanted = {
        kind: {
            keccak(f"{entry['name']}({','.join(canonical(item) for item in entry['inputs'])})".encode())[:4]: entry[
                "name"
            ]
            for entry in abi
            if entry["type"] == kind
        }
        for kind in ("function", "error")
    }
    assert found == wanted["function"]
    assert {selector: spec.name for selector, spec in ERRORS[name].items()} == wanted["error"]


def test_struct_fields_keep_the_order_that_is_hashed() -> None:
    from chain.bindings import consents, tasks
    from protocol import typed
    from protocol.contract import Proposal

    for generated, signed in ((tasks.Proposal, Proposal), (consents.Authorization, typed.Authorization)):
        names = [generate._snake(name) for name, _ in signed.members()]
        assert [field.name for field in fields(generated)] == names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("runId", "run_id"),
        ("eip712Domain", "eip712_domain"),
        ("GUARDIAN_ROLE", "guardian_role"),
        ("PartyRegistry", "party_registry"),
        ("stateOf", "state_of"),
        ("DEFAULTAdmin", "default_admin"),
    ],
)
def test_names_become_pythons(name: str, expected: str) -> None:
    assert generate._snake(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("id", "id_"), ("list", "list_"), ("from_", "from_"), ("party", "party")]
)
def test_names_that_python_has_already_get_an_underscore(name: str, expected: str) -> None:
    assert generate._name(name) == expected


def test_what_cannot_be_expressed_is_refused() -> None:
    with pytest.raises(ValueError, match="fixed length"):
        generate._python({"type": "bytes32[2]"})
    with pytest.raises(ValueError, match="no Python type"):
        generate._python({"type": "int8"})
    with pytest.raises(ValueError, match="two things"):
        generate._refuse_clashes("Test", ["a", "b", "a"])
