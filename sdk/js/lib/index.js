/**
 * Write a Caponier policy plugin in JavaScript.
 *
 * A plugin is an object: `settings`, `manifest`, `configure` and `inspect`; see `Plugin` in
 * index.d.ts. Indices into text are JavaScript's own, UTF-16 units; the SDK turns them into the
 * byte offsets of the contract, so that no report can be malformed.
 */
export { PolicyError } from "./error.js";
export { KINDS, ROLES, SCOPES, SEVERITIES, STAGES } from "./words.js";
export { Segment } from "./segment.js";
export { Report, MAX_NOTE } from "./report.js";
export { MAX_STATE } from "./state.js";
export * as counters from "./counters.js";
export * as hold from "./hold.js";
export * as log from "./log.js";
export * as setting from "./settings.js";
export { definePlugin } from "./plugin.js";
export { decode } from "./utf8.js";
