"""The page in a real browser: nothing is complained of, and a phone need not scroll sideways."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Company
from tests.page.made import hostile, written

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FRAME = """\
<!DOCTYPE html><title>-</title><body>
<iframe id="page" width="{width}" height="900" srcdoc="{page}"></iframe>
<script>
addEventListener("load", () => {{
  const seen = document.getElementById("page").contentDocument;
  const wide = [...seen.querySelectorAll("body *")].filter(
    one => !one.closest(".wide, svg, thead") && one.getBoundingClientRect().right > {width} + 1);
  document.title = ["width", seen.documentElement.scrollWidth, "rules",
    seen.styleSheets.length && getComputedStyle(seen.body).margin, "wide", wide.length,
    wide.slice(0, 3).map(one => one.className || one.tagName)].join(" ");
}});
</script>
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no chromium on this machine: apt install chromium"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    company = hostile(Company(folder))
    written(company)
    return folder / "report.html"


def browse(folder: Path, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(BROWSER), *QUIET, f"--user-data-dir={folder / 'profile'}", *options]
    return subprocess.run(
        [*command, f"file://{file}"], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits_a_phone_and_a_desk(page: Path, tmp_path: Path, width: int) -> None:
    text = page.read_text(encoding="utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width, page=html.escape(text)), encoding="utf-8")
    options = ("--dump-dom", "--window-size=1600,1000", "--virtual-time-budget=5000")
    done = browse(tmp_path, frame, *options)
    (title,) = re.findall(r"<title>(width .*?)</title>", done.stdout)
    # A margin of nought is the sheet's own: the policy lets the sheet in.
    assert title == f"width {width} rules 0px wide 0 "


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_browser_draws_it_and_has_nothing_to_complain_of(
    page: Path, tmp_path: Path, scheme: int
) -> None:
    shot = tmp_path / "page.png"
    done = browse(
        tmp_path,
        page,
        "--enable-logging=stderr",
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--screenshot={shot}",
        "--window-size=1280,2000",
    )
    assert shot.stat().st_size > 20_000
    told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert told == []


def test_browser_would_complain_of_what_the_policy_forbids(page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = page.read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>alert(1)</script></main>"), "utf-8")
    options = ("--enable-logging=stderr", f"--screenshot={tmp_path / 'broken.png'}")
    done = browse(tmp_path, broken, *options)
    assert "Content Security Policy" in done.stderr
