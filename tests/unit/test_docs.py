"""What the pages say of settings, files and one another is there."""

import re
from pathlib import Path

import pytest

from config.env_file import project_root
from config.settings import Settings, variable

ROOT = project_root()
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = {variable(name) for name in Settings.model_fields}
BESIDE = {"MNEMOGRAPH_ENV_FILE"}
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_every_setting_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"MNEMOGRAPH_[A-Z0-9_]*[A-Z0-9]", page.read_text(encoding="utf-8")))
    assert named - SETTINGS - BESIDE == set()


@each_page
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
