//! What the commands for plugins refuse, and how. See `py/refused.py`.

caponier_e2e::scenarios!("refused":
    new_projects,
    projects_that_cannot_be_built,
    folders_without_a_project,
    builds_of_something_else,
    cases_with_mistakes,
    components_that_are_none,
    a_component_of_a_gibibyte,
    manifests_that_cannot_be_used,
    credentials_that_are_refused,
    redirects_elsewhere,
    images_that_are_no_plugin,
);
