"""The small graph as a server loads it: tracing is installed when the module is imported."""

from config.settings import load_settings
from config.tracing import install_tracing
from tests.integration.tracing_graph import graph

__all__ = ["graph"]

install_tracing(load_settings())
