//! The decision port. See `py/decision.py`.

caponier_e2e::scenarios!("decision":
    three_stages_of_one_exchange,
    state_is_sealed,
    wrong_calls_are_named,
);
