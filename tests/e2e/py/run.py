"""Runs one scenario: `run.py FILE FUNCTION`."""

import faulthandler
import importlib
import os
import signal
import sys
import threading
import time
import zlib

import records

# Longer than any scenario takes in one Envoy: builds of Python plugins take minutes where others
# build beside them. And much shorter than anybody waits for all of them.
MINUTES = float(os.environ.get("CAPONIER_SCENARIO_MINUTES", 10))
# How Envoy hands over bodies, what it lets through, and what a packed module promises.
IN_EVERY_ENVOY = {"envoy_attacks", "envoy_bodies", "envoy_chat", "envoy_packed"}


def envoys(module, function):
    """The versions of Envoy in which a scenario runs."""
    if not module.startswith("envoy_"):
        return []
    programs = [program for program in os.environ.get("CAPONIER_ENVOYS", "").split(os.pathsep) if program]
    if module in IN_EVERY_ENVOY or os.environ.get("CAPONIER_EVERY_ENVOY"):
        return programs
    # One is enough for what hangs on the filter and not on Envoy; parity compares in all of them.
    turn = zlib.crc32(function.encode()) % max(len(programs), 1)
    return programs[turn : turn + 1]


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
    for program in envoys(module, function) or [""]:
        if program:
            os.environ["CAPONIER_ENVOY"] = program
        # A scenario that waits for good says where, and fails.
        faulthandler.dump_traceback_later(MINUTES * 60, exit=True)
        scenario()
    print(f"{module}.{function}: ok")
