import { definePlugin, hold, PolicyError, setting } from "../caponier/js/lib/index.js";

const DIGITS = 6;

/** Finds staff badge numbers: a prefix and six digits. */
const MyPlugin = definePlugin({
  settings: {
    prefix: setting.string({ default: "BADGE-", description: "What a badge number starts with." }),
  },

  manifest: (settings) => ({
    name: "my-plugin",
    version: "0.1.0",
    description: "Staff badge numbers.",
    rules: [
      {
        id: "badge",
        title: "Staff badge number",
        severity: "high",
        category: "LLM02:2025",
        // In bytes: a unit is at most three, and the character behind decides too.
        window: 3 * (settings.prefix.length + DIGITS + 2),
      },
    ],
  }),

  configure(settings) {
    if (settings.prefix === "") {
      throw new PolicyError("settings.prefix: it is empty\nhint: name what a badge number starts with");
    }
    const escaped = settings.prefix.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
    return {
      prefix: settings.prefix,
      pattern: new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}[0-9]{${DIGITS}}(?![\\p{L}\\p{N}_])`, "gu"),
    };
  },

  inspect({ prefix, pattern }, call, report) {
    for (const segment of call.segments) {
      for (const match of segment.text.matchAll(pattern)) {
        report
          .finding("badge", segment)
          .at(match.index, match.index + match[0].length)
          .confidence(0.95);
      }
      // In a stream: what may become a badge number must not go out yet.
      const growing = hold.fromTail(
        segment,
        prefix.length + DIGITS + 1,
        (character) => /[\p{L}\p{N}]/u.test(character) || prefix.includes(character),
      );
      if (growing !== undefined) report.hold(segment, growing);
    }
  },
});

export default MyPlugin;
