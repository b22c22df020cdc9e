//! Files and batches with the official client. See `py/files.py`.

caponier_e2e::scenarios!("files":
    batch_goes_its_way_redacted,
    clean_file_is_byte_for_byte,
    bad_row_is_refused_by_its_number,
    documents_are_inspected_and_what_is_none_is_not_let_through,
);
