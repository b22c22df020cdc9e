"""Files and batches through Envoy: the gateway's own scenes, packed."""

import files
from envoy_packed import PackedGateway


def files_and_batches():
    before = files.Guarded
    files.Guarded = PackedGateway
    try:
        for scene in files.SCENES:
            scene()
    finally:
        files.Guarded = before
