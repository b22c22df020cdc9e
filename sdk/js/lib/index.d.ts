/** Where in the application's data flow a text was seen. */
export type Stage = "prompt" | "retrieval" | "output";
/** Who a text speaks for. */
export type Role = "system" | "developer" | "user" | "assistant" | "tool" | "document" | "other";
/** What sort of text a segment is. */
export type Kind =
  | "text"
  | "query"
  | "tool-call"
  | "tool-result"
  | "tool-description"
  | "document"
  | "reasoning"
  | "refusal"
  | "citation"
  | "structured"
  | "other";
/** How bad a finding is. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";
/** What a plugin's findings in a segment depend on: that segment, or others of the stage too. */
export type Scope = "segment" | "stage";

export const STAGES: readonly Stage[];
export const ROLES: readonly Role[];
export const KINDS: readonly Kind[];
export const SEVERITIES: readonly Severity[];
export const SCOPES: readonly Scope[];
/** The most bytes of a note. */
export const MAX_NOTE: number;
/** The most bytes of state that a host carries for one plugin in one exchange. */
export const MAX_STATE: number;

/**
 * Why a plugin refuses its settings, or cannot judge a text. The message goes to a person: say
 * what, where, and how to fix it. Never put inspected text in it.
 */
export class PolicyError extends Error {}

/** One thing a plugin can find. */
export interface Rule {
  /** In kebab-case. */
  id: string;
  title: string;
  /** How bad its findings are unless they say otherwise: `medium`. */
  severity?: Severity;
  /** Its entry in the OWASP Top 10 for LLM Applications: `LLM02:2025`. */
  category?: string;
  /** The most bytes of text that decide a match. Without one the whole segment decides. */
  window?: number;
}

/** What a plugin says of itself. */
export interface Manifest {
  name: string;
  version: string;
  description: string;
  rules: Rule[];
  /** All, where it is left out. */
  stages?: Stage[];
  /** All but `structured`, where it is left out. */
  kinds?: Kind[];
  /** `segment`, where it is left out. */
  scope?: Scope;
  attributes?: [string, string][];
}

/** What is known of the exchange: one request to a model and its response. */
export interface Context {
  exchange: string;
  stage: Stage;
  tenant: string | null;
  principal: { id: string; roles: string[] } | null;
  route: string;
  model: string | null;
  /** Milliseconds since the Unix epoch, fixed for the whole exchange. */
  time: number;
  /** Random, fixed for the whole exchange, to 53 bits. Key things with it; never show it. */
  seed: number;
  attributes: [string, string][];
  /** The value of an attribute. */
  attribute(name: string): string | undefined;
}

/** One piece of text under inspection. Indices are UTF-16 units of `text`. */
export class Segment {
  /** Stable through all stages and windows of the exchange. */
  readonly id: number;
  readonly role: Role;
  readonly kind: Kind;
  /** The tool's name, or the document's id or URI. */
  readonly name: string | undefined;
  /** The text, or the window of it that is shown now. */
  readonly text: string;
  /** Bytes of the whole segment before `text`: more than 0 only in a stream. */
  readonly offset: number;
  /** Units at the start of `text` that are out of reach for edits. */
  readonly settled: number;
  /** Whether more text may follow. */
  readonly open: boolean;
  readonly attributes: [string, string][];
  /** The value of an attribute. */
  attribute(name: string): string | undefined;
  /** What this plugin noted of this very segment before, or `undefined`. */
  note(): unknown;
}

/** A finding that has been reported and may be said more of. */
export interface Finding {
  /** Where it is; widened to whole characters and cut to the text. Empty: the whole segment. */
  at(start: number, end: number): Finding;
  /** How sure it is, from 0 to 1. Report from 0.05 up. */
  confidence(confidence: number): Finding;
  /** How bad it is, where that is not what the manifest says. */
  severity(severity: Severity): Finding;
  /** Why, for a person with the right to see it. Never recorded. */
  message(message: string): Finding;
  /** What to put in its place if the decision is to redact. Needs the `rewrite` grant. */
  replacement(replacement: string): Finding;
  attribute(name: string, value: string): Finding;
}

/** What a plugin hands back from one call. */
export class Report {
  constructor(rules?: Iterable<Rule>);
  /** Reports that a rule matched. Throws where the manifest does not list it. */
  finding(rule: string, segment: Segment): Finding;
  /** Asks for a change. Needs the `rewrite` grant. Answers whether it was taken. */
  edit(segment: Segment, start: number, end: number, replacement: string): boolean;
  /** Asks the host not to release the text from `start` on before `wake` more bytes have come. */
  hold(segment: Segment, start: number, wake?: number): void;
  /** Says that the segment was not inspected, and why. */
  skip(segment: Segment, reason: string): void;
  /** Notes something of a closed segment. Answers whether it was taken. */
  note(segment: Segment, value: unknown): boolean;
  /** Notes that the segment need not be shown again. */
  clean(segment: Segment): void;
  /** Hands a value that JSON can hold to this plugin's next call in the same exchange. */
  setState(value: unknown): void;
}

/** What a plugin is asked to look at. */
export interface Call {
  context: Context;
  /** The segments of the kinds that the manifest names. */
  segments: Segment[];
  /** What this plugin handed over at its last call in the same exchange, or `standard`. */
  state<T>(standard?: T): T;
}

/** The read-only files that the operator granted. They answer during `configure` only. */
export interface Data {
  names(): string[];
  /** Throws where there is no such file, or it was not granted. */
  read(name: string): Uint8Array;
}

/**
 * A detector: text and context in, findings out. It never decides. Every call runs in a sandbox
 * of its own: what `inspect` writes to memory is gone when it returns.
 */
export interface Plugin<F extends Record<string, setting.Setting<any>>, C> {
  /** What the operator may set. Its JSON Schema goes into the manifest. */
  settings: F;
  manifest(settings: setting.Values<F>): Manifest;
  /** Gets ready, and answers what `inspect` is given first. */
  configure(settings: setting.Values<F>, data: Data): C;
  /** Looks at the segments of one stage. */
  inspect(own: C, call: Call, report: Report): void;
}

/** The text that UTF-8 bytes stand for, such as those of a file. Throws a `RangeError` where they are none. */
export function decode(bytes: Uint8Array): string;

/** Answers the plugin as it is: it lends an editor these types. */
export function definePlugin<F extends Record<string, setting.Setting<any>>, C>(plugin: Plugin<F, C>): Plugin<F, C>;

export namespace setting {
  /** One setting: its schema, and how it is read. */
  interface Setting<T> {
    readonly schema: object;
    readonly default: unknown;
    read(value: unknown, path: string): T;
  }
  /** Its default, without which it must be set, and what it is for. */
  interface Options {
    default?: unknown;
    description?: string;
  }
  /** What settings are read into. */
  type Values<F> = { [K in keyof F]: F[K] extends Setting<infer T> ? T : never };
  function string(options?: Options): Setting<string>;
  function boolean(options?: Options): Setting<boolean>;
  function number(options?: Options): Setting<number>;
  function integer(options?: Options): Setting<number>;
  function choice<W extends string>(words: readonly W[], options?: Options): Setting<W>;
  function list<T>(of: Setting<T>, options?: Options): Setting<T[]>;
  function map<T>(of: Setting<T>, options?: Options): Setting<Map<string, T>>;
  function object<F extends Record<string, Setting<any>>>(fields: F, options?: Options): Setting<Values<F>>;
}

/** How much of an open text must wait for what follows. */
export namespace hold {
  /** Where the run of characters begins that could all belong to a match which is still growing. */
  function fromTail(
    segment: Segment,
    window: number,
    couldContinue: (character: string) => boolean,
  ): number | undefined;
  /** Where the longest end of the text begins that is the beginning of `marker`. */
  function partialMarker(segment: Segment, marker: string): number | undefined;
}

/** Lines for the operator, who sees them where the plugin has the `log` grant. */
export namespace log {
  function trace(message: string): void;
  function debug(message: string): void;
  function info(message: string): void;
  function warn(message: string): void;
  function error(message: string): void;
}

/** Counters shared by every call. They need `counting.js` and the `counters` grant. */
export namespace counters {
  function add(key: string, amount: number, windowSeconds: number): number;
  function addUnique(key: string, member: Uint8Array, windowSeconds: number): number;
}
