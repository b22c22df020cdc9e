// What is built: the plugin as the host calls it.
import { component } from "../../../../sdk/js/lib/component.js";

import plugin from "./plugin.js";

export const guard = component(plugin);
