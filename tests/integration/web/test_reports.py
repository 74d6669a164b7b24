"""Reports over a real PostgreSQL: for whom they are, and that a command prints the same from what was exported and from the chain."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner

from audit_explorer.reports import again, inputs, paper, printing
from audit_explorer.reports.again import Wanted
from audit_explorer.reports.inputs import Inputs
from audit_explorer.rooms import reports
from chain.events import Logged
from cli.main import app
from protocol import bundle, events, ids
from tests.browser import seed
from tests.integration.web.explorer_site import STORY, Site, running, secrets_of, task_path

PERIOD = {"from": "2026-05-27", "to": "2026-05-28"}
WHOLE = {"from": "2020-01-01", "to": "2030-12-31"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(tmp_path_factory.mktemp("postgres"))


def logged(site: Site) -> list[Logged]:
    """Every event of the index, as the chain gave it."""
    with psycopg.connect(site.dsn, row_factory=dict_row, options="-c search_path=tally") as tx:
        rows = tx.execute("SELECT * FROM chain_events ORDER BY block_number, log_index").fetchall()
    return [
        Logged(
            events.read(row["name"], row["args"]), row["contract"], row["block_number"], bytes(row["block_hash"]), bytes(row["tx_hash"]),
            row["tx_index"], row["log_index"], row["block_time"],
        )
        for row in rows
    ]  # fmt: skip


def given(site: Site) -> Any:
    return {site.tasks["completed"]: (bundle.build(STORY.material()), ("hospital", "regulator"))}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_prints_what_the_explorer_printed(site: Site, tmp_path: Path, language: str) -> None:
    """From the explorer's export, and from the chain's events with the bundle: three times the same bytes."""
    reader = site.visitor("regulator", given=given(site))
    shown = reader.get(f"/{language}/report.html", **WHOLE)
    assert shown.status_code == 200
    assert shown.headers["content-disposition"] == 'attachment; filename="report.html"'
    assert STORY.contract.purpose in shown.text
    exported = reader.get(f"/{language}/report.json", **WHOLE).content
    (tmp_path / "inputs.json").write_bytes(exported)
    out = tmp_path / "again.html"
    words = ["report", "period", "--inputs", str(tmp_path / "inputs.json"), "--lang", language, "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == shown.content
    read = Inputs.read(exported)
    deployment: Any = SimpleNamespace(deployment_id="0x" + read.deployment.hex(), chain_id=read.chain_id)
    wanted = Wanted(WHOLE["from"], WHOLE["to"], read.block)
    names = [(item.kind, item.name) for item in read.names]
    chained = again.of_events(deployment, logged(site), read.block, wanted, [STORY.contract], None)
    named = inputs.inputs(
        **{
            **{
                name: getattr(chained, name)
                for name in ("deployment", "chain_id", "reader", "since", "until", "block", "happened", "contracts")
            },
            "names": names,
        }
    )
    assert paper.html(paper.period(named, language), language).encode() == shown.content  # type: ignore[arg-type]
    assert again.of_events(deployment, logged(site), read.block, Wanted("", "", None), (), read) == read


def test_a_report_counts_what_the_lists_hold(site: Site) -> None:
    made = reports.gather(site.records, "*", 0, 2**40, lambda _: ())
    proposed = [item for item in made.happened if item.name == "TaskProposed"]
    assert len(proposed) == len(
        [task for task in site.visitor("regulator").items("tasks") if task["state"] != "submitted"]
    )


@pytest.mark.parametrize("reader", ["laboratory", "hospital", None])
def test_attack_a_report_holds_nothing_of_anothers_task(site: Site, reader: str | None) -> None:
    regulator, stranger = site.visitor("regulator"), site.visitor(reader)
    betrays = [text for text in secrets_of(site) if len(text) > 8]
    for where in ("report", "report.html", "report.json"):
        assert [text for text in betrays if text in regulator.get(f"/en/{where}", **WHOLE).text], where
        answer = stranger.get(f"/en/{where}", **WHOLE)
        assert not [text for text in betrays if text in answer.text], where
        assert answer.status_code == (200 if reader or where == "report" else 404)
    if reader:
        data = Inputs.read(stranger.get("/en/report.json", **WHOLE).content)
        assert data.reader == reader
        assert "mill" not in [item.name for item in data.names]


def test_attack_words_are_in_a_report_for_those_alone_who_may_open_the_bundle(site: Site) -> None:
    for visitor in (
        site.visitor("laboratory", given=given(site)),
        site.visitor(None, published=True, given=given(site)),
    ):
        for where in ("report", "report.html", "report.json"):
            text = visitor.get(f"/en/{where}", **WHOLE).text
            assert STORY.contract.purpose not in text
            assert ids.on_chain(STORY.contract.purpose).hex() in text
        assert visitor.get(f"{task_path(site.tasks['completed'])}/report.html").status_code == 404
    for reader in ("hospital", "regulator"):
        visitor = site.visitor(reader, given=given(site))
        assert STORY.contract.purpose in visitor.get("/en/report", **WHOLE).text
        answer = visitor.get(f"{task_path(site.tasks['completed'])}/report.html")
        assert answer.status_code == 200
        assert STORY.contract.legal_basis in answer.text
        assert answer.headers["content-disposition"].startswith("attachment;")
    assert (
        site.visitor("mill", given={site.tasks["completed"]: (bundle.build(STORY.material()), ("mill",))})
        .get(f"{task_path(site.tasks['completed'])}/report.html")
        .status_code
        == 404
    ), "who cannot read the task is not asked after its bundle"


def test_attack_names_that_users_chose_stay_text_in_reports(site: Site) -> None:
    reader = site.visitor("regulator")
    for where in ("report", "report.html"):
        for language in ("en", "zh"):
            text = reader.get(f"/{language}/{where}", **WHOLE).text
            assert seed.HOSTILE not in text
    answer = reader.get("/en/report.json", **WHOLE)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    "query", [{"from": "x", "to": "y"}, {"from": "2026-05-28", "to": "2026-05-27"}, {"from": "2026-05-28"}, {"from": "<script>", "to": "2026-05-28"}]
)  # fmt: skip
def test_a_period_that_is_none_is_said_to_be_none(site: Site, query: dict[str, str]) -> None:
    reader = site.visitor("regulator")
    answer = reader.get("/en/report", **query)
    assert answer.status_code == 400
    assert "Write both days as 2026-01-31" in answer.text
    assert "<script>" not in answer.text
    assert reader.get("/en/report.html", **query).status_code == 400


def test_too_many_tasks_are_refused_and_never_cut_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_TASKS", 3)
    answer = site.visitor("regulator").get("/en/report", **WHOLE)
    assert answer.status_code == 400
    assert "More than 3 tasks" in html.unescape(answer.text)
    assert site.visitor("regulator").get("/en/report.json", **WHOLE).status_code == 400


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_prints_the_pdf_that_the_explorer_printed(site: Site, tmp_path: Path, language: str) -> None:
    """Of the period and of a task, from what was exported and from the bundle: the same bytes of the same Chromium."""
    reader = site.visitor("regulator", given=given(site))
    (tmp_path / "inputs.json").write_bytes(reader.get(f"/{language}/report.json", **PERIOD).content)
    (tmp_path / "bundle.zip").write_bytes(bundle.build(STORY.material()))
    task = task_path(site.tasks["completed"]).replace("/en/", f"/{language}/")
    out = tmp_path / "again.pdf"
    for answer, words in (
        (reader.get(f"/{language}/report.pdf", **PERIOD), ["period", "--inputs", str(tmp_path / "inputs.json")]),
        (reader.get(f"{task}/report.pdf"), ["task", str(tmp_path / "bundle.zip")]),
    ):
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].endswith('.pdf"')
        assert answer.content.startswith(b"%PDF-")
        assert len(re.findall(rb"/Type\s*/Page\b", answer.content)) >= 1
        done = CliRunner().invoke(app, ["report", *words, "--lang", language, "--out", str(out)])
        assert done.exit_code == 0, done.output
        assert out.read_bytes() == answer.content


@pytest.mark.parametrize(
    ("language", "words"), [("en", "No Chromium is installed"), ("zh", "未安装用于打印 PDF 的 Chromium")]
)
def test_where_nothing_prints_the_page_says_what_to_do(
    site: Site, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    reader = site.visitor("regulator", given=given(site))
    task = task_path(site.tasks["completed"]).replace("/en/", f"/{language}/")
    for answer in (reader.get(f"/{language}/report.pdf", **PERIOD), reader.get(f"{task}/report.pdf")):
        assert answer.status_code == 503
        assert words in answer.text
        assert "[report.no_browser]" in answer.text


def test_attack_nothing_is_printed_of_what_is_not_ones_own(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not open the bundle, or reads nothing at all, starts no browser."""
    monkeypatch.setattr(printing, "pdf", lambda _: pytest.fail("it was printed"))
    task = task_path(site.tasks["completed"])
    for reader in (None, "laboratory", "mill"):
        assert site.visitor(reader, given=given(site)).get(f"{task}/report.pdf").status_code == 404
    assert site.visitor(None).get("/en/report.pdf", **PERIOD).status_code == 404
