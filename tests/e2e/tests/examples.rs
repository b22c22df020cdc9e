//! The examples and the policy cases. See `py/examples.py`.

caponier_e2e::scenarios!("examples":
    a_gateway_for_a_team,
    policy_cases_hold,
);
