"""Runs one scenario: `run.py FILE FUNCTION`."""

import importlib
import sys

import records

if __name__ == "__main__":
    _, module, function = sys.argv
    records.begin(f"{module}.{function}")
    getattr(importlib.import_module(module), function)()
    print(f"{module}.{function}: ok")
