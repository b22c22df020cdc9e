//! The Python client of the decision port. See `py/client_python.py`.

caponier_e2e::scenarios!("client_python":
    three_stages_of_one_exchange,
    denial_is_raised_and_stays,
    without_a_decision_nothing_passes,
    token_is_needed_and_kept,
    documents_go_on_or_do_not,
    one_document_takes_no_other_along,
    asyncio_asks_alike,
    langchain_retriever,
    llamaindex_postprocessor,
    package_can_be_installed,
    readme_does_what_it_says,
);
