"""The explorer's pages over a real PostgreSQL, for each kind of reader: what is found, listed, exported, and what is not."""

import csv
import io
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg.rows import dict_row

from chain.events import Logged
from orchestrator.services import projection
from protocol import bundle, events, ids
from tests.browser import seed
from tests.integration.web.explorer_site import STORY, THEIR_DATA, TURNING, Site, running, secrets_of, task_path

LISTS = ("tasks", "parties", "data-sets", "programs", "authorizations")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(tmp_path_factory.mktemp("postgres"))


def test_every_kind_of_thing_is_found(site: Site) -> None:
    """One search box: each of these texts opens its page at once."""
    reader = site.visitor("regulator")
    task = site.tasks["completed"]
    digits = task.hex()
    known = {
        digits: task_path(task),
        "0x" + digits.upper(): task_path(task),
        f"TASK_{digits.upper()}": task_path(task),
        digits[:10]: task_path(task),
        f" task_{digits[:8]}…{digits[-4:]} ": task_path(task),
        f"task_{digits[:8]}...{digits[-4:]}": task_path(task),
        "\u202e" + digits + "\u200b": task_path(task),
        "hospital": f"/en/parties/0x{seed.digest('hospital').hex()}",
        "HOSPITAL": f"/en/parties/0x{seed.digest('hospital').hex()}",
        "labor": f"/en/parties/0x{seed.digest('laboratory').hex()}",
        "party_hospital": f"/en/parties/0x{seed.digest('hospital').hex()}",
        seed.digest("hospital").hex()[:12]: f"/en/parties/0x{seed.digest('hospital').hex()}",
        seed.DATA_SET: f"/en/data-sets/0x{seed.digest(seed.DATA_SET).hex()}",
        "0x" + seed.digest(seed.DATA_SET).hex(): f"/en/data-sets/0x{seed.digest(seed.DATA_SET).hex()}",
        "glm.logistic@1.1.0": f"/en/programs/0x{seed.digest('glm.logistic@1.1.0').hex()}",
        seed.digest("glm.logistic@1.0.0 code").hex(): f"/en/programs/0x{seed.digest('glm.logistic@1.0.0').hex()}",
        seed.digest("root 2").hex(): f"/en/data-sets/0x{seed.digest(seed.DATA_SET).hex()}",
        seed.digest("registration 3").hex(): f"/en/transactions/0x{seed.digest('registration 3').hex()}",
        seed.digest("block 90").hex(): "/en/blocks/90",
        "90": "/en/blocks/90",
        "2026-05-28": "/en/tasks?from=2026-05-28&to=2026-05-28",
        "2026年5月28日": "/en/tasks?from=2026-05-28&to=2026-05-28",
        f"https://other.example/x/zh/tasks/task_{digits}?a=b#c": task_path(task),
        f"explorer/en/parties/0x{seed.digest('hospital').hex()}": f"/en/parties/0x{seed.digest('hospital').hex()}",
        "https://any.example/en/data-sets": "/en/data-sets",
        STORY.contract.digest().hex(): task_path(task),
    }  # fmt: skip
    assert {typed: reader.found(typed) for typed in known} == known
    for where in known.values():
        assert reader.get(where).status_code == 200, where
        assert reader.get(where.replace("/en/", "/zh/", 1)).status_code == 200, where


def test_files_are_found_by_their_sha256(site: Site) -> None:
    reader, task = site.visitor("regulator"), site.tasks["completed"]
    held = site.records.bundle("*", task)
    assert held is not None
    assert reader.found(held.sha256.hex()) == task_path(task)
    assert held.size == len(bundle.build(STORY.material()))


def test_several_are_listed_by_kind_and_none_gets_near_names(site: Site) -> None:
    reader = site.visitor("regulator")
    several = reader.get("/en/find", q="glm.logistic")
    assert several.status_code == 200
    assert several.text.count('<ul class="hits">') == 1
    assert several.text.count("glm.logistic@1") >= 2
    none = reader.get("/en/find", q="hopsital")
    assert none.status_code == 404
    assert "Names that are near" in none.text
    assert ">hospital<" in none.text
    for typed, status in (("", 400), ("x" * 501, 400), ("x" * 10_000, 400), ("\u202e", 400), ("deadbeef", 404)):
        assert reader.get("/en/find", q=typed).status_code == status, typed[:20]


@pytest.mark.parametrize(
    "typed",
    [
        "https://evil.example/", "//evil.example/en/tasks", "javascript:alert(1)//en/tasks", "/en/tasks/../../evil",
        "http://evil.example/en/tasks/%2e%2e%2fx", "http://[::1/en/tasks", "\\\\evil.example\\en\\tasks",
    ],
)  # fmt: skip
def test_attack_a_pasted_link_never_leaves_this_site(site: Site, typed: str) -> None:
    where = site.visitor("regulator").found(typed)
    assert where in ("", "/en/tasks")


def said(page: str, typed: str) -> str:
    """A page without what was typed, and without the session's random key, in which a short number may stand by chance."""
    return re.sub(r'name="key" value="[0-9a-f]+"', "", page).replace(typed, "")


def test_attack_a_participant_finds_nothing_of_anothers_task(site: Site) -> None:
    """The answer is that of an id that does not exist, byte for byte but for what was typed."""
    regulator, stranger = site.visitor("regulator"), site.visitor("laboratory")
    for typed, where in secrets_of(site).items():
        assert regulator.found(typed), typed
        answer = stranger.get("/en/find", q=typed)
        assert answer.status_code == 404, typed
        absent = ids.on_chain(typed).hex()[: len(typed)] if not typed.isdigit() else "900007"
        other = stranger.get("/en/find", q=absent)
        assert other.status_code == 404, (absent, other.headers)
        assert said(answer.text, typed) == said(other.text, absent), typed
        if where:
            assert regulator.get(where).status_code == 200, where
            assert stranger.get(where).status_code == 404, where


@pytest.mark.parametrize(
    "reader", ["laboratory", *(pytest.param(name, marks=pytest.mark.slow) for name in (None, "nobody-knows-me"))]
)
@pytest.mark.parametrize("name", LISTS)
def test_attack_lists_and_exports_hold_nothing_of_anothers_task(site: Site, reader: str | None, name: str) -> None:
    visitor, regulator = site.visitor(reader), site.visitor("regulator")
    betrays = [text for text in secrets_of(site) if len(text) > 3]
    whole = "".join(regulator.get(f"/en/{name}{form}").text for form in ("", ".csv", ".json"))
    if name in ("tasks", "authorizations", "data-sets"):
        assert any(text in whole for text in betrays), "the regulator's own has it"
    for form in ("", ".csv", ".json"):
        answer = visitor.get(f"/en/{name}{form}")
        assert answer.status_code == 200
        assert not [text for text in betrays if text in answer.text]
    data = "0x" + seed.digest(THEIR_DATA).hex()
    for query in ({"party": "bakery"}, {"data_set": data}, {"state": "aborted"}, {"party": "mill", "role": "owner"}):
        if name == "tasks":
            assert visitor.items(name, **query) == []
            assert len(regulator.items(name, **query)) >= 1
    if name == "authorizations":
        assert visitor.items(name, owner="mill") == []
        assert len(regulator.items(name, owner="mill")) == 1


def test_attack_pages_of_others_show_no_task_of_theirs(site: Site) -> None:
    """Parties and programs are for every reader; what they were used for is not."""
    stranger, regulator = site.visitor("laboratory"), site.visitor("regulator")
    task = site.tasks["theirs"].hex()
    for where in (f"/en/programs/{quote('glm.logistic@1.0.0')}", f"/en/parties/0x{seed.digest('platform').hex()}"):
        assert task in regulator.get(where).text
        assert stranger.get(where).status_code == 200
        assert task not in stranger.get(where).text


PAGES = ("home", "statistics", "anchors", f"parties/0x{seed.digest('mill').hex()}")
"""Pages that gather from many tasks."""


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("reader", ["laboratory", pytest.param(None, marks=pytest.mark.slow)])
def test_attack_pages_that_gather_hold_nothing_of_anothers_task(site: Site, reader: str | None, where: str) -> None:
    regulator, stranger = site.visitor("regulator"), site.visitor(reader)
    betrays = [text for text in secrets_of(site) if len(text) > 8] + [seed.digest("their log").hex()]
    page = regulator.get(f"/en/{where}").text
    if where != "statistics":
        assert [text for text in betrays if text in page], "the regulator's own has it"
    text = stranger.get(f"/en/{where}").text
    assert not [secret for secret in betrays if secret in text]


def test_attack_counts_do_not_tell_of_anothers_task(site: Site) -> None:
    """Aborted is their task alone."""
    assert "/en/tasks?state=aborted" in site.visitor("regulator").get("/en/statistics").text
    for reader in ("laboratory", None):
        text = site.visitor(reader).get("/en/statistics").text
        assert "state=aborted" not in text
        assert ">35<" not in text


def test_statistics_count_what_the_lists_hold(site: Site) -> None:
    for reader in ("regulator", "hospital", "mill"):
        visitor = site.visitor(reader)
        every, page = visitor.items("tasks"), visitor.get("/en/statistics").text
        for name, value in {(column, str(item[column])) for item in every for column in ("state", "protection_level")}:
            query = f"{name.removeprefix('protection_')}={value}"
            line = re.search(rf'{query}"[^\n]*?</th>\s*<td class="number"><bdi>(\d+)<', page)
            assert line, query
            assert int(line[1]) == sum(str(item[name]) == value for item in every), query


def test_a_party_shows_what_its_authorizations_were_used_for_and_its_keys(site: Site) -> None:
    page = site.visitor("mill").get(f"/en/parties/0x{seed.digest('mill').hex()}").text
    used = page[page.index('id="used-title"') : page.index('id="tasks-title"')]
    assert site.tasks["theirs"].hex() in used
    hospital = site.visitor("hospital").get(f"/en/parties/0x{seed.digest('hospital').hex()}").text
    keys = hospital[hospital.index('id="keys-title"') : hospital.index('id="history-title"')]
    assert seed.digest("new node").hex() in keys
    assert seed.digest("hospital node").hex() in keys


def test_anchors_tell_who_cosigned_and_show_forks_with_both_heads(site: Site) -> None:
    """A fork among signed heads, a signed head that is not what was anchored, and a witness that is behind; for who works with the party."""
    own, other, anchored = (seed.digest(f"oven head {number}") for number in range(3))
    with psycopg.connect(site.dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
        at = (710, seed.digest("oven block x"), seed.digest("oven tx x"), 0, 0, seed.NOW - 50)
        projection.apply(tx, Logged(events.Anchored(seed.digest("oven"), 1, 0, 7, anchored, 1), "Anchors", *at))
        for root, size in ((own, 7), (other, 9)):
            tx.execute("INSERT INTO log_heads VALUES ('oven', 1, %s, %s, '')", (size, root))
        tx.execute("INSERT INTO log_newest VALUES ('oven', 1, 9, %s)", (other,))
        tx.execute("INSERT INTO log_forks VALUES ('oven', 1, 7, %s, 9, %s)", (own, other))
        tx.execute(
            "INSERT INTO witnesses VALUES ('n', 'north.example', true), ('s', 'south.example', true), ('g', 'gone.example', false)"
        )
        tx.execute("INSERT INTO witness_logs (vkey, party, epoch, log_size, log_root, cosigned_at, code) VALUES"
                   " ('n', 'oven', 1, 7, %s, %s, 'witness.contradiction')", (own, seed.NOW - 60))  # fmt: skip
        tx.execute("INSERT INTO cosignatures VALUES ('oven', 1, 7, %s, 'n', '', 1)", (own,))
    try:
        for language, why, forked in (
            ("en", "it remembers another history", "2 contradictions"),
            ("zh", "其所记为另一份历史", "2 处矛盾"),
        ):
            page = site.visitor("regulator").get(f"/{language}/anchors").text
            forks = page[page.index('id="forks-title"') : page.index('id="witnesses-title"')]
            assert all(root.hex() in forks for root in (own, other, anchored))
            assert "north.example" in forks
            known = page[page.index('id="witnesses-title"') : page.index('id="batches-title"')]
            assert why in known
            assert re.findall(r"<bdi>(\d+)<", known[known.index("oven") :])[:4] == ["1", "9", "7", "2"], (
                "epoch, size, cosigned, behind"
            )
            assert "south.example" in known
            assert "gone.example" not in page
            assert forked in page
            home = site.visitor("regulator").get(f"/{language}/home").text
            assert forked in home
            assert "0 / 2" in home
        assert own.hex() in site.visitor("mill").get("/en/anchors").text
        for stranger in ("laboratory", None):
            page = site.visitor(stranger).get("/en/anchors").text
            assert not [root for root in (own, other, anchored) if root.hex() in page]
            assert "north.example" not in page
            assert "contradictions" not in page
    finally:
        with psycopg.connect(site.dsn) as tx:
            tx.execute("DELETE FROM tally.witnesses")
            tx.execute("DELETE FROM tally.log_newest")
            tx.execute("DELETE FROM tally.log_heads")
            tx.execute("DELETE FROM tally.chain_events WHERE block_number >= 700")


def test_anchors_tell_gaps_and_what_is_behind(site: Site) -> None:
    with psycopg.connect(site.dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
        for number, (old, new) in enumerate(((0, 3), (5, 6))):
            anchored = events.Anchored(seed.digest("oven"), 1, old, new, seed.digest(f"oven {new}"), 1)
            at = (
                700 + number,
                seed.digest(f"oven block {number}"),
                seed.digest(f"oven tx {number}"),
                0,
                0,
                seed.NOW - 50,
            )
            projection.apply(tx, Logged(anchored, "Anchors", *at))
        tx.execute("INSERT INTO commitments SELECT 503, 0, %s, %s, %s, 1, 9, %s", (
            site.tasks["theirs"], seed.digest("oven"), seed.digest("run"), seed.digest("root")))  # fmt: skip
    try:
        page = site.visitor("regulator").get("/en/anchors").text
        assert "1 batches do not join the one before them" in page
        line = re.search(
            rf"parties/0x{seed.digest('oven').hex()}.*?</tr>", page[page.index('id="logs-title"') :], re.DOTALL
        )
        assert line
        assert re.findall(r"<bdi>(\d+)<", line[0]) == ["1", "6", "3", "1", "701"], "epoch, size, behind, gaps, block"
        assert "do not join" not in site.visitor("laboratory").get("/en/anchors").text
    finally:
        with psycopg.connect(site.dsn) as tx:
            tx.execute("DELETE FROM tally.commitments WHERE block_number = 503")
            tx.execute("DELETE FROM tally.chain_events WHERE block_number >= 700")


def test_attack_who_reads_a_task_without_its_bundle_reads_no_word_of_it(site: Site) -> None:
    """Reading a task's page is one right, its contract's words another: those the coordinator gives with the bundle."""
    task = site.tasks["completed"]
    given = {task: (bundle.build(STORY.material()), ("hospital", "regulator"))}
    words = (STORY.contract.purpose, STORY.contract.legal_basis, "worst_area", STORY.contract.inputs[0].data_set)
    for reader in ("hospital", "regulator"):
        text = site.visitor(reader, given=given).get(task_path(task)).text
        assert [word for word in words if word not in text] == []
        assert '<svg class="workflow"' in text
        assert "law.purpose_undeclared" in text
        assert "not declared" in text
    for visitor in (site.visitor("laboratory", given=given), site.visitor(None, published=True, given=given)):
        answer = visitor.get(task_path(task))
        assert answer.status_code == 200
        assert not [word for word in words if word in answer.text]
        assert '<svg class="workflow"' not in answer.text


def test_attack_the_words_of_a_running_task_are_for_whom_the_coordinator_gives_them_to(site: Site) -> None:
    """There is no bundle yet: its parties read the contract in their own names, and who may only read the page reads no word."""
    task = site.tasks["proposed"]
    contracts = {task: (seed.contract(), ("hospital", "laboratory"))}
    words = (seed.PURPOSE, "canary basis", "canary_column", seed.DATA_SET)
    for reader in ("hospital", "laboratory"):
        text = site.visitor(reader, contracts=contracts).get(task_path(task)).text
        assert [word for word in words if word not in text] == []
        assert '<svg class="workflow"' in text
    for visitor in (
        site.visitor("regulator", contracts=contracts),
        site.visitor(None, published=True, contracts=contracts),
    ):
        answer = visitor.get(task_path(task))
        assert answer.status_code == 200
        assert not [word for word in words if word in answer.text]


def test_who_sent_each_transaction_stands_beside_it(site: Site) -> None:
    """By its address, and by the party whose wallet it is now; nothing where the index does not have it."""
    relay = ids.checksum_address(seed.RELAY)
    task, block = site.tasks["proposed"], 201
    pages = (task_path(task), f"/en/blocks/{block}", f"/en/transactions/0x{seed.digest(f'tx {block}').hex()}")
    reader = site.visitor("regulator")
    for page in pages:
        assert relay in reader.get(page).text, page
    with psycopg.connect(site.dsn) as tx:
        tx.execute(
            "UPDATE tally.parties_now SET wallet = %s WHERE party_id = %s", (seed.RELAY, seed.digest("platform"))
        )
    try:
        for page in pages:
            assert re.search(rf'"{relay}"[^>]*>.{{0,20}}platform|platform.{{0,60}}{relay}', reader.get(page).text), page
    finally:
        with psycopg.connect(site.dsn) as tx:
            tx.execute(
                "UPDATE tally.parties_now SET wallet = %s WHERE party_id = %s", (bytes(20), seed.digest("platform"))
            )
            tx.execute("UPDATE tally.chain_events SET sender = NULL WHERE block_number = %s", (block,))
    try:
        for page in pages[1:]:
            answer = reader.get(page)
            assert answer.status_code == 200
            assert relay not in answer.text
    finally:
        with psycopg.connect(site.dsn) as tx:
            tx.execute("UPDATE tally.chain_events SET sender = %s WHERE block_number = %s", (seed.RELAY, block))


def test_attack_revoking_anothers_authorization_in_ones_own_name_opens_nothing(site: Site) -> None:
    """Anybody may send a revocation of any digest: it makes the sender a party to that digest, and to nothing of its owner's."""
    consent = seed.digest(f"consent {site.tasks['theirs'].hex()}")
    with psycopg.connect(site.dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
        revoked = events.AuthorizationRevoked(consent, seed.digest("exchange"))
        at = (600, seed.digest("attack block"), seed.digest("attack"), 0, 0, seed.NOW - 1)
        projection.apply(tx, Logged(revoked, "Consents", *at))
    attacker = site.visitor("exchange")
    page = attacker.get(f"/en/authorizations/auth_{consent.hex()}")
    assert page.status_code == 200, "its own revocation"
    for betrays in (site.tasks["theirs"].hex(), seed.digest(THEIR_DATA).hex(), "mill", seed.digest("tx 502").hex()):
        assert betrays not in page.text


def test_a_participant_reads_its_own(site: Site) -> None:
    owner, third = site.visitor("mill"), site.visitor("oven")
    task = ids.prefixed("task", site.tasks["theirs"])
    for reader in (owner, third):
        assert [item["task"] for item in reader.items("tasks")] == [task]
        assert reader.found(site.tasks["theirs"].hex()) == task_path(site.tasks["theirs"])
        assert [item["data_set"] for item in reader.items("data-sets")] == ["0x" + seed.digest(THEIR_DATA).hex()]
    assert len(owner.items("authorizations")) == 1
    assert third.items("authorizations") == [], "it gave none"
    consent = seed.digest(f"consent {site.tasks['theirs'].hex()}").hex()
    assert third.get(f"/en/authorizations/auth_{consent}").status_code == 200, "its task used it"


def test_a_task_leads_to_everything_that_it_names_and_back(site: Site) -> None:
    """Every link of a task's page opens, and each thing's page leads back to the task."""
    reader, task = site.visitor("mill"), site.tasks["theirs"]
    text = reader.get(task_path(task)).text
    links = set(
        re.findall(r'href="(/en/(?:parties|programs|data-sets|authorizations|blocks|transactions)/[^"]+)"', text)
    )
    assert {link.split("/")[2] for link in links} == {
        "parties", "programs", "data-sets", "authorizations", "blocks", "transactions",
    }  # fmt: skip
    known = {link: reader.get(link) for link in sorted(links)}
    del known[
        f"/en/programs/0x{seed.digest('psi.align@1.0.0').hex()}"
    ]  # the seed's proposal alone names it, not the contract
    named = {link for link, answer in known.items() if answer.status_code == 404}
    assert all(re.search("/(parties|programs|data-sets)/", link) for link in named), "those that no registry has"
    assert f"/en/data-sets/0x{seed.digest(THEIR_DATA).hex()}" not in named
    for link, answer in known.items():
        if link not in named and not re.search("/(blocks|transactions)/", link):
            assert task.hex() in answer.text, link
    around = text[text.index('id="around-title"') : text.index('id="verify-title"')]
    for told in ("Authorization submitted", "Use taken", seed.digest("tx 502").hex()):
        assert told in around


def test_without_signing_in_nothing_is_read_unless_it_is_published(site: Site) -> None:
    public = site.visitor(None)
    for name in LISTS:
        page = public.get(f"/en/{name}")
        assert page.status_code == 200
        assert "sign in to read" in page.text
        assert public.items(name) == []
    assert public.get(task_path(site.tasks["completed"])).status_code == 404
    assert "Sign in to search" in public.get("/en/find", q="hospital").text
    assert len(site.visitor(None, published=True).items("tasks")) == len(site.visitor("regulator").items("tasks")) == 35


def test_attack_the_database_reads_nothing_where_no_reader_is_set(site: Site) -> None:
    with psycopg.connect(site.login, options="-c role=tally_explorer", autocommit=True) as connection:
        views = connection.execute(
            "SELECT table_name FROM information_schema.views WHERE table_schema = 'explorer'"
        ).fetchall()
        assert len(views) > 10
        told = {"deployment", "chain_cursor"}
        for (view,) in views:
            (count,) = connection.execute(f"SELECT count(*) FROM explorer.{view}").fetchone() or (None,)  # type: ignore[arg-type]
            assert count == 0 or view in told, view


def test_filters_say_what_they_mean(site: Site) -> None:
    reader = site.visitor("regulator")
    every = reader.items("tasks")
    assert [item["submitted_at"] for item in every] == sorted((i["submitted_at"] for i in every), reverse=True)
    oldest = reader.items("tasks", sort="submitted")
    assert [item["submitted_at"] for item in oldest] == sorted(i["submitted_at"] for i in every)
    assert {item["task"] for item in oldest} == {item["task"] for item in every}
    counted = {
        (("state", "submitted"),): 30,
        (("state", "completed"),): 1,
        (("party", "mill"),): 1,
        (("party", "mill"), ("role", "owner")): 1,
        (("party", "mill"), ("role", "auditor")): 0,
        (("program", "glm.logistic@1.0.0"), ("state", "aborted")): 1,
        (("data_set", THEIR_DATA),): 1,
        (("level", "5"),): 0,
        (("from", "2026-05-28"),): 5,
        (("to", "2026-05-27"),): 30,
        (("from", "2026-05-28"), ("to", "2026-05-28"), ("party", "bakery")): 1,
        (("party", "0x" + "ab" * 32),): 0,
    }
    assert {query: len(reader.items("tasks", **dict(query))) for query in counted} == counted
    assert [item["party"] for item in reader.items("parties", role="regulator")] == ["regulator"]
    assert len(reader.items("programs", level="4", kind="program")) == 3
    assert reader.items("data-sets", owner="laboratory", sort="-rows")[0]["rows"] == 2000
    assert len(reader.items("authorizations", state="spent")) == len(
        reader.items("authorizations", state="spent", sort="changed")
    )


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("tasks", "state=nonsense"), ("tasks", "level=6"), ("tasks", "from=31.1.2026"), ("tasks", "stat=completed"),
        ("tasks", "sort=state"), ("tasks", "role=owner"), ("tasks", "party=a%00b"), ("tasks", "state=completed&state=failed"),
        ("parties", "role=king"), ("data-sets", "owner=%3Cscript%3E"), ("programs", "kind=x"), ("authorizations", "cursor=AAAA"),
        ("tasks", "data_set=' OR 1=1 --"),
    ],
)  # fmt: skip
def test_attack_a_filter_that_is_not_understood_is_refused_and_never_left_out(
    site: Site, name: str, query: str
) -> None:
    reader = site.visitor("regulator")
    for form in ("", ".csv", ".json"):
        answer = reader.get(f"/en/{name}{form}?{query}")
        assert answer.status_code == 400, (form, answer.text)
        assert "<script>" not in answer.text
        assert answer.text.count("task_") == 0


@pytest.mark.parametrize("name", LISTS)
def test_pages_follow_each_other_in_every_order_and_exports_are_all_of_them(site: Site, name: str) -> None:
    reader = site.visitor("regulator")
    page = reader.get(f"/en/{name}").text
    sorts = set(re.findall(rf'/en/{name}\?sort=(-?[a-z]+)"', page))
    assert sorts
    for sort in {*sorts, *(f"-{item}".replace("--", "") for item in sorts)}:
        exported = reader.items(name, sort=sort)
        seen, where = list[str](), f"/en/{name}?{urlencode({'sort': sort})}"
        while where:
            text = reader.get(where).text
            seen += re.findall(r'<th scope="row" class="name">.*?title="([^"]+)"', text)
            older = re.search(r'rel="next" href="([^"]+)"', text)
            where = older[1].replace("&amp;", "&") if older else ""
        assert len(seen) == len(set(seen)) == len(exported), sort
        table = list(csv.DictReader(io.StringIO(reader.get(f"/en/{name}.csv", sort=sort).text)))
        assert len(table) == len(exported)
        assert list(table[0]) == list(exported[0])


def test_attack_what_users_name_stays_text_on_pages_and_in_exports(site: Site) -> None:
    reader = site.visitor("regulator")
    hostile = seed.digest(seed.HOSTILE).hex()
    for where in (
        "/en/parties",
        "/zh/programs",
        f"/en/parties/0x{hostile}",
        f"/en/programs/0x{hostile}",
        "/en/find?q=script",
    ):
        page = reader.get(where)
        text = page.text
        assert page.status_code == 200, text
        assert seed.HOSTILE not in text
        assert "&lt;script&gt;" in text, where
    assert reader.get("/en/parties.csv").headers["content-type"].startswith("text/csv")
    for form in ("csv", "json"):
        answer = reader.get(f"/en/parties.{form}")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"] == f'attachment; filename="parties.{form}"'


def test_attack_a_name_of_ten_kilobytes_that_turns_the_line_round(site: Site) -> None:
    reader = site.visitor("regulator")
    for where in (
        "/en/parties",
        f"/zh/parties/0x{seed.digest(TURNING).hex()}",
        "/en/blocks/91",
        "/en/parties?sort=-name",
    ):
        answer = reader.get(where)
        assert answer.status_code == 200, where
        assert "\\u202e" in answer.text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", answer.text)
        assert len(answer.text) < 40_000
    csv_text = reader.get("/en/parties.csv").text
    assert "\n'=long" in csv_text, "no formula"
    assert "\u202e" not in reader.get("/en/parties.json").text, "escaped"
    assert TURNING in [item["party"] for item in reader.items("parties")]


@pytest.mark.parametrize("party", ["*", "", "hospital\n", "HOSPITAL"])
def test_attack_no_token_speaks_for_who_reads_all(site: Site, party: str) -> None:
    """Also where the coordinator took it: a session's party is a name, and ``*`` is none."""
    with pytest.raises(AssertionError, match="403"):
        site.visitor(party)
    assert site.records.reads_all(party) is False
