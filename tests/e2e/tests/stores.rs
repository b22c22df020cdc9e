//! Stores of documents behind a route: Chroma itself, and the others by what they answer. See
//! `py/stores.py`, `py/store_answers.py` and `py/recorded.py`.

caponier_e2e::scenarios!("stores":
    chroma_gives_each_tenant_its_own_and_takes_no_poison,
    qdrant_gives_each_tenant_its_own_and_takes_no_poison,
    opensearch_gives_each_tenant_its_own_and_takes_no_poison,
    postgrest_gives_each_tenant_its_own_and_takes_no_poison,
    a_store_of_ones_own_gives_each_tenant_its_own_and_takes_no_poison,
);

mod answers {
    caponier_e2e::scenarios!("store_answers":
        opensearch_answers_lose_documents_and_nothing_else,
        qdrant_answers_lose_documents_and_nothing_else,
    );
}

mod recorded {
    caponier_e2e::scenarios!("recorded":
        opensearch,
        qdrant,
    );
}
