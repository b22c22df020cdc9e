//! The filter in stock Envoy. See `py/envoy_*.py`.

mod rules {
    caponier_e2e::scenarios!("envoy_chat":
        request_is_denied_or_passes,
        clean_request_arrives_byte_for_byte,
        fields_are_set_and_taken_out,
        answer_is_denied,
    );
}

mod bodies {
    caponier_e2e::scenarios!("envoy_bodies":
        chunks_of_one_byte,
        trailers,
        expect_continue_and_empty_body,
        over_limit_bodies,
        compressed_bodies,
        http2_in_many_frames,
        over_limit_may_pass_uninspected,
        client_and_upstream_that_leave,
        answers_that_are_none,
        network_reads_of_any_size,
        many_at_once,
        many_secrets_at_once,
        endpoints_and_paths,
        configuration_that_does_not_parse,
    );
}

mod attacks {
    caponier_e2e::scenarios!("envoy_attacks":
        targets_that_two_readers_take_for_different_ones,
        heads_with_odd_bytes,
        bodies_where_none_belong,
        redirects_and_retries_are_judged_again,
    );
}

mod context {
    caponier_e2e::scenarios!("envoy_context":
        jwt_authn_tells_who_it_is,
        named_headers_tell_who_it_is,
        audit_lines_are_those_of_the_gateway,
        metrics_have_the_gateways_names,
    );
}

mod filters {
    caponier_e2e::scenarios!("envoy_filters":
        buffer_and_lua,
        lua_that_writes,
        refusals_of_other_filters,
        jwt_authn_before_and_after,
        ext_proc_before_and_after,
    );
}

mod packed {
    caponier_e2e::scenarios!("envoy_packed":
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
        denied_streams_end_and_are_swallowed,
        the_command_writes_what_envoy_runs,
        what_runs_by_default_fits,
        what_cannot_be_packed_is_refused,
    );
}

mod wire {
    caponier_e2e::scenarios!("envoy_wire":
        chat,
        messages,
        responses,
        completions,
        ollama,
    );
}

mod evasion {
    caponier_e2e::scenarios!("envoy_evasion":
        every_disguise_is_inspected_or_refused,
    );
}

mod files {
    caponier_e2e::scenarios!("envoy_files":
        files_and_batches,
    );
}

mod clients {
    caponier_e2e::scenarios!("envoy_clients":
        langchain,
        llamaindex,
        asyncio,
        embeddings_and_tools,
    );
}

mod stores {
    caponier_e2e::scenarios!("envoy_stores":
        chroma_gives_each_tenant_its_own_and_takes_no_poison,
        opensearch_answers_lose_documents_and_nothing_else,
        qdrant_answers_lose_documents_and_nothing_else,
        opensearch_recorded,
        qdrant_recorded,
    );
}

mod bootstrap {
    caponier_e2e::scenarios!("envoy_bootstrap":
        what_clients_say_of_themselves_counts_for_nothing,
        only_tokens_that_hold_name_a_caller,
        what_a_bootstrap_cannot_vouch_for_is_refused,
        connections_have_the_configurations_limits,
        one_address_with_and_without_tls,
        a_module_with_secrets_is_its_owners,
    );
}

mod manifests {
    caponier_e2e::scenarios!("envoy_manifests":
        an_envoy_filter_guards,
        what_istio_fetches_is_pinned,
        a_wasm_plugin_would_not_do,
        an_image_is_what_readers_expect,
        an_image_goes_through_a_registry,
        the_example_with_reloads,
        the_example_for_istio,
    );
}

mod wrk {
    caponier_e2e::scenarios!("envoy_wrk":
        throughput_and_added_time,
    );
}

mod reload {
    caponier_e2e::scenarios!("envoy_reload":
        no_request_fails_over_reloads,
        what_is_broken_is_refused,
        nothing_piles_up,
    );
}

mod guests {
    caponier_e2e::scenarios!("envoy_guests":
        a_hostile_plugin_costs_one_verdict,
        hand_written_guests_fail_as_in_the_gateway,
        what_fails_at_once_is_packed_no_more_than_served,
        a_fault_may_be_tolerated,
        copied_input_is_in_no_record,
        counters_cost_what_they_take,
    );
}

/// It packs with `target/release/examples/measured`, which `cargo build --release --examples` makes.
#[test]
#[ignore = "a measurement"]
fn cost_of_containment_and_reset() {
    caponier_e2e::scenario("envoy_cost", "containment_and_reset");
}
