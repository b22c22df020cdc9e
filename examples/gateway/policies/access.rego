package caponier

# Large models are for the research group; asked before anything is inspected.
access contains "this model is for the research group" if {
	startswith(input.request.model, "large-")
	not "research" in input.context.principal.roles
}

# Nobody needs token probabilities, and they help to copy a model.
request_unset contains "logprobs" if input.request.logprobs

# Interns get short answers.
request_set contains {"max_tokens": 500} if "intern" in input.context.principal.roles
