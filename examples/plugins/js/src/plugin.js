import { definePlugin, PolicyError, setting } from "../../../../sdk/js/lib/index.js";

import { fold } from "./fold.js";

const RULE = "competitor";
const WORD = "[\\p{L}\\p{N}\\p{M}_]";

/** Finds the names of competitors in what the model says, and puts a neutral word in their place. */
export default definePlugin({
  settings: {
    names: setting.list(setting.string(), { default: [], description: "The names, as they are written." }),
    replacement: setting.string({ default: "another provider", description: "What to write in place of a name." }),
    replacements: setting.map(setting.string(), { default: {}, description: "What to write in place of some names." }),
  },

  manifest: (settings) => ({
    name: "competitors",
    version: "1.0.0",
    description: "Mentions of competitors in answers, with a neutral replacement.",
    stages: ["output"],
    kinds: ["text", "refusal"],
    rules: [{ id: RULE, title: "Competitor mention", severity: "low", window: window(settings.names) }],
  }),

  configure(settings) {
    const names = new Map();
    for (const name of settings.names) {
      const folded = single(fold(name).text).trim();
      if (!new RegExp(WORD, "u").test(folded)) {
        throw new PolicyError("settings.names: a name has no letter or digit\nhint: remove it");
      }
      names.set(folded, { name, replacement: settings.replacements.get(name) ?? settings.replacement });
    }
    if (names.size === 0) {
      throw new PolicyError("settings.names: no name is given\nhint: name who is not to be mentioned: `names: [Acme]`");
    }
    for (const name of settings.replacements.keys()) {
      if (!settings.names.includes(name)) {
        throw new PolicyError(`settings.replacements.${name}: \`names\` does not list it\nhint: add it there`);
      }
    }
    // The longest first: "Acme Cloud" is not "Acme" and a word.
    const sorted = [...names.keys()].sort((one, other) => other.length - one.length);
    return { names, sorted, pattern: new RegExp(sorted.map(expression).join("|"), "gu"), window: window(settings.names) };
  },

  inspect(own, call, report) {
    for (const segment of call.segments) {
      const folded = fold(segment.text);
      for (const match of folded.text.matchAll(own.pattern)) {
        const start = folded.at(match.index);
        const end = folded.end(match.index + match[0].length - 1);
        const { name, replacement } = own.names.get(single(match[0]));
        report
          .finding(RULE, segment)
          .at(start, end)
          .confidence(certainty(name, segment.text.slice(start, end)))
          .replacement(replacement);
      }
      holdBack(own, segment, folded, report);
    }
  },
});

function holdBack({ sorted, window }, segment, folded, report) {
  if (!segment.open) return;
  const { text } = folded;
  for (let at = Math.max(0, text.length - window); at < text.length; at++) {
    const tail = single(text.slice(at));
    if (sorted.some((name) => name.startsWith(tail))) {
      report.hold(segment, folded.at(at));
      return;
    }
  }
}

/** A name in lower case may be a common word: apple, oracle. */
function certainty(name, written) {
  if (written === name) return 1;
  return written === written.toLowerCase() && name !== name.toLowerCase() ? 0.6 : 0.9;
}

/** A name that is no part of a longer word, with any number of spaces for one. */
function expression(name) {
  const first = new RegExp(`^${WORD}`, "u").test(name) ? `(?<!${WORD})` : "";
  const last = new RegExp(`${WORD}$`, "u").test(name) ? `(?!${WORD})` : "";
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replaceAll(" ", " +");
  return first + escaped + last;
}

function single(folded) {
  return folded.replace(/ +/g, " ");
}

/** In bytes. Spaces and invisible characters may stretch a name. */
function window(names) {
  return 64 + 8 * Math.max(0, ...names.map((name) => name.length));
}
