//! The search through the records can fail. See `py/records.py`.

caponier_e2e::scenarios!("records":
    a_planted_value_is_found,
);
