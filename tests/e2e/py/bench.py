"""What `caponier bench` says for programs. How fast anything is, is not looked at here."""

import json
import os
import subprocess

from support import PROGRAM, cache_directory

DEFAULT_CHAIN = ["pii", "secrets", "injection", "unicode", "urls", "leak", "code", "poison", "quota"]
OF_EACH_PLUGIN = """
new-sandbox wasm-over-native plugin-4k plugin-64k plugin-1m plugin-worst-input
""".split()
NAMES = [f"{row}-{plugin}" for row in OF_EACH_PLUGIN for plugin in DEFAULT_CHAIN]
NAMES += """
chain-4k-p50 chain-4k-p99 chain-per-byte-64k chain-per-byte-1m chain-worst-input
agent-turn stream-token-growth first-token-added
gateway-cpu-no-plugins gateway-cpu-default-chain
start-cold start-cached reload-rego reload-plugin-cold reload-plugin-cached
reload-failed-requests memory-idle memory-1000-streams
""".split()
KEYS = {"name", "value", "unit", "budget", "holds"}


def run(*arguments):
    return subprocess.run(
        [PROGRAM, "bench", "--quick", "--format", "json", *arguments],
        env=os.environ | {"CAPONIER_CACHE": str(cache_directory())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )


def every_row_is_there_once():
    done = run()
    rows = json.loads(done.stdout)
    assert sorted(row["name"] for row in rows) == sorted(NAMES), rows
    for row in rows:
        assert set(row) == KEYS, row
        # Everything that it takes is installed: no row may be left out for want of it.
        for key in ("value", "budget"):
            assert isinstance(row[key], (int, float)), (row, done.stderr)
        assert isinstance(row["unit"], str) and row["unit"], row
        # The value is rounded, the judgement is not.
        if abs(row["value"] - row["budget"]) > 0.001:
            assert row["holds"] is (row["value"] < row["budget"]), row
    assert done.returncode == (0 if all(row["holds"] for row in rows) else 2), done
    # No request fails over a reload, however slow the machine is.
    (failed,) = (row for row in rows if row["name"] == "reload-failed-requests")
    assert failed["value"] == 0, failed


def rows_can_be_chosen():
    rows = json.loads(run("--filter", "new-sandbox").stdout)
    assert [row["name"] for row in rows] == [name for name in NAMES if "new-sandbox" in name]
