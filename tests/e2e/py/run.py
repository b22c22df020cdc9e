"""Runs one scenario: `run.py FILE FUNCTION`."""

import importlib
import os
import sys

import records

if __name__ == "__main__":
    _, module, function = sys.argv
    records.begin(f"{module}.{function}")
    scenario = getattr(importlib.import_module(module), function)
    # What runs in Envoy runs in every version of it.
    envoys = os.environ.get("CAPONIER_ENVOYS", "") if module.startswith("envoy_") else ""
    for program in envoys.split(os.pathsep):
        if program:
            os.environ["CAPONIER_ENVOY"] = program
        scenario()
    print(f"{module}.{function}: ok")
