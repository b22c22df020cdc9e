//! Official clients under asyncio, LangChain and LlamaIndex: the promises of each wire format with
//! each of its clients. See `py/clients.py`.

caponier_e2e::scenarios!("clients":
    async_chat,
    async_messages,
    async_responses,
    async_ollama,
    langchain_chat,
    langchain_messages,
    langchain_responses,
    langchain_ollama,
    llamaindex_chat,
    llamaindex_responses,
    llamaindex_ollama,
    texts_to_embed,
    llamaindex_embeddings,
    tool_results_are_removed,
    answers_before_are_a_gap,
    restored_between_turns,
    openai_accumulates,
);
