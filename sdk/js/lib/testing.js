import { PolicyError } from "./error.js";
import { Instance } from "./instance.js";
import { decode, encode } from "./utf8.js";

/**
 * One plugin, configured and called without a sandbox. Its state is carried from call to call:
 * one harness is one exchange.
 */
export class Harness {
  #instance;
  #state = new Uint8Array(0);
  context = { exchange: "test", tenant: null, principal: null, route: "", model: null, time: 0, seed: 24301, attributes: [] };

  /**
   * @param {object} plugin
   * @param {object} settings
   * @param {Record<string, Uint8Array>} files what the granted directory holds
   * @throws {PolicyError} where the settings are refused
   */
  constructor(plugin, settings = {}, files = {}) {
    this.#instance = new Instance(plugin);
    this.#instance.configure(JSON.stringify(settings), {
      names: () => Object.keys(files).sort(),
      read: (name) => {
        if (Object.hasOwn(files, name)) return files[name];
        throw new PolicyError(`there is no file \`${name}\`\nhint: grant its directory: \`grants: { data: ./lists }\``);
      },
    });
  }

  /** The manifest under these settings. */
  manifest() {
    return this.#instance.describe();
  }

  /** Shows segments in one call: raw ones, `{ id, text, … }`, with offsets in bytes. */
  inspect(stage, segments) {
    const report = this.#instance.inspect({ ...this.context, stage }, segments, this.#state);
    if (report.state) this.#state = report.state;
    return report;
  }

  /** Shows one text that a user wrote, and answers the rules and texts that were found. */
  prompt(text) {
    const segment = { id: 0, role: "user", kind: "text", text };
    return found(this.inspect("prompt", [segment]), segment);
  }
}

/** The rules that were found in a raw segment, each with the text that its span covers. */
export function found(report, segment) {
  const bytes = encode(segment.text);
  return report.findings
    .filter((finding) => finding.segment === segment.id)
    .map(({ rule, span }) => [rule, decode(bytes.subarray(span?.start ?? 0, span?.end ?? bytes.length))]);
}
