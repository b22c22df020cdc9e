//! What comes in and should not. See `py/bad_input.py`.

caponier_e2e::scenarios!("bad_input":
    json_that_is_not_clear,
    letters_that_are_none,
    bodies_over_the_limit,
    compressed_requests,
    compressed_answers,
    what_nobody_knows,
    parts_that_are_not_text,
    endpoints_that_nobody_knows,
    websocket_upgrades,
    upstreams_that_fail,
    answers_that_are_errors,
    configurations_that_are_wrong,
    forged_credentials,
);
