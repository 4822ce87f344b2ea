"""A real browser for pages: Debian's Chromium, driven by Playwright. Where it is not, tests are skipped and say so."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

EXECUTABLE = shutil.which("chromium") or shutil.which("chromium-browser")
# Milliseconds: for what hangs. Beside other work on the machine a page takes ten times what it does alone.
PATIENCE = 60_000


@contextmanager
def browser() -> Iterator[Any]:
    """Start it, without what it would fetch by itself."""
    if EXECUTABLE is None:
        pytest.skip("there is no Chromium (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no Playwright (pip install playwright)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(
            executable_path=EXECUTABLE, args=["--no-sandbox", "--disable-gpu"], timeout=PATIENCE
        )
        try:
            yield chromium
        finally:
            chromium.close()


def page_of(chromium: Any, address: str, token: str, width: int = 1366, height: int = 850) -> Any:
    """Open the page of a drill in a browser of its own (no storage is shared), and wait for its first view."""
    context = chromium.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{address}#token={token}" if token else address)
    page.wait_for_function("() => document.getElementById('where').textContent !== 'connecting'")
    return page
