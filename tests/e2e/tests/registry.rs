//! Plugins from registries, and who vouches for them. See `py/registry.py`.

caponier_e2e::scenarios!("registry":
    pushed_plugin_runs_by_digest,
    tags_are_locked,
    signatures_are_demanded,
    registries_are_not_trusted,
    grants_are_compared,
);
