"""MCP through Envoy: the gateway's own scenes, packed, and rules without any plugin."""

import asyncio

import mcp_routes
from envoy_packed import PackedGateway
from envoy_support import Envoy, packed
from support import AWS_KEY

RULES = """package caponier
deny contains "a key" if {
	some segment in input.segments
	contains(segment.text, "AKIA")
}
drop contains segment.id if {
	input.context.stage == "retrieval"
	some segment in input.segments
	segment.kind != "structured"
	contains(segment.text, "Ignore all previous")
}
"""


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


async def keeps_rules(server, port, mode):
    async with mcp_routes.session(port, mode) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert sorted(tools) == ["echo", "fetch", "leak", "lookup"], tools
        for name, arguments in (("echo", {"text": f"it is {AWS_KEY}"}), ("leak", {})):
            await mcp_routes.denied(client.call_tool(name, arguments))
        assert not server.called, server.called
        result = await client.call_tool("fetch", {})
        assert mcp_routes.text_of(result) == "[removed by policy]", result
        result = await client.call_tool("echo", {"text": "still here"})
        assert mcp_routes.text_of(result) == "You said: still here", result


def rules_without_plugins():
    route = {"path": {"Exact": "/mcp"}, "protocol": "mcp"}
    for json_response in (False, True):
        for mode in ("legacy", "auto"):
            with mcp_routes.Server(json_response) as server:
                configuration = packed(RULES, route=route, shell={"audit": True})
                with Envoy(server, configuration, values=[mcp_routes.ATTACK]) as envoy:
                    exchange = keeps_rules(server, envoy.port, mode)
                    asyncio.run(asyncio.wait_for(exchange, 60))
                    stages = {record["stage"] for record in envoy.audit()}
                    assert stages == {"prompt", "retrieval"}, stages
