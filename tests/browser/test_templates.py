"""Each beginning of the page that proposes, from there to a completed task: two owners sign what it became, in their browsers."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from protocol.catalogue import Column
from protocol.contract import TaskContract
from protocol.sentences import time_said
from tests import patience
from tests.browser import catalogue
from tests.browser.desk_acts import enter, press, shown, watched
from tests.browser.desk_site import DeskSite, apart, desk_site
from tests.integration.orchestrator.world import WORDS
from tools.web_templates import EXAMPLES, OFFERED

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
PROPOSER, OTHER = "hospital", "laboratory"
TITLES = {
    "scorecard": "A scorecard over raw columns of several owners",
    "joint": "A model over columns of several owners",
    "horizontal": "A model over the same columns of several owners",
    "statistics": "Statistics of groups over several owners",
}


def column(name: str, kind: str) -> Column:
    return Column(name, kind, WORDS, nullable=False)


@dataclass(frozen=True)
class Stage:
    """The site with data sets of people who are at both owners, by their short names."""

    site: DeskSite
    data: dict[str, str]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    texts = [(EXAMPLES / f"{name}.json").read_text("utf-8") for name in OFFERED.values()]
    examples = [TaskContract.parse(json.loads(text)) for text in texts]
    with desk_site("toy.model@1.0.0") as made:  # the release's own programs have their own names here
        apart(lambda: catalogue.publish(made.world, sorted({name for each in examples for name in each.programs})))
        apart(lambda: catalogue.show_data(made.world))
        person = column("person", "identifier")
        wanted = (
            (PROPOSER, "visits", column("cost", "integer"), column("days", "integer")),
            (PROPOSER, "relapses", column("relapse", "boolean")),
            (OTHER, "claims", column("claims", "integer"), column("paid", "integer")),
        )

        def add() -> dict[str, str]:
            return {
                short: catalogue.add_data(made.world, owner, short, person, *columns)
                for owner, short, *columns in wanted
            }

        data = apart(add)
        expect.set_options(timeout=patience.scaled(30) * 1000)
        yield Stage(made, data)
        expect.set_options(timeout=5000)


def source(page: Page, at: int, port: str) -> Locator:
    return page.locator(f'[id="at-steps[{at}].inputs.{port}"]').locator("select")


def recipe(page: Page, at: int, text: str) -> None:
    step = page.locator(f'[id="at-steps[{at}]"]')
    step.locator("details.parameters summary").click()
    step.locator("textarea").fill(text)


def scorecard(page: Page, stage: Stage) -> None:
    source(page, 0, "table").select_option(stage.data["relapses"])
    source(page, 1, "table").select_option(stage.data["claims"])
    recipe(page, 0, "relapse: fill false, ordinal false | true")
    recipe(page, 1, "claims: fill 0, bins 1 5 20; paid: bins 100 1000 5000")
    source(page, 3, "label").select_option("align.aligned.hospital.relapse")


def joint(page: Page, stage: Stage) -> None:
    source(page, 0, "label").select_option(stage.data["relapses"])
    for name in ("claims", "visits"):
        source(page, 0, "tables").select_option(stage.data[name])


def stacked(page: Page, stage: Stage) -> None:
    for reference in stage.site.world.references.values():
        source(page, 0, "tables").select_option(reference)


def horizontal(page: Page, stage: Stage) -> None:
    stacked(page, stage)
    source(page, 1, "label").select_option("stack.stacked.outcome")


def statistics(page: Page, stage: Stage) -> None:
    stacked(page, stage)
    source(page, 1, "by").select_option("stack.stacked.outcome")


FILLED: dict[str, Callable[[Page, Stage], None]] = {
    "scorecard": scorecard, "joint": joint, "horizontal": horizontal, "statistics": statistics,
}  # fmt: skip


def kept_longer(page: Page) -> str:
    """What a draft keeps for its proposer, kept for somebody else's tasks too, and until another moment; which as it is said."""
    keep = page.locator("#at-keeps details", has_text="for tasks of hospital").first
    keep.locator("summary").click()
    keep.get_by_label("Until (UTC)").fill("2030-01-01T00:00")
    keep.get_by_label("laboratory").check()
    expect(keep.locator("summary")).to_contain_text("for tasks of hospital, laboratory")
    return time_said(1_893_456_000)


def signed(page: Page) -> None:
    """Every data set of the party's, each with its own signature; numbers about single people are let go by name."""
    asked = page.locator('[data-consent="asked"]')
    expect(asked.first).to_be_visible()
    for left in reversed(range(asked.count())):
        for tick in asked.first.locator(".leaving .opt input").all():
            tick.check()
        asked.first.get_by_role("button", name="Sign with my wallet", exact=True).click()
        expect(asked).to_have_count(left)


def test_every_beginning_is_walked() -> None:
    assert set(FILLED) == set(TITLES) == set(OFFERED)


@pytest.mark.parametrize("name", FILLED)
def test_from_a_beginning_to_signed_and_completed(stage: Stage, chromium: Browser, name: str) -> None:
    site = stage.site
    with watched(chromium, site.wallet(PROPOSER)) as page:
        enter(page, site)
        page.goto(f"{site.page()}/propose")
        press(page, f"Begin with: {TITLES[name]}")
        FILLED[name](page, stage)
        for title in ("Exchange", "Hospital", "Laboratory"):
            page.locator("#at-committee").get_by_label(title).check()
        page.get_by_label("Purpose").fill("What may be learned together")
        page.get_by_label("Legal basis").fill("Patients' written consent")
        keeps = name == "scorecard"
        until = kept_longer(page) if keeps else ""
        press(page, "Check the contract")
        shown(page, "Predicted cost and protection")
        assert page.locator("#desk .told.bad").all_inner_texts() == []
        press(page, "Propose with my wallet")
        shown(page, "Receipt: you proposed the task")
        site.world.settle()
        page.get_by_role("link", name="Follow the task").click()
        shown(page, "What it costs your node")
        if keeps:
            stays = f"card.scorecard, as shares at the compute parties until {until}; only hospital and laboratory may have it used"
            expect(page.locator(".asked").first).to_contain_text(stays)
        task = bytes.fromhex(page.url.rpartition("task_")[2])
        signed(page)
        with watched(chromium, site.wallet(OTHER)) as other:
            enter(other, site, task)
            signed(other)
            site.world.settle()
            status = site.client(PROPOSER).task(task)
            assert status.state == "started"
            site.computed(task, status.contract)
            shown(other, "completed")
        shown(page, "completed")
        assert [keep.source for keep in status.contract.keeps] == (["card.scorecard"] if keeps else [])
        page.goto(f"{site.page()}/mine")
        press(page, "Look through my completed tasks")
        if keeps:
            shown(page, "for tasks of hospital, laboratory")
