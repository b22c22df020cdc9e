//! Attacks on how the gateway reads and restores. See `py/attacks.py`.

caponier_e2e::scenarios!("attacks":
    requests_that_two_readers_take_apart_differently,
    frames_that_become_other_requests,
    bodies_in_another_charset,
    texts_in_odd_fields,
    streams_of_a_hostile_upstream,
    tokens_are_not_restored_in_disguise,
);
