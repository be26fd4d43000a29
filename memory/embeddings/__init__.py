"""Texts as vectors."""

import os

# Official builds of onnxruntime report its sessions to Microsoft, and keep a device id in the home folder. Read once,
# when it is first imported, which only modules of this package do.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
