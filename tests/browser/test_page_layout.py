"""Pages are read, not operated: they scroll as a whole, and the heads of tables stay in sight."""

from __future__ import annotations

import pytest
from made_pages import KINDS

LONG = ("suite", "overlaps", "tolerance", "operations", "lost")
OPEN = "for (const details of document.querySelectorAll('details')) details.open = true;"
SCROLLED_INSIDE = """
const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowY);
return [...document.querySelectorAll("body *")]
  .filter(element => scrolls(element) && element.scrollHeight > element.clientHeight)
  .map(element => element.outerHTML.slice(0, 200));
"""
# the tables that are higher than the window, and where their heads are once they began above it
HEADS = """
const tables = [...document.querySelectorAll(".wide > table:has(> thead)")]
  .filter(table => table.tHead.offsetHeight > 0 && table.tBodies[0].offsetHeight > innerHeight);
const places = [];
for (const table of tables) {
  scrollTo(0, scrollY + table.getBoundingClientRect().top + table.offsetHeight / 2);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const cell = table.querySelector("thead th"), box = cell.getBoundingClientRect();
  const shown = document.elementFromPoint(box.left + 3, box.top + box.height / 2);
  places.push([table.id || table.className, box.top, cell.contains(shown)]);
}
return places;
"""
# the tables that are too wide, and how far their first columns are from the edge once scrolled
FIRST_COLUMNS = """
const places = [];
for (const box of document.querySelectorAll(".wide:has(> table)")) {
  if (box.scrollWidth <= box.clientWidth) continue;
  box.scrollLeft = box.scrollWidth;
  const edge = box.getBoundingClientRect().left + box.clientLeft;
  for (const row of box.firstElementChild.tBodies[0].rows) {
    places.push([box.firstElementChild.id, row.cells[0].getBoundingClientRect().left - edge]);
  }
}
return places;
"""


def run_async(driver, script):
    done = "const done = arguments[arguments.length - 1];"
    return driver.execute_async_script(f"{done} (async () => {{ {script} }})().then(done)")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_scrolls_up_and_down_inside_a_page(show, pages, kind, width, lang):
    driver = show(pages[kind, lang], width)
    assert driver.execute_script(OPEN + SCROLLED_INSIDE) == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", LONG)
def test_the_head_of_a_table_stays_in_the_window(show, pages, kind, width):
    driver = show(pages[kind, "en"], width, 120)
    heads = run_async(driver, OPEN + HEADS)
    assert heads
    for table, top, visible in heads:
        assert (table, round(top), visible) == (table, 0, True)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_column_of_a_wide_table_stays(show, pages, kind):
    driver = show(pages[kind, "en"], 390)
    for table, distance in driver.execute_script(OPEN + FIRST_COLUMNS):
        assert (table, round(distance)) == (table, 0)


def test_some_tables_are_too_wide_for_a_telephone(show, pages):
    driver = show(pages["overlaps", "en"], 390)
    assert {table for table, _ in driver.execute_script(FIRST_COLUMNS)} >= {"recovery"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_printed_table_is_whole(show, pages, kind):
    driver = show(pages[kind, "en"], 703)  # A4 less its margins
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    cut = """
    return [...document.querySelectorAll(".wide")]
      .filter(box => getComputedStyle(box).overflowX !== "visible").length
    """
    assert driver.execute_script(cut) == 0
