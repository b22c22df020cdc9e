//! What all scenarios together have written. See `py/records.py`. `cargo xtask test` runs this after
//! everything else.

caponier_e2e::scenarios!("records":
    no_record_of_any_scenario_holds_a_test_value,
);
