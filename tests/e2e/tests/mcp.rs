//! MCP with the official SDK's server and client, and this program between them. See
//! `py/mcp_routes.py` and `py/envoy_mcp.py`.

caponier_e2e::scenarios!("mcp_routes":
    session_with_streams,
    session_with_bodies,
    newest_revision_with_streams,
    newest_revision_with_bodies,
    tools_that_change_are_dropped,
);

mod envoy {
    caponier_e2e::scenarios!("envoy_mcp":
        session_with_streams,
        session_with_bodies,
        newest_revision_with_streams,
        newest_revision_with_bodies,
        rules_without_plugins,
    );
}
