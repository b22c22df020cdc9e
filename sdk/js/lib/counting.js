// In place of component.js, for a plugin that counts: only the world `counting` has counters.
import counters from "caponier:policy/counters@0.1.0";
import data from "caponier:policy/data@0.1.0";
import log from "caponier:policy/log@0.1.0";

import { guarded } from "./guard.js";
import { host } from "./host.js";

/** What a component exports for a plugin that counts. */
export function component(plugin) {
  host.write = (level, message) => log.write(level, message);
  host.counters = counters;
  return guarded(plugin, data);
}
