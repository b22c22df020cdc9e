/** Where in the application's data flow a text was seen. */
export const STAGES = Object.freeze(["prompt", "retrieval", "output"]);

/** Who a text speaks for. */
export const ROLES = Object.freeze(["system", "developer", "user", "assistant", "tool", "document", "other"]);

/** What sort of text a segment is. */
export const KINDS = Object.freeze([
  "text",
  "query",
  "tool-call",
  "tool-result",
  "tool-description",
  "document",
  "reasoning",
  "refusal",
  "citation",
  "structured",
  "other",
]);

/** How bad a finding is, from the least to the worst. */
export const SEVERITIES = Object.freeze(["info", "low", "medium", "high", "critical"]);

/** What a plugin's findings in a segment depend on: that segment, or others of the stage too. */
export const SCOPES = Object.freeze(["segment", "stage"]);
