import { PolicyError } from "./error.js";
import { Instance } from "./instance.js";

/** The interface that a component exports, with the host's files. */
export function guarded(plugin, files) {
  const instance = new Instance(plugin);
  const data = {
    names: () => files.names(),
    read: (name) => {
      try {
        return Uint8Array.from(files.read(name));
      } catch (error) {
        throw new PolicyError(String(error?.message ?? error));
      }
    },
  };
  return {
    describe: () => instance.describe(),
    configure: (settings) => said(() => instance.configure(settings, data)),
    inspect: (context, segments, state) => said(() => instance.inspect(context, segments, state)),
  };
}

// An error of the plugin is an answer; what else goes wrong says what it is and never what it saw.
function said(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof PolicyError) throw error.message;
    const name = error instanceof Error ? error.name : "something that is no Error";
    throw `the plugin threw ${name}\nhint: that is a mistake in the plugin; \`node --test\` shows where`;
  }
}
