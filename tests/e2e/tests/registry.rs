//! Plugins from registries, and who vouches for them. See `py/registry.py`.

caponier_e2e::scenarios!("registry":
    pushed_plugin_runs_by_digest,
    tags_are_locked,
    what_is_pulled_comes_as_it_must_be,
    signatures_are_demanded,
    registries_are_not_trusted,
    grants_are_compared,
    packed_modules_are_fetched_as_meshes_do,
);
