"""The explorer over the real run, as an auditor sees it in Debian's Chromium."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from protocol import ids
from tests.e2e.conftest import Run

pytestmark = pytest.mark.browser
WORDS = {
    "en": {"holds": "holds", "nothing": "nothing to check", "state": "completed", "lang": "en"},
    "zh": {"holds": "成立", "nothing": "无可核验", "state": "已完成", "lang": "zh-Hans"},
}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    yield page
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_completed_task_is_listed_and_all_ten_steps_hold(
    run: Run, page: Page, language: str, tmp_path: Path
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    words, name = WORDS[language], ids.prefixed("task", run.task)
    page.goto(f"{run.system.explorer_url}/{language}/tasks")
    expect(page.locator("html")).to_have_attribute("lang", words["lang"])
    row = page.locator("tbody tr").filter(has=page.locator(f'a[href$="{name}"]'))
    expect(row).to_have_count(1)
    expect(row).to_contain_text(words["state"], ignore_case=True)
    page.screenshot(path=tmp_path / f"tasks-{language}.png", full_page=True)
    row.locator("a").first.click()
    expect(page).to_have_url(f"{run.system.explorer_url}/{language}/tasks/{name}")
    expect(page.locator(".step .outcome")).to_have_text([words["holds"]] * 9 + [words["nothing"]])
    page.screenshot(path=tmp_path / f"task-{language}.png", full_page=True)
    assert all(picture.stat().st_size > 10_000 for picture in tmp_path.glob("*.png"))
    assert problems == []


def test_the_story_is_the_chain_s(run: Run, page: Page) -> None:
    """Its auditor signs in: the page has each of the run's own events, its steps say what they compared."""
    task = f"{run.system.explorer_url}/en/tasks/{ids.prefixed('task', run.task)}"
    page.goto(task)
    expect(page.locator(".step .outcome")).to_have_count(10)
    expect(page.locator(".step .detail")).to_have_count(0)
    with run.client("regulator") as client:
        token = client.token()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as regulator")).to_be_visible()
    page.goto(task)
    expect(page.locator(".step .outcome")).to_have_text(["holds"] * 9 + ["nothing to check"])
    for party in ("exchange", "hospital", "laboratory"):
        expect(page.get_by_role("row", name=re.compile(f"Committed {party}"))).to_be_visible()
    (step,) = [step for step in page.locator(".step").all() if "attested" in (step.text_content() or "")]
    assert run.joint.result_hash in (step.text_content() or "")
    page.get_by_role("link", name="中文").click()
    expect(page).to_have_url(re.compile(f"/zh/tasks/{ids.prefixed('task', run.task)}$"))
