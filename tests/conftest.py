"""Fixtures that more than one kind of test uses, one plugin a line."""

pytest_plugins = [
    "tests.services.openai_server",
    "tests.services.langsmith_collector",
    "tests.services.redis",
    "tests.services.postgres",
    "tests.services.chat",
]
