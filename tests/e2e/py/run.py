"""Runs one scenario: `run.py FILE FUNCTION`."""

import faulthandler
import importlib
import os
import signal
import sys
import threading
import time

import records

# Longer than any scenario takes in one Envoy: builds of Python plugins take minutes where others
# build beside them. And much shorter than anybody waits for all of them.
MINUTES = float(os.environ.get("CAPONIER_SCENARIO_MINUTES", 10))



def end_with(parent):
    """Who started this may be killed, and nothing of it may stay behind."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    if os.getpgrp() == os.getpid():
        threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    _, module, function = sys.argv
    records.begin(f"{module}.{function}")
    scenario = getattr(importlib.import_module(module), function)
    # What runs in Envoy runs in every version of it.
    envoys = os.environ.get("CAPONIER_ENVOYS", "") if module.startswith("envoy_") else ""
    for program in envoys.split(os.pathsep):
        if program:
            os.environ["CAPONIER_ENVOY"] = program
        # A scenario that waits for good says where, and fails.
        faulthandler.dump_traceback_later(MINUTES * 60, exit=True)
        scenario()
    print(f"{module}.{function}: ok")
