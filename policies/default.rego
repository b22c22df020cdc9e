# The default policy.
#
# What it does; the first that applies gives action, reason and status:
#
#   access      a rule of `access` denies with status 403: who may do what
#   faults      a plugin that failed and is not `on_error: allow` denies with status 503
#   deny        a rule of `deny` denies
#   coverage    what could not be inspected denies where `limits:` says so, with status 413 if it
#               was too large
#   findings    the strongest action that `actions:` gives to any finding; a denial for using more than
#               is allowed (LLM10:2025) with status 429
#   flag        a rule of `flag`, what could not be inspected, or a dropped document flags
#
# In the retrieval stage a document, a tool result or a tool that a server offers, with a prompt
# injection in it, is dropped: its findings then do not count, and the exchange goes on without it.
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
	"action": verdict.action,
	"reason": verdict.reason,
	"status": verdict.status,
	"drop": drop,
	"set": {field: value | some change in data.caponier.request_set; some field, value in change},
	"unset": [field | some field in data.caponier.request_unset],
	"labels": {name: value | some label in data.caponier.labels; some name, value in label},
}

# The rules to extend are written with their full path: so they need not exist.
verdict := {"action": "deny", "reason": concat("; ", data.caponier.access), "status": 403} if {
	count(data.caponier.access) > 0
} else := {"action": "deny", "reason": concat("; ", failed), "status": 503} if {
	input.faults != []
	failed := {sprintf("plugin %s failed: %s", [fault.plugin, fault.kind]) |
		some fault in input.faults
		not fault.tolerated
	}
	count(failed) > 0
} else := {"action": "deny", "reason": concat("; ", data.caponier.deny), "status": null} if {
	count(data.caponier.deny) > 0
} else := {"action": "deny", "reason": not_inspected(kinds), "status": gap_status(kinds)} if {
	input.coverage.gaps != []
	kinds := gaps("deny")
	count(kinds) > 0
} else := {"action": "deny", "reason": "too many findings to judge each document", "status": null} if {
	input.context.stage == "retrieval"
	input.counts.omitted_by_configured.deny
} else := {"action": strongest, "reason": concat(", ", rules), "status": found_status} if {
	strongest != "allow"
	rules := {finding.rule | some finding in input.findings; finding.action == strongest}
} else := {"action": "flag", "reason": concat("; ", data.caponier.flag), "status": null} if {
	count(data.caponier.flag) > 0
} else := {"action": "flag", "reason": not_inspected(kinds), "status": null} if {
	input.coverage.gaps != []
	kinds := gaps("flag")
	count(kinds) > 0
} else := {"action": "flag", "reason": concat("", ["dropped for ", concat(", ", rules)]), "status": null} if {
	drop != set()
	rules := {finding.rule | some finding in input.findings; finding.segment in drop}
	rules != set()
} else := {"action": "flag", "reason": "dropped by a rule", "status": null} if {
	drop != set()
} else := {"action": "allow", "reason": "", "status": null}

default found_status := null

# Whoever is told to come back later must not be denied for what was said.
found_status := 429 if {
	strongest == "deny"
	categories := {object.get(finding, "category", "") | some finding in input.findings; finding.action == "deny"}
	categories == {"LLM10:2025"}
}

# The strongest action that any finding asks for. The host has counted; only where something is
# dropped must the others be looked at one by one.
strongest := input.counts.strongest if {
	drop == set()
} else := [action |
	some action in ["deny", "redact", "flag", "allow"]
	action in staying
][0] if {
	staying := {finding.action |
		some finding in input.findings
		not finding.segment in drop
	} | {"allow"} | object.keys(object.get(input.counts, "omitted_by_action", {}))
}

# A document is the attacker's to write and must not be theirs to deny service with: it goes, the
# others stay. `configured` and not `action` is asked, since the threshold for a denial is higher.
drop contains finding.segment if {
	input.context.stage == "retrieval"
	some finding in input.findings
	finding.category == "LLM01:2025"
	finding.configured == "deny"
	finding.kind in {"document", "tool-description", "tool-result"}
	finding.confidence >= data.caponier.limits.drop_confidence
}

# Kinds of what could not be inspected, by what `limits:` says of them.
gaps(answer) := {gap.kind |
	some gap in input.coverage.gaps
	answers[gap.kind] == answer
}

# Held text of a stream that broke off was never released: that needs no answer.
answers := {
	"unrecognized": data.caponier.limits.unrecognized,
	"endpoint": data.caponier.limits.endpoint,
	"over-limit": data.caponier.limits.over_limit,
	"image": data.caponier.limits.opaque.image,
	"audio": data.caponier.limits.opaque.audio,
	"file": data.caponier.limits.opaque.file,
	"discarded": "allow",
}

not_inspected(kinds) := concat("", ["not inspected: ", concat(", ", kinds)])

gap_status(kinds) := 413 if "over-limit" in kinds

else := null
