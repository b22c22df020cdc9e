import { Offsets } from "./offsets.js";
import { decode } from "./state.js";

/** One piece of text under inspection, with what is known of it. */
export class Segment {
  #note;
  #settled;

  /** @param {object} raw a segment as the host shows it: `offset` and `settled` are in bytes */
  constructor(raw) {
    this.id = raw.id;
    this.role = raw.role ?? "user";
    this.kind = raw.kind ?? "text";
    this.name = raw.name ?? undefined;
    this.text = raw.text;
    this.offset = Number(raw.offset ?? 0);
    this.open = raw.open ?? false;
    this.attributes = raw.attributes ?? [];
    this.offsets = new Offsets(raw.text);
    this.#settled = raw.settled ? this.offsets.index(raw.settled) : 0;
    this.#note = raw.note ?? [];
  }

  /** UTF-16 units at the start of `text` that are out of reach for edits. */
  get settled() {
    return this.#settled;
  }

  /** @param {string} name @returns {string | undefined} the value of an attribute */
  attribute(name) {
    return this.attributes.find(([key]) => key === name)?.[1];
  }

  /** What this plugin noted of this very segment before, or `undefined`; see `Report.note`. */
  note() {
    try {
      return decode(this.#note);
    } catch {
      return undefined;
    }
  }

  /** Everything but the text, which must not reach a log. */
  toJSON() {
    return { id: this.id, role: this.role, kind: this.kind, units: this.text.length, open: this.open };
  }
}
