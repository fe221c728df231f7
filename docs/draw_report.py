"""Draw a report's headline, its table of costs and one timeline as an SVG, as a browser does.

In the development environment: `python docs/draw_report.py runs/DIRECTORY EXPERIMENT > report.svg`.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDTH_PX = 1180
# The page without what only a reader can use; arguments: the index of the trial that is drawn.
PREPARE = """
const trial = document.getElementById("trial-" + arguments[0]);
const kept = [document.querySelector("header h1"), document.querySelector("header .banner"),
  document.getElementById("longest-outages"),
  document.getElementById("longest").closest(".wide"), trial];
trial.open = true;
for (const part of trial.querySelectorAll(".verdicts, .stages, details, script, .tools, p.dim"))
  part.remove();
document.querySelectorAll("a").forEach(link => link.replaceWith(...link.childNodes));
document.body.replaceChildren(...kept);
document.body.style.padding = "24px";
return [document.body.offsetHeight, document.querySelector("style").textContent,
  new XMLSerializer().serializeToString(document.body)];
"""


def driver() -> webdriver.Chrome:
    """Return a browser of this machine."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", f"--window-size={WIDTH_PX},900"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))


def draw(run: Path, experiment: str) -> str:
    """Return the SVG of a run's report; it holds the page's own HTML and style."""
    trials = json.loads((run / "run.json").read_text(encoding="utf-8"))["trials"]
    index = next(trial["index"] for trial in trials if trial["experiment"] == experiment)
    with driver() as browser:
        browser.get((run / "report/index.html").resolve().as_uri())
        height, style, body = browser.execute_script(PREPARE, index)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" \
viewBox="0 0 {WIDTH_PX} {height}">
<style><![CDATA[
{style}
:root {{ width: {WIDTH_PX}px; height: {height}px; font-size: 16px; }}
]]></style>
<foreignObject width="{WIDTH_PX}" height="{height}">{body}</foreignObject>
</svg>
"""


if __name__ == "__main__":
    sys.stdout.write(draw(Path(sys.argv[1]), sys.argv[2]))
