# The default policy.
#
# What it does, strongest first:
#
#   access      a rule of `access` denies with status 403: who may do what
#   faults      a plugin that failed and is not `on_error: allow` denies with status 503
#   coverage    what could not be inspected is passed, flagged or denied as `limits:` says
#   findings    the strongest action that `actions:` gives to any finding; but in the retrieval
#               stage a document or tool result with a prompt injection in it is dropped, and the
#               exchange goes on without it
#
# It is there to be extended. A file of your own in `package caponier`, in a directory that the
# configuration's `rego:` lists, can add to these rules:
#
#   access contains reason if …            deny, status 403; asked in every phase, so from `begin` on
#   deny contains reason if …              deny
#   flag contains reason if …              flag
#   drop contains segment_id if …          take the segment out
#   request_set contains {field: value}    change a field of the request: `max_tokens`, `model`, …
#   request_unset contains field if …      take a field of the request out
#   labels contains {name: value}          label the exchange
#
# For example:
#
#   package caponier
#
#   access contains "this tenant has no access to the large model" if {
#       input.phase == "begin"
#       startswith(input.request.model, "large-")
#       input.context.tenant != "research"
#   }
#
#   deny contains "log probabilities are not given out" if input.request.logprobs
#
#   request_set contains {"max_tokens": 500} if input.context.principal.id == "intern"
#
# A file that declares `decision` in `package caponier` replaces this one whole.
#
# Reasons reach the client: they name rules, plugins and kinds, never text.
package caponier

decision := {
	"action": action,
	"reason": reason,
	"status": status,
	"drop": drop,
	"set": merged_set,
	"unset": request_unset,
	"labels": merged_labels,
}

# --- the action ---------------------------------------------------------------------------------

action := "deny" if count(access) > 0

else := "deny" if count(deny) > 0

else := "deny" if "deny" in asked

else := "redact" if "redact" in asked

else := "flag" if "flag" in asked

else := "flag" if count(flag) > 0

else := "flag" if count(drop) > 0

else := "allow"

# What the findings ask for. `input.counts` has it for all of them, those left out of
# `input.findings` included; only where dropping makes a finding harmless must each be looked at.
asked := object.keys(input.counts.by_action) if count(drop) == 0

else := {finding.action |
	some finding in input.findings
	not finding.segment in drop
} | {strongest_omitted |
	input.counts.omitted
	some strongest_omitted in object.keys(input.counts.by_action)
}

# --- access, faults and coverage ------------------------------------------------------------------

access contains data.caponier.never if false

deny contains sprintf("plugin %s failed: %s", [fault.plugin, fault.kind]) if {
	some fault in input.faults
	not fault.tolerated
}

deny contains sprintf("not inspected: %s", [gap.kind]) if {
	some gap in input.coverage.gaps
	answer_to(gap.kind) == "deny"
}

deny contains "too many findings to judge each document" if {
	input.context.stage == "retrieval"
	input.counts.omitted_by_configured.deny
}

flag contains sprintf("not inspected: %s", [gap.kind]) if {
	some gap in input.coverage.gaps
	answer_to(gap.kind) == "flag"
}

# Held text of a stream that broke off was never released: that needs no answer.
answer_to(kind) := {
	"unrecognized": data.caponier.limits.unrecognized,
	"endpoint": data.caponier.limits.endpoint,
	"over-limit": data.caponier.limits.over_limit,
	"image": data.caponier.limits.opaque.image,
	"audio": data.caponier.limits.opaque.audio,
	"file": data.caponier.limits.opaque.file,
	"discarded": "allow",
}[kind]

# --- poisoned documents -----------------------------------------------------------------------------

# A document is the attacker's to write and must not be theirs to deny service with: it goes, the
# others stay. `configured` and not `action` is asked, since the threshold for a denial is higher.
drop contains finding.segment if {
	input.context.stage == "retrieval"
	some finding in input.findings
	finding.category == "LLM01:2025"
	finding.configured == "deny"
	finding.confidence >= data.caponier.limits.drop_confidence
	finding.kind in {"document", "tool-result"}
}

# --- the reason ---------------------------------------------------------------------------------------

reason := concat("; ", access) if count(access) > 0

else := concat("; ", deny) if count(deny) > 0

else := concat(", ", {finding.rule | some finding in input.findings; finding.action == action}) if {
	action in asked
	action != "allow"
}

else := sprintf("dropped for %s", [concat(", ", {finding.rule |
	some finding in input.findings
	finding.segment in drop
	finding.configured == "deny"
})]) if count(drop) > 0

else := concat("; ", flag)

# --- the status of a denial; null leaves it to the host ------------------------------------------------

status := 403 if count(access) > 0

else := 503 if {
	some fault in input.faults
	not fault.tolerated
}

else := 413 if {
	data.caponier.limits.over_limit == "deny"
	some gap in input.coverage.gaps
	gap.kind == "over-limit"
}

else := null

# --- what is handed on ------------------------------------------------------------------------------

merged_set := {field: value | some change in request_set; some field, value in change}

merged_labels := {name: value | some label in labels; some name, value in label}

request_set contains {} if false

request_unset contains "" if false

labels contains {} if false
