// Lines for the operator, who sees them where the plugin has the `log` grant. Never put inspected
// text in them.
import { host } from "./host.js";

const line = (level) => (message) => host.write?.(level, String(message));

/** Every step. */
export const trace = line("trace");
/** For the plugin's author. */
export const debug = line("debug");
/** Worth knowing. */
export const info = line("info");
/** Something an operator should look at. */
export const warn = line("warn");
/** Something failed. */
export const error = line("error");
