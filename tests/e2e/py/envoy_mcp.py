"""MCP through Envoy: the gateway's own scenes, packed."""

import mcp_routes
from envoy_packed import PackedGateway


class Packed(PackedGateway):
    """Envoy in the place of the gateway."""

    path_pattern = "/mcp"


def scene(json_response, mode):
    before = mcp_routes.Guarded
    mcp_routes.Guarded = Packed
    try:
        mcp_routes.scene(json_response, mode)
    finally:
        mcp_routes.Guarded = before


def session_with_streams():
    scene(False, "legacy")


def session_with_bodies():
    scene(True, "legacy")


def newest_revision_with_streams():
    scene(False, "auto")


def newest_revision_with_bodies():
    scene(True, "auto")
