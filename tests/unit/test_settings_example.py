from pathlib import Path

import pytest
from dotenv import dotenv_values

from config.env_file import project_root
from config.example import render
from config.settings import Settings, load_settings, variable


def test_the_file_is_what_the_settings_say() -> None:
    found = (project_root() / ".env.example").read_text(encoding="utf-8")
    assert found == render(), "run `python -m config.example .env.example`"


def test_every_setting_stands_in_it_once_as_a_comment() -> None:
    lines = render().splitlines()
    for name in Settings.model_fields:
        assert sum(line.startswith(f"# {variable(name)}=") for line in lines) == 1, name
    assert all(line.startswith("#") for line in lines if line)


def test_the_lines_taken_as_they_are_change_nothing(env_file: Path) -> None:
    before = load_settings()
    names = [variable(name) for name in Settings.model_fields]
    lines = [line.removeprefix("# ") for line in render().splitlines()]
    env_file.write_text(
        "\n".join(line for line in lines if line.partition("=")[0] in names), encoding="utf-8"
    )
    assert list(dotenv_values(env_file)) == names
    assert load_settings() == before


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_why_it_is_there(name: str) -> None:
    info = Settings.model_fields[name]
    assert info.description
    assert info.description.endswith(".")
    assert isinstance(info.json_schema_extra, dict)
    assert info.json_schema_extra["legal"]
