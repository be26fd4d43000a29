"""Lasting wishes by rules, and how far the offline model answers as they say."""

from typing import Any

import pytest

from agents.offline.extractor import extract
from agents.offline.manner import framed, honest, manner_of, said_so, slot_of
from agents.offline.wishes import all_wishes
from tests.unit.test_offline_chat_model import said  # noqa: F401
