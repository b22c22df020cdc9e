//! Hostile plugins in the whole program. See `py/guests.py`.

caponier_e2e::scenarios!("guests":
    copied_input_is_in_no_record,
    faults_deny_or_pass_as_configured,
    nothing_is_remembered,
    a_stream_held_for_ever_is_denied,
);
