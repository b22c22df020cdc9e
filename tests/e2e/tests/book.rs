//! The book in `docs/` and the README: every code block is run. See `py/book.py`.

caponier_e2e::scenarios!("book":
    blocks_are_held_to_their_words,
    every_link_leads_somewhere,
    every_page_has_a_test,
    every_page_is_in_the_summary,
    the_book_builds_without_warnings,
    the_reference_is_current,
    page_readme,
);
