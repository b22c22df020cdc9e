"""Ways around the inspection, through Envoy: the gateway's own table, packed."""

import evasion
from envoy_packed import PackedGateway


def every_disguise_is_inspected_or_refused():
    before = evasion.Guarded
    evasion.Guarded = PackedGateway
    try:
        evasion.every_disguise_is_inspected_or_refused()
    finally:
        evasion.Guarded = before
