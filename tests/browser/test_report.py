"""The report in Debian's Chromium: whatever it says, and however long the words, nothing leaves its box."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser

from demo import report
from tests.unit.demo.test_report import sample

pytestmark = pytest.mark.browser
LONG = "0x" + "9f3b5c7d" * 24
KEPT = {"outcome", "state", "mark", "title"}
OVERFLOWS = """() => {
  const found = [];
  const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} in ${element.closest("section, header, p")?.textContent.slice(0, 40)}`;
  if (document.documentElement.scrollWidth > innerWidth) found.push(`page ${document.documentElement.scrollWidth}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.nodeType === 1 ? node : node.parentElement;
    if (element.closest("svg") !== null && element.tagName !== "svg") continue;
    if (node.nodeType === 1 && scrolls(node)) continue;
    if (node.nodeType === 3 && !node.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of (node.nodeType === 1 ? node : range).getClientRects()) {
      for (let around = node.parentElement; around && around !== document.documentElement; around = around.parentElement) {
        if (scrolls(around)) break;
        if (getComputedStyle(around).display === "inline") continue;
        const outer = around.getBoundingClientRect();
        if (box.right > outer.right + 1 || box.left < outer.left - 1) {
          found.push(`${node.nodeType === 3 ? node.data.slice(0, 30) : name(node)}: ${box.left}-${box.right} outside ${name(around)} ${outer.left}-${outer.right}`);
          break;
        }
      }
    }
  }
  return found;
}"""


def lengthened(value: Any) -> Any:
    """The same record with a long word at the end of every text in it."""
    if isinstance(value, str):
        return f"{value} {LONG}"
    if isinstance(value, tuple):
        return tuple(lengthened(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{
                field.name: lengthened(getattr(value, field.name))
                for field in fields(value)
                if field.name not in KEPT or not isinstance(getattr(value, field.name), str)
            },
        )
    return value


def overflowing(browser: Browser, data: report.ReportData, width: int, language: str) -> list[str]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    try:
        page.set_content(report.render(data))
        page.click(f"#{language}")
        return page.evaluate(OVERFLOWS)
    finally:
        page.close()


@pytest.mark.parametrize("language", ["only-en", "only-zh", "two"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("words", ["as they are", "long"])
def test_nothing_leaves_its_box(chromium: Browser, width: int, language: str, words: str) -> None:
    data = sample() if words == "as they are" else lengthened(sample())
    hashed = replace(data, facts=(*data.facts, replace(data.facts[0], value=LONG[:66])))
    assert overflowing(chromium, hashed, width, language) == []


def test_the_check_sees_what_leaves_its_box(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.set_content(f"<main><section style='width: 10rem; border: 1px solid'><p>{LONG}</p></section></main>")
    assert page.evaluate(OVERFLOWS)
    page.close()
