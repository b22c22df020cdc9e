//! The measurements, as programs see them. See `py/bench.py`.

caponier_e2e::scenarios!("bench":
    every_row_is_there_once,
    rows_can_be_chosen,
);
