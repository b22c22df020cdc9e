import type { Manifest, Plugin, Stage } from "./index.js";

/** A segment as the host shows it: `offset` and `settled` are in bytes. */
export interface RawSegment {
  id: number;
  text: string;
  role?: string;
  kind?: string;
  name?: string | null;
  offset?: number;
  settled?: number;
  open?: boolean;
  attributes?: [string, string][];
  note?: Uint8Array;
}

/** The contract's report, in bytes. */
export interface RawReport {
  findings: {
    rule: string;
    severity: string;
    confidence: number;
    segment: number;
    span: { start: number; end: number } | null;
    message: string;
    replacement: string | null;
    attributes: [string, string][];
  }[];
  edits: { segment: number; span: { start: number; end: number }; replacement: string }[];
  holds: { segment: number; start: number; wake: number | null }[];
  skipped: { segment: number; reason: string }[];
  notes: { segment: number; content: Uint8Array }[];
  state: Uint8Array | null;
}

/** One plugin, configured and called without a sandbox. One harness is one exchange. */
export class Harness {
  constructor(plugin: Plugin<any, any>, settings?: object, files?: Record<string, Uint8Array>);
  context: object;
  manifest(): Manifest & { settingsSchema: string };
  inspect(stage: Stage, segments: RawSegment[]): RawReport;
  prompt(text: string): [string, string][];
}

/** The rules that were found in a raw segment, each with the text that its span covers. */
export function found(report: RawReport, segment: RawSegment): [string, string][];
