//! Reloads under load. See `py/reload.py`.

caponier_e2e::scenarios!("reload":
    no_request_fails_over_reloads,
    keys_are_reloaded,
    a_changed_address_needs_a_restart,
);
