"""The pages of every kind of run, opened in a real Chromium."""

from __future__ import annotations

import csv
import json
import time

import pytest
from made_pages import KINDS
from saved_runs import copied
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from reports.kinds.registry import judge
from reports.kinds.report import write_report
from reports.locale.catalogue import words_of
from reports.render.figures import bracket, outage, seconds, share

WIDTHS = (390, 768, 1280)


def fetched(driver):
    """Return the URLs that the page requested, besides its own."""
    entries = driver.get_log("performance")
    messages = [json.loads(entry["message"])["message"] for entry in entries]
    urls = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in urls if not url.startswith(("data:", driver.current_url))]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_opens_alone_without_a_word_on_the_console(show, pages, kind, lang):
    driver = show(pages[kind, lang])
    assert driver.title
    assert driver.get_log("browser") == []
    assert fetched(driver) == []
    assert driver.find_elements(By.TAG_NAME, "tr")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hangs_over_the_edge_at_any_width(show, pages, kind):
    for width in WIDTHS:
        driver = show(pages[kind, "en"], width)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", KINDS)
def test_dark_is_dark_and_light_is_light(show, pages, kind):
    script = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    dark = show(pages[kind, "en"], dark=True).execute_script(script)
    light = show(pages[kind, "en"]).execute_script(script)
    assert max(dark) < 64
    assert min(light) > 192


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hangs_over_the_edge_of_a_printed_page(show, pages, kind):
    driver = show(pages[kind, "en"], 703)  # A4 less its margins
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 703


def texts(driver, table):
    script = (
        "return [...document.querySelectorAll(arguments[0] + ' tbody tr')]"
        ".map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return driver.execute_script(script, table)


def number(text):
    return float(text) if text else float("nan")


def test_the_numbers_in_the_page_are_those_of_the_csv(show, pages):
    page = pages["suite", "en"]
    cells_of_rows = texts(show(page), "#recovery")
    with (page.parent / "tables/recovery.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["connection"] != "direct"]
    assert len(cells_of_rows) == len(rows) > 0
    for cells, row in zip(cells_of_rows, rows, strict=True):
        ends = {
            name: [number(row[f"{name}_median_{end}_s"]) for end in ("lower", "upper")]
            for name in ("outage", "degraded", "first_success", "all_good", "all_good_after_heal")
        }
        assert cells == [
            row["experiment"],
            row["probe"],
            row["connection"],
            row["n"],
            outage(*ends["outage"], words_of("en")),
            bracket(*ends["degraded"]),
            share(number(row["good_share_degraded_median"])),
            share(number(row["good_share_during_median"])),
            share(number(row["availability_min"])),
            *(seconds(number(row[f"{name}_median_s"])) for name in ("first_error", "new_leader")),
            *(
                bracket(*ends[name])
                for name in ("first_success", "all_good", "all_good_after_heal")
            ),
        ]


def test_every_series_has_a_lane_that_is_drawn(show, pages):
    page = pages["suite", "en"]
    record = json.loads((page.parents[1] / "run.json").read_text())
    (experiment,) = record["experiments"]
    expected = sum(len(series["workers"]) for series in experiment["series"])
    driver = show(page)
    lanes = driver.find_elements(By.CSS_SELECTOR, ".timeline .lane")
    assert len(lanes) == expected
    assert all(lane.rect["width"] > 100 for lane in lanes)
    bars = driver.find_elements(By.CSS_SELECTOR, "#outages-picture .bar")
    assert any(bar.rect["width"] > 1 for bar in bars)


def span(driver):
    svg = driver.find_element(By.CSS_SELECTOR, "svg.timeline")
    return [float(svg.get_attribute(f"data-{end}") or "nan") for end in ("from", "to")]


def test_a_picture_is_zoomed_with_the_mouse_and_with_buttons(show, pages):
    driver = show(pages["suite", "en"])
    plot = driver.find_element(By.CSS_SELECTOR, "svg.timeline .plot .fault")
    whole = driver.execute_script(
        "return JSON.parse(document.querySelector('script.zoom').textContent).end"
    )
    paths = "return document.querySelector('.timeline .lane').innerHTML"
    before = driver.execute_script(paths)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    quarter = int(plot.rect["width"] / 4)
    drag = ActionChains(driver).move_to_element_with_offset(plot, -quarter, 0).click_and_hold()
    drag.move_by_offset(quarter, 0).move_by_offset(quarter, 0).release().perform()
    begin_s, end_s = span(driver)
    # from the quarter to the three quarters of the fault, give or take a pixel
    fault_s = [float(plot.get_attribute(f"data-{end}")) for end in ("from", "to")]
    length_s = fault_s[1] - fault_s[0]
    assert begin_s == pytest.approx(fault_s[0] + length_s / 4, abs=whole / 200)
    assert end_s == pytest.approx(fault_s[1] - length_s / 4, abs=whole / 200)
    assert driver.execute_script(paths) != before
    buttons = driver.find_elements(By.CSS_SELECTOR, ".tools button")
    buttons[0].click()
    closer = span(driver)
    assert closer[1] - closer[0] == pytest.approx((end_s - begin_s) / 2, abs=0.01)
    buttons[4].click()
    assert span(driver) == [0, pytest.approx(whole, abs=0.01)]
    assert driver.get_log("browser") == []


def test_the_bars_of_several_injections_move_with_the_zoom(show, pages):
    driver = show(pages["overlaps", "en"])
    names = [label.text for label in driver.find_elements(By.CSS_SELECTOR, ".timeline .name")]
    assert names == ["kill", "cut"]
    tops = [bar.rect["y"] for bar in driver.find_elements(By.CSS_SELECTOR, ".timeline .held")]
    assert tops[0] < tops[1], "they overlap in time, and stand in rows of their own"
    driver.find_elements(By.CSS_SELECTOR, ".tools button")[0].click()
    begin_s, end_s = span(driver)
    for bar in driver.find_elements(By.CSS_SELECTOR, ".timeline [data-from]"):
        from_s, to_s = (float(bar.get_attribute(f"data-{end}")) for end in ("from", "to"))
        scale = 900 / (end_s - begin_s)
        assert float(bar.get_attribute("x")) == pytest.approx((from_s - begin_s) * scale, abs=1)
        assert float(bar.get_attribute("width")) == pytest.approx((to_s - from_s) * scale, abs=1)


def test_without_scripts_everything_is_there_but_the_zoom(show, pages):
    driver = show(pages["suite", "en"], scripts=False)
    assert driver.find_element(By.CSS_SELECTOR, ".headline").text
    assert driver.find_element(By.CSS_SELECTOR, "svg.timeline .lane path").rect["width"] > 10
    assert not driver.find_elements(By.CSS_SELECTOR, ".tools")
    assert not driver.find_element(By.CSS_SELECTOR, ".with-script").is_displayed()


def test_in_print_what_is_folded_is_open(show, pages):
    driver = show(pages["suite", "en"])
    driver.execute_script(
        "document.querySelectorAll('details').forEach(details => details.open = false)"
    )
    visible = "return document.querySelector('details.trial figure').checkVisibility()"
    assert not driver.execute_script(visible)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert driver.execute_script(visible)
    assert not driver.find_element(By.TAG_NAME, "nav").is_displayed()


def test_a_hundred_trials_are_a_small_page_that_opens_quickly(show, tmp_path):
    run = copied("follower-killed", tmp_path, trials=100)
    page = write_report(run, judge(run))
    assert page.stat().st_size < 3_000_000
    started = time.monotonic()
    driver = show(page)
    drawn = driver.find_elements(By.CSS_SELECTOR, "svg.timeline.zooms")
    assert len(drawn) == 100
    assert time.monotonic() - started < 20
