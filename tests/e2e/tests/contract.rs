//! Metrics and schema. See `py/contract.py`.

caponier_e2e::scenarios!("contract":
    promtool_accepts_the_metrics,
    schema_validates_every_configuration,
    wrong_configurations_are_explained,
    records_of_a_day_hold_no_text,
);
