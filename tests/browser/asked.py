"""What the browser tests need of this machine, and whether it must be there."""

import os
import shutil
from importlib.util import find_spec

from server.page import BUILT

NEEDED = "NEEDS_BROWSER"
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), "")


def missing() -> str:
    """One sentence, or "" where everything is there."""
    if not CHROMIUM:
        return "There is no Chromium on this machine: install your system's package chromium."
    if find_spec("playwright") is None:
        return "Playwright is not installed: install what requirements.page.lock lists."
    if not (BUILT / "index.html").is_file():
        return "The page is not built: run make page."
    return ""


def needed() -> bool:
    return os.environ.get(NEEDED, "") not in ("", "0")
