import { PolicyError } from "./error.js";
import { encode } from "./state.js";
import { SEVERITIES } from "./words.js";

/** The most bytes of a note; see `Report.note`. */
export const MAX_NOTE = 4096;

/** A finding that has been reported and may be said more of. */
class Finding {
  #segment;
  #raw;

  constructor(segment, raw) {
    this.#segment = segment;
    this.#raw = raw;
  }

  /**
   * Where in `segment.text` it is. The range is widened to whole characters and cut to the text;
   * an empty one stands for the whole segment.
   */
  at(start, end) {
    this.#raw.span = span(this.#segment, start, end);
    return this;
  }

  /** How sure it is, from 0 to 1. Report from 0.05 up: thresholds are the operator's. */
  confidence(confidence) {
    const number = Number(confidence);
    this.#raw.confidence = Number.isNaN(number) ? 1 : Math.max(0, Math.min(number, 1));
    return this;
  }

  /** How bad it is, where that is not what the manifest says of the rule. */
  severity(severity) {
    if (!SEVERITIES.includes(severity)) {
      throw new PolicyError(`\`${severity}\` is no severity\nhint: it is one of ${SEVERITIES.join(", ")}`);
    }
    this.#raw.severity = severity;
    return this;
  }

  /** Why, for a person with the right to see it. Never recorded. */
  message(message) {
    this.#raw.message = String(message);
    return this;
  }

  /** What to put in its place if the decision is to redact. Needs the `rewrite` grant. */
  replacement(replacement) {
    this.#raw.replacement = String(replacement);
    return this;
  }

  /** Adds an attribute. */
  attribute(name, value) {
    this.#raw.attributes.push([String(name), String(value)]);
    return this;
  }
}

/**
 * What a plugin hands back from one call. Indices are UTF-16 units of `segment.text`; they are
 * brought to whole characters and into the text, so that no report can be malformed.
 */
export class Report {
  #severities;
  /** What the host gets: the contract's own report. */
  raw = { findings: [], edits: [], holds: [], skipped: [], notes: [], state: null };

  /** @param {Iterable<{id: string, severity: string}>} rules the manifest's */
  constructor(rules = []) {
    this.#severities = new Map(Array.from(rules, (rule) => [rule.id, rule.severity]));
  }

  /**
   * Reports that a rule matched in the segment. Without more it concerns the whole segment, is
   * certain, and as severe as the manifest says.
   *
   * @throws {PolicyError} where the manifest does not list the rule
   */
  finding(rule, segment) {
    const severity = this.#severities.get(rule);
    if (severity === undefined) {
      throw new PolicyError(`the manifest lists no rule \`${rule}\`\nhint: add it to \`rules\``);
    }
    const raw = {
      rule,
      severity,
      confidence: 1,
      segment: segment.id,
      span: null,
      message: "",
      replacement: null,
      attributes: [],
    };
    this.raw.findings.push(raw);
    return new Finding(segment, raw);
  }

  /**
   * Asks for a change that is not tied to a finding. Needs the `rewrite` grant. What is settled
   * cannot be changed: answers whether the edit was taken.
   */
  edit(segment, start, end, replacement) {
    const range = span(segment, start, end);
    if (range === null || segment.offsets.floor(start) < segment.settled) return false;
    this.raw.edits.push({ segment: segment.id, span: range, replacement: String(replacement) });
    return true;
  }

  /**
   * Asks the host not to release the text from `start` on, because what follows could still make
   * it part of a finding; no call is needed before `wake` more bytes have come. The earliest hold
   * of a segment counts. A closed segment holds nothing.
   */
  hold(segment, start, wake) {
    if (!segment.open) return;
    const at = segment.offsets.byte(Math.max(segment.offsets.floor(start), segment.settled));
    const next = typeof wake === "number" && wake >= 0 ? Math.min(Math.trunc(wake), 0xffffffff) : null;
    const known = this.raw.holds.find((hold) => hold.segment === segment.id);
    if (known === undefined) {
      this.raw.holds.push({ segment: segment.id, start: at, wake: next });
      return;
    }
    known.start = Math.min(known.start, at);
    known.wake = known.wake === null || next === null ? null : Math.min(known.wake, next);
  }

  /** Says that the segment was not inspected, and why. It shows in the coverage. */
  skip(segment, reason) {
    this.raw.skipped.push({ segment: segment.id, reason: String(reason) });
  }

  /**
   * Notes something of a closed segment, for a plugin of scope `stage`: the host may hand it back
   * as `segment.note()`. It must follow from the segment alone. Answers whether it was taken.
   */
  note(segment, value) {
    try {
      const content = encode(value);
      return content.length <= MAX_NOTE && this.#noted(segment, content);
    } catch {
      return false;
    }
  }

  /**
   * Notes that the segment need not be shown again in this stage: there is nothing to say of it
   * and nothing to remember, whatever the context and the state.
   */
  clean(segment) {
    this.#noted(segment, new Uint8Array(0));
  }

  /**
   * Hands a value to this plugin's next call in the same exchange; see `call.state`.
   *
   * @throws {PolicyError} where JSON cannot hold it or it is too large
   */
  setState(value) {
    this.raw.state = encode(value);
  }

  #noted(segment, content) {
    if (segment.open || segment.offset > 0) return false;
    this.raw.notes.push({ segment: segment.id, content });
    return true;
  }
}

function span(segment, start, end) {
  const range = {
    start: segment.offsets.byte(segment.offsets.floor(start)),
    end: segment.offsets.byte(segment.offsets.ceil(end)),
  };
  return range.start < range.end ? range : null;
}
