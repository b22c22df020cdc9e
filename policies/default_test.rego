# Tests of the default policy: every rule `test_…` must hold.
package caponier_test

import data.caponier

finding(changes) := object.union(
	{
		"id": "f1",
		"plugin": "pii",
		"rule": "pii/email",
		"severity": "medium",
		"confidence": 0.9,
		"segment": 0,
		"role": "user",
		"kind": "text",
		"late": false,
		"action": "redact",
		"configured": "redact",
	},
	changes,
)

poison(changes) := finding(object.union(
	{
		"plugin": "injection",
		"rule": "injection/instruction-override",
		"category": "LLM01:2025",
		"confidence": 0.8,
		"kind": "document",
		"role": "document",
		"action": "allow",
		"configured": "deny",
	},
	changes,
))

# An input as the host would make it of these findings.
inspected(stage, findings) := {
	"phase": "findings",
	"context": {"stage": stage, "route": "/v1/*"},
	"request": {},
	"findings": findings,
	"counts": {
		"total": count(findings),
		"strongest": [action | some action in ["deny", "redact", "flag", "allow"]; action in asked][0],
	},
	"coverage": {"gaps": []},
	"faults": [],
} if {
	asked := {"allow"} | {f.action | some f in findings}
}

with_gap(kind) := object.union(inspected("prompt", []), {"coverage": {"gaps": [{"kind": kind, "place": "x"}]}})

with_fault(tolerated) := object.union(
	inspected("prompt", []),
	{"faults": [{"plugin": "pii", "kind": "timeout", "tolerated": tolerated}]},
)

test_a_budget_that_is_used_up_is_denied_as_such if {
	used := finding({"rule": "quota/tokens", "category": "LLM10:2025", "action": "deny"})
	decision := caponier.decision with input as inspected("prompt", [used])
	decision.action == "deny"
	decision.status == 429
	flagged := object.union(used, {"action": "flag"})
	noted := caponier.decision with input as inspected("prompt", [flagged])
	noted.action == "flag"
	noted.status == null
	denied := finding({"action": "deny"})
	other := caponier.decision with input as inspected("prompt", [denied])
	other.status == null
	both := caponier.decision with input as inspected("prompt", [used, denied])
	both.action == "deny"
	both.status == null
}

test_nothing_found_is_allowed if {
	d := caponier.decision with input as inspected("prompt", [])
	d.action == "allow"
	d.reason == ""
	d.drop == set()
	d.set == {}
	d.unset == []
	d.labels == {}
}

test_begin_is_allowed if {
	i := object.union(inspected("prompt", []), {"phase": "begin"})
	d := caponier.decision with input as i
	d.action == "allow"
}

test_a_finding_counts_by_its_action if {
	every action in ["allow", "flag", "redact", "deny"] {
		d := caponier.decision with input as inspected("prompt", [finding({"action": action})])
		d.action == action
	}
}

test_the_strongest_action_wins_and_is_the_one_named if {
	d := caponier.decision with input as inspected("prompt", [
		finding({"id": "f1"}),
		finding({"id": "f2", "rule": "injection/x", "action": "deny"}),
		finding({"id": "f3", "rule": "other/y", "action": "flag"}),
	])
	d.action == "deny"
	d.reason == "injection/x"
	d.status == null
}

test_a_rule_is_named_once if {
	d := caponier.decision with input as inspected("output", [finding({"id": "f1"}), finding({"id": "f2"})])
	d.action == "redact"
	d.reason == "pii/email"
}


test_a_fault_denies_with_503_and_names_plugin_and_kind if {
	d := caponier.decision with input as with_fault(false)
	d.action == "deny"
	d.status == 503
	d.reason == "plugin pii failed: timeout"
}

test_a_tolerated_fault_passes if {
	d := caponier.decision with input as with_fault(true)
	d.action == "allow"
}

test_gaps_are_answered_as_limits_say if {
	every kind, action in {
		"over-limit": "deny",
		"unrecognized": "flag",
		"endpoint": "flag",
		"image": "allow",
		"audio": "flag",
		"file": "deny",
		"discarded": "allow",
	} {
		d := caponier.decision with input as with_gap(kind)
		d.action == action
	}
}

test_the_operators_limits_count if {
	limits := object.union(data.caponier.limits, {"opaque": {"image": "deny", "audio": "allow", "file": "allow"}})
	every kind, action in {"image": "deny", "audio": "allow", "file": "allow"} {
		d := caponier.decision with input as with_gap(kind) with data.caponier.limits as limits
		d.action == action
	}
}

test_too_large_is_413_and_other_gaps_leave_the_status_to_the_host if {
	large := caponier.decision with input as with_gap("over-limit")
	large.status == 413
	file := caponier.decision with input as with_gap("file")
	file.status == null
	file.reason == "not inspected: file"
}

test_a_poisoned_document_is_dropped_and_the_rest_goes_on if {
	d := caponier.decision with input as inspected("retrieval", [poison({"segment": 2})])
	d.action == "flag"
	d.drop == {2}
	d.reason == "dropped for injection/instruction-override"
}

test_a_poisoned_tool_result_is_dropped_even_where_the_rule_would_deny if {
	d := caponier.decision with input as inspected("retrieval", [poison({"kind": "tool-result", "action": "deny", "confidence": 0.99})])
	d.action == "flag"
	d.drop == {0}
}

test_a_tool_with_a_poisoned_description_is_dropped if {
	d := caponier.decision with input as inspected("retrieval", [poison({"segment": 2, "kind": "tool-description"})])
	d.action == "flag"
	d.drop == {2}
}

test_what_is_in_other_segments_still_counts if {
	d := caponier.decision with input as inspected("retrieval", [
		poison({"segment": 2}),
		finding({"id": "f2", "segment": 2, "action": "deny", "rule": "other/in-the-dropped"}),
		finding({"id": "f3", "segment": 3}),
	])
	d.action == "redact"
	d.drop == {2}
	d.reason == "pii/email"
}

test_doubtful_documents_stay if {
	d := caponier.decision with input as inspected("retrieval", [poison({"confidence": 0.69})])
	d.action == "allow"
	d.drop == set()
}

test_an_operator_who_allows_injections_keeps_the_documents if {
	d := caponier.decision with input as inspected("retrieval", [poison({"configured": "allow", "confidence": 1})])
	d.action == "allow"
	d.drop == set()
}

test_only_retrieval_drops if {
	every stage in ["prompt", "output"] {
		d := caponier.decision with input as inspected(stage, [poison({"action": "deny"})])
		d.action == "deny"
		d.drop == set()
	}
}

test_a_denial_elsewhere_in_retrieval_denies if {
	d := caponier.decision with input as inspected("retrieval", [
		poison({"segment": 2}),
		poison({"id": "f2", "segment": 3, "kind": "query", "action": "deny"}),
	])
	d.action == "deny"
}

test_a_flood_of_findings_cannot_hide_a_poisoned_document if {
	i := object.union(inspected("retrieval", [poison({})]), {"counts": {
		"strongest": "allow",
		"omitted": 1,
		"omitted_by_action": {"allow": 1},
		"omitted_by_configured": {"deny": 1},
	}})
	d := caponier.decision with input as i
	d.action == "deny"
}

test_omitted_findings_count_beside_a_drop if {
	i := object.union(inspected("retrieval", [poison({})]), {"counts": {
		"strongest": "redact",
		"omitted": 1,
		"omitted_by_action": {"redact": 1},
		"omitted_by_configured": {"redact": 1},
	}})
	d := caponier.decision with input as i
	d.action == "redact"
	d.drop == {0}
}
