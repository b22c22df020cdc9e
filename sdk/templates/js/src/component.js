// What is built: the plugin as the host calls it.
import { component } from "../caponier/js/lib/component.js";

import MyPlugin from "./plugin.js";

export const guard = component(MyPlugin);
