"""The shell of participants' pages, its words, and where a proxy serves it."""

import json
import re
import string
from pathlib import Path

import pytest

import audit_explorer
from audit_explorer import desk_words, security
from audit_explorer.app import create_app
from audit_explorer.desk import CONTRACTS, Desk
from audit_explorer.settings import ExplorerSettings
from audit_explorer.verification import Verifier
from protocol import ids
from protocol.errors import FormatError
from protocol.programs import Words
from tests.unit.audit_explorer import fakes
from tests.unit.audit_explorer.test_app import Client, Tags
from tests.unit.protocol.simulated_task import SimulatedTask

SOURCES = Path(audit_explorer.__file__).parent / "web" / "src"
TEXTS = {f"DESK {name}": words for name, words in desk_words.DESK.items()} | {
    f"PROBLEMS {name}": words for name, words in desk_words.PROBLEMS.items()
}
TASK = "task_" + "ab" * 32


def client(prefix: str = "", **changes: object) -> Client:
    desk = Desk(SimulatedTask().trust, None, prefix=prefix, **changes)  # type: ignore[arg-type]
    return Client(create_app(fakes.FakeRecords([fakes.completed()]), Verifier(None), desk=desk, prefix=prefix))


@pytest.mark.parametrize(
    "where", ["/en/desk", "/zh/desk", "/en/desk/propose", "/zh/desk/mine", f"/en/desk/tasks/{TASK}"]
)
def test_the_shell_runs_our_bundle_and_asks_this_origin_alone(where: str) -> None:
    answer = client(wallet_rpc="http://chain:8545").get(where)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == security.ASKING
    assert "frame-ancestors 'none'" in security.ASKING, "nobody frames what signs"
    assert "require-trusted-types-for 'script'" in security.ASKING
    assert answer.headers["x-frame-options"] == "DENY"
    tags = Tags(answer.text).tags
    assert [it for tag, it in tags if tag == "script"] == [{"type": "module", "src": "/static/desk.js"}]
    (place,) = [it for _, it in tags if it.get("id") == "desk"]
    trust = SimulatedTask().trust
    assert json.loads(str(place["data-deployment"])) == {
        "chain_id": str(trust.chain_id),
        "deployment_id": "0x" + trust.deployment.hex(),
        "contracts": {name: trust.address(name) for name in CONTRACTS},
    }
    assert (place["data-task"], place["data-rpc"]) == (TASK if TASK in where else "", "http://chain:8545")
    assert "form" not in {tag for tag, _ in tags}, "two ways to sign in would be one too many"


def test_passkeys_are_offered_where_the_operator_names_what_makes_accounts() -> None:
    assert client().get("/en/desk/join").status_code == 404
    accounts = "0x" + "5a" * 20
    answer = client(passkey_accounts=accounts).get("/en/desk/join")
    assert answer.headers["content-security-policy"] == security.ASKING
    (place,) = [it for _, it in Tags(answer.text).tags if it.get("id") == "desk"]
    trust = SimulatedTask().trust
    said = json.loads(str(place["data-joining"]))
    assert said == {
        "chain_id": str(trust.chain_id),
        "deployment_id": "0x" + trust.deployment.hex(),
        "contracts": {
            "DataSets": trust.address("DataSets"),
            "PartyRegistry": trust.address("PartyRegistry"),
            "PasskeyAccounts": accounts,
        },
    }
    (place,) = [it for _, it in Tags(client().get("/en/desk").text).tags if it.get("id") == "desk"]
    assert place["data-joining"] == ""


def test_attack_a_slip_in_the_address_of_what_makes_accounts() -> None:
    """Whoever stands at the address that was meant is nobody's choice: capitals are a checksum."""
    right = ids.checksum_address(b"\x5a" * 20)
    wrong = right.replace("5A", "5a", 1) if "5A" in right else right.replace("5a", "5A", 1)
    for given, code in ((right, None), (right.lower(), None), (wrong, "settings.passkey_accounts")):
        settings = ExplorerSettings(database_url_file=Path("none"), desk="beside", passkey_accounts=given)
        if code is None:
            desk = Desk.of(settings, SimulatedTask().trust)
            assert desk is not None
            assert desk.passkey_accounts == right.lower()
        else:
            with pytest.raises(FormatError, match=code):
                Desk.of(settings, SimulatedTask().trust)


def test_without_a_desk_there_is_none_and_no_page_links_to_it() -> None:
    plain = Client(create_app(fakes.FakeRecords([]), Verifier(None)))
    assert plain.get("/en/desk").status_code == 404
    assert "/en/desk" not in plain.get("/en/tasks").text
    assert 'href="/en/desk"' in client().get("/en/tasks").text


@pytest.mark.parametrize(
    ("where", "status"),
    [("/fr/desk", 404), ("/en/desk/tasks/task_12", 400), (f"/en/desk/tasks/{TASK}%22%3E", 400), ("/en/desk/x", 404)],
)
def test_what_is_no_page_is_none(where: str, status: int) -> None:
    assert client().get(where).status_code == status


@pytest.mark.parametrize("where", ["/en/desk", "/en/tasks", "/en/check", "/en/nothing"])
def test_every_address_in_a_page_has_the_proxys_prefix(where: str) -> None:
    found = [
        str(attributes[name])
        for _, attributes in Tags(client("/tally").get(where).text).tags
        for name in ("href", "src", "action")
        if name in attributes
    ]
    assert len(found) > 5
    assert [address for address in found if not address.startswith(("/tally/", "#"))] == []
    assert client("/tally").get("/").headers["location"].startswith("/tally/")


def test_pages_that_lack_what_they_need_are_not_served() -> None:
    trust, nowhere = SimulatedTask().trust, Path("none")
    for mode in ("beside", "forwarded"):
        with pytest.raises(FormatError, match=r"settings\.desk"):
            Desk.of(ExplorerSettings(database_url_file=nowhere, desk=mode), None)
    with pytest.raises(FormatError, match=r"settings\.desk"):
        Desk.of(ExplorerSettings(database_url_file=nowhere, desk="forwarded"), trust)
    assert Desk.of(ExplorerSettings(database_url_file=nowhere), trust) is None
    beside = Desk.of(ExplorerSettings(database_url_file=nowhere, desk="beside", path_prefix="/tally"), trust)
    assert beside == Desk(trust, None, None, "/tally")


def demo_settings(folder: Path, text: str, **changes: object) -> ExplorerSettings:
    (file := folder / "demo.json").write_text(text, "utf-8")
    settings = {"database_url_file": file, "desk": "beside", "demo_wallets_file": file, **changes}
    return ExplorerSettings(**settings)  # pyright: ignore[reportArgumentType]


def test_demo_wallets_are_in_the_page_where_they_are_asked_for_and_nowhere_else(tmp_path: Path) -> None:
    key = "0x" + "1f" * 32
    desk = Desk.of(demo_settings(tmp_path, json.dumps({"hospital": key})), SimulatedTask().trust)
    assert desk is not None
    page = client(demo_wallets=desk.demo_wallets).get("/en/desk")
    tags = Tags(page.text).tags
    assert [it["src"] for tag, it in tags if tag == "script"] == ["/static/demoWallet.js", "/static/desk.js"]
    (place,) = [it for _, it in tags if it.get("id") == "desk"]
    assert json.loads(str(place["data-demo"])) == {"hospital": key}
    assert "demo" not in client().get("/en/desk").text


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "explorer.example.org"])
def test_attack_demo_wallets_for_everybody_who_reaches_the_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(FormatError, match=r"settings\.demo_wallets"):
        Desk.of(demo_settings(tmp_path, "{}", host=host), SimulatedTask().trust)


@pytest.mark.parametrize(
    "text", ['["0x12"]', '{"hospital": "0x12"}', '{"hospital": 1}', '{"Hospital!": "0x' + "1f" * 32 + '"}', "{"]
)
def test_demo_wallets_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FormatError):
        Desk.of(demo_settings(tmp_path, text), SimulatedTask().trust)


@pytest.mark.parametrize("prefix", ["tally", "/tally/", "/a b", '/"><script>', "//", "/a/../b?"])
def test_a_prefix_that_is_no_path_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="path_prefix"):
        ExplorerSettings(database_url_file=Path("none"), path_prefix=prefix)


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_lacks_either_language(name: str) -> None:
    words: Words = TEXTS[name]
    placeholders = [
        {it[1] for it in string.Formatter().parse(text) if it[1]} for text in (words.english, words.chinese)
    ]
    assert placeholders[0] == placeholders[1]
    assert words.english.strip() == words.english != ""
    assert not re.search(r"[\u3000-\u9fff]", words.english)
    if name != "DESK moment":
        assert re.search(r"[\u4e00-\u9fff]", words.chinese)


def test_every_text_is_used_and_every_use_exists() -> None:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.ts*") if "generated" not in path.parts)
    used = set(re.findall(r'\bt\(\s*"(\w+)"', source)) | set(re.findall(r'"((?:given|receipt)_\w+)"', source))
    assert used == set(desk_words.DESK)


def test_every_error_of_these_pages_has_words() -> None:
    source = "\n".join(
        path.read_text("utf-8") for folder in ("desk", "wallet", "api") for path in (SOURCES / folder).glob("*.ts*")
    )
    thrown = set(re.findall(r'new TallyError\(\s*"([\w.]+)"', source)) | set(re.findall(r'\btold\("([\w.]+)"', source))
    assert len(thrown) > 12
    assert thrown - set(desk_words.PROBLEMS) == set()
