/**
 * Answers the plugin as it is: it lends an editor the types of index.d.ts.
 *
 * @template {import("./index.d.ts").Plugin<any, any>} P
 * @param {P} plugin
 * @returns {P}
 */
export function definePlugin(plugin) {
  return plugin;
}
