//! Bills of materials. See `py/sbom.py`.

caponier_e2e::scenarios!("sbom":
    bills_are_of_what_was_built,
    bills_that_are_wrong_are_noticed,
    the_program_prints_them,
);
