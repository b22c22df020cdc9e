// Only a component has the modules that this one imports.
import data from "caponier:policy/data@0.1.0";
import log from "caponier:policy/log@0.1.0";

import { guarded } from "./guard.js";
import { host } from "./host.js";

/** What a component exports for a plugin: `export const guard = component(plugin);` */
export function component(plugin) {
  host.write = (level, message) => log.write(level, message);
  host.counting = false;
  return guarded(plugin, data);
}
