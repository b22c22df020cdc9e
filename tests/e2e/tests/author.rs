//! The author's side of plugins. See `py/author.py`.

caponier_e2e::scenarios!("author":
    rust_from_nothing,
    c_from_nothing,
    python_from_nothing,
    js_from_nothing,
    rust_cases_run_natively,
    rust_builds_are_reproducible,
    cases_that_fail_are_told,
    built_in_cases_hold_in_the_sandbox,
    python_sdk_by_itself,
    js_sdk_by_itself,
    c_sdk_by_itself,
    examples,
);
