"""Runs one scenario: `run.py FILE FUNCTION`."""

import importlib
import sys

if __name__ == "__main__":
    _, module, function = sys.argv
    getattr(importlib.import_module(module), function)()
    print(f"{module}.{function}: ok")
