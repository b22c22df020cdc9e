//! The official client against the gateway. See `py/chat.py`.

caponier_e2e::scenarios!("chat":
    attack_is_denied,
    address_is_a_token_upstream_and_itself_for_the_user,
    clean_request_arrives_byte_for_byte,
    secret_split_in_text,
    secret_split_in_tool_arguments,
    secret_in_a_whole_answer,
    network_reads_of_any_size,
    token_is_not_restored_where_it_could_leave,
    token_from_a_document_is_not_restored,
    stream_cut_before_its_end,
    refused_requests,
    upstream_that_is_not_there,
);
