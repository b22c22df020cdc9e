/**
 * The host's imports. A component puts them here; outside of a sandbox nobody listens, nothing is
 * granted and nothing is counted. `counting` is false in a component built without counters.
 */
export const host = { write: undefined, counters: undefined, counting: true };
