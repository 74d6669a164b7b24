"""Pictures of every participants' page: ``python -m tests.browser.screenshots FOLDER [WIDTH…]``.

A real stack stands behind the pages, with a task that asks for data, one that a standing authorization covers, and a draft. Each page
in both languages, at each width (320, 768 and 1280 pixels unless others are named), whole, with what is folded away unfolded, as
``PAGE.LANGUAGE.WIDTH.png``. They are for people who look whether a page is right; no test compares pixels.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

from tests import patience
from tests.browser import catalogue
from tests.browser.desk_acts import enter
from tests.browser.desk_site import DeskSite, apart, desk_site

OWNER: Final = "laboratory"
WIDTHS: Final = (320, 768, 1280)
LANGUAGES: Final = ("en", "zh")
_HEIGHT: Final = 900


def _begun(page: Page) -> None:
    """A draft of the statistics, judged before it is finished."""
    page.locator(".beginnings button").last.click()
    page.locator(".summary .acts button").first.click()
    expect(page.locator("#desk .wrong").first).to_be_visible()


def _worded(page: Page) -> None:
    """A standing authorization that is being worded."""
    page.locator(".standing > summary").click()
    for field, number in (("uses", "12"), ("days", "30")):
        page.locator(f'[id="at-standing.{field}"] input').fill(number)
    page.locator(".varying input").first.check()


def _looked(page: Page) -> None:
    page.locator(".group .acts button").first.click()
    expect(page.locator(".group .inbox, .group .empty").first).to_be_visible()


def _nothing(page: Page) -> None:
    """As it is."""
    del page


PAGES: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "inbox": ("", _nothing),
    "review": ("/tasks/{task}", _worded),
    "propose": ("/propose", _begun),
    "mine": ("/mine", _looked),
}
"""By its name: where a page is, and how it comes to show something."""


def take(page: Page, site: DeskSite, task: str, folder: Path, widths: Sequence[int]) -> list[Path]:
    """The pictures of all pages for who is signed in on ``page``."""
    made: list[Path] = []
    for language in LANGUAGES:
        for name, (path, show) in PAGES.items():
            page.goto(f"{site.url}/{language}/desk{path.format(task=task)}")
            expect(page.locator("#desk section, #desk .empty").first).to_be_visible()
            if name == "propose":
                page.evaluate("sessionStorage.clear()")
                page.reload()
                page.locator(".beginnings").wait_for()
            show(page)
            page.evaluate("for (const each of document.querySelectorAll('#desk details')) each.open = true")
            for width in widths:
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                made.append(folder / f"{name}.{language}.{width}.png")
                page.screenshot(path=made[-1], full_page=True)
    return made


def main(arguments: Sequence[str]) -> int:
    """Take them all; 2 where there is nothing to take them with or to."""
    chromium = shutil.which("chromium")
    if not arguments or chromium is None:
        sys.stderr.write("Needs a folder and Debian's chromium: python -m tests.browser.screenshots FOLDER [WIDTH…]\n")
        return 2
    folder, widths = Path(arguments[0]), tuple(map(int, arguments[1:])) or WIDTHS
    folder.mkdir(parents=True, exist_ok=True)
    with desk_site() as site:
        apart(lambda: catalogue.publish(site.world, catalogue.STATISTICS))
        apart(lambda: catalogue.show_data(site.world))
        apart(lambda: site.world.client("hospital").submit(catalogue.statistics(site.world, groups=100)))
        site.world.settle()
        with sync_playwright() as playwright:
            expect.set_options(timeout=patience.scaled(30) * 1000)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(patience.scaled(30) * 1000)
            site.wallet(OWNER).attach(page)
            enter(page, site)
            task = page.locator('a[href*="/desk/tasks/"]').first.get_attribute("href") or ""
            made = take(page, site, task.rpartition("/")[2], folder, widths)
            browser.close()
    sys.stdout.write("".join(f"{path}\n" for path in made))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
