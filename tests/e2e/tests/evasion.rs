//! Ways around the inspection. See `py/evasion.py`.

caponier_e2e::scenarios!("evasion": every_disguise_is_inspected_or_refused,);
