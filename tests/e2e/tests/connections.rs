//! TLS, HTTP/2, certificates that change, slow and many clients. See `py/connections.py`.

caponier_e2e::scenarios!("connections":
    http2_over_tls,
    http2_can_be_turned_off,
    http2_resets_and_large_headers,
    certificates_change_while_it_listens,
    slow_clients,
    slow_handshakes,
    large_headers_and_many_connections,
    an_answer_does_not_wait_for_the_next_request,
    a_client_that_leaves_stops_the_model,
    a_stop_lets_streams_end,
    a_full_evaluation_pool,
    upstreams_behind_tls,
);
