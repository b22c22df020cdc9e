import assert from "node:assert/strict";
import { test } from "node:test";

import { counters, hold, PolicyError, Report, Segment, setting } from "../lib/index.js";
import { host } from "../lib/host.js";
import { guarded } from "../lib/guard.js";
import { Offsets } from "../lib/offsets.js";
import { decode, encode } from "../lib/utf8.js";
import { Harness } from "../lib/testing.js";

const MIXED = "a€𝄞é\u0000 👩‍👩‍👧 ".repeat(500);
const RULES = [{ id: "r", severity: "high" }];

test("UTF-8 is the platform's", () => {
  for (const text of ["", "plain", MIXED, "\ud800 lone \udc00", "\uffff"]) {
    assert.deepEqual(encode(text), new TextEncoder().encode(text));
    assert.equal(decode(encode(text)), text.toWellFormed?.() ?? decode(encode(text)));
  }
});

test("what is no UTF-8 is refused", () => {
  for (const bytes of [[0x80], [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0, 0, 0], [0xe2, 0x82]]) {
    assert.throws(() => decode(Uint8Array.from(bytes)), RangeError, bytes.join());
    assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes)));
  }
});

test("offsets agree with a platform's encoder at every index", () => {
  const offsets = new Offsets(MIXED);
  const indices = [...Array(MIXED.length + 1).keys()].reverse();
  for (const index of indices) {
    const floor = offsets.floor(index);
    const bytes = Buffer.byteLength(MIXED.slice(0, floor));
    assert.equal(offsets.byte(index), bytes);
    if (floor === index) assert.equal(offsets.index(bytes), index);
  }
});

test("no span can be malformed", () => {
  const segment = new Segment({ id: 3, text: MIXED });
  const bytes = encode(MIXED);
  const odd = [-5, 0, 1, 2, 3, 3.7, 4, 1023, 1024, 1025, MIXED.length, 1e12, NaN, Infinity, -Infinity, "2", undefined];
  for (const start of odd) {
    for (const end of odd) {
      const report = new Report(RULES);
      report.finding("r", segment).at(start, end);
      const { span } = report.raw.findings[0];
      if (span === null) continue;
      assert.ok(span.start < span.end && span.end <= bytes.length);
      decode(bytes.subarray(span.start, span.end));
    }
  }
});

test("a long text is measured once", () => {
  const text = "ä".repeat(1_000_000);
  const segment = new Segment({ id: 1, text });
  const report = new Report(RULES);
  const begun = performance.now();
  for (let at = 0; at < 20_000; at++) report.finding("r", segment).at(at * 50, at * 50 + 2);
  assert.equal(report.raw.findings[19_999].span.end, 2 * (19_999 * 50 + 2));
  assert.ok(performance.now() - begun < 5_000);
});

test("what is said of a finding is brought into bounds", () => {
  const segment = new Segment({ id: 1, text: "x" });
  const report = new Report(RULES);
  report.finding("r", segment).confidence(7).severity("low").message("m").replacement("y").attribute("a", "b");
  report.finding("r", segment).confidence(NaN);
  report.finding("r", segment).confidence(-1);
  assert.deepEqual(report.raw.findings.map((finding) => finding.confidence), [1, 1, 0]);
  assert.equal(report.raw.findings[0].severity, "low");
  assert.throws(() => report.finding("other", segment), /lists no rule `other`\nhint: /);
  assert.throws(() => report.finding("r", segment).severity("worst"), /hint: it is one of info/);
});

test("edits do not reach what is settled", () => {
  const segment = new Segment({ id: 1, text: "ääbc", settled: 4, open: true });
  const report = new Report(RULES);
  assert.equal(segment.settled, 2);
  assert.equal(report.edit(segment, 1, 3, "x"), false);
  assert.equal(report.edit(segment, 2, 2, "x"), false);
  assert.equal(report.edit(segment, 2, 3, "x"), true);
  assert.deepEqual(report.raw.edits, [{ segment: 1, span: { start: 4, end: 5 }, replacement: "x" }]);
});

test("the earliest hold counts, and a closed segment holds nothing", () => {
  const open = new Segment({ id: 1, text: "äbcd", open: true });
  const report = new Report(RULES);
  report.hold(open, 3, 10);
  report.hold(open, 1, 20);
  report.hold(new Segment({ id: 2, text: "x" }), 0);
  assert.deepEqual(report.raw.holds, [{ segment: 1, start: 2, wake: 10 }]);
  report.hold(open, 2);
  assert.equal(report.raw.holds[0].wake, null);
});

test("hold helpers", () => {
  const word = (character) => /[A-Z0-9-]/.test(character);
  const open = (text) => new Segment({ id: 1, text, open: true });
  assert.equal(hold.fromTail(open("the badge is BADGE-12"), 16, word), 13);
  assert.equal(hold.fromTail(open("the badge is BADGE-12."), 16, word), undefined);
  assert.equal(hold.fromTail(open("AAAA𝄞"), 3, () => true), 3);
  assert.equal(hold.partialMarker(open("see --BEG"), "--BEGIN"), 4);
  assert.equal(hold.partialMarker(open("see --BEGIN"), "--BEGIN"), undefined);
  assert.equal(hold.partialMarker(new Segment({ id: 1, text: "see --BEG" }), "--BEGIN"), undefined);
});

const PLUGIN = {
  settings: {
    words: setting.list(setting.string(), { default: [], description: "Words." }),
    limit: setting.integer({ default: 3 }),
    share: setting.number({ default: 0.5 }),
    mode: setting.choice(["a", "b"], { default: "a" }),
    by: setting.map(setting.boolean(), { default: {} }),
    deep: setting.object({ key: setting.string() }, { default: { key: "k" } }),
  },
  manifest: () => ({ name: "test", version: "1.0.0", description: "d", rules: [{ id: "r", title: "R" }] }),
  configure: (settings, data) => ({ settings, names: data.names() }),
  inspect(own, call, report) {
    if (call.segments[0]?.text === "crash") null.x();
    const seen = call.state(0);
    report.setState(seen + 1);
    for (const segment of call.segments) if (seen > 0) report.finding("r", segment);
  },
};

test("settings that do not fit are refused with their place", () => {
  const cases = [
    ['{"wrods": []}', /^settings\.wrods: unknown key\nhint: /],
    ['{"words": "x"}', /^settings\.words: a list is expected\nhint: /],
    ['{"words": ["x", 3]}', /^settings\.words\[1\]: a string is expected\nhint: /],
    ['{"limit": 1.5}', /^settings\.limit: a whole number/],
    ['{"limit": true}', /^settings\.limit: a whole number/],
    ['{"share": "1"}', /^settings\.share: a number/],
    ['{"share": 1e999}', /^settings\.share: a number/],
    ['{"mode": "c"}', /^settings\.mode: it is none of the words that are allowed\nhint: a, b/],
    ['{"by": {"x": 1}}', /^settings\.by\.x: true or false/],
    ['{"deep": {}}', /^settings\.deep\.key: it is missing\nhint: /],
    ['{"deep": null}', /^settings\.deep: an object/],
    ['{"__proto__": {"words": 1}}', /^settings\.__proto__: unknown key/],
    ['{"deep": {"constructor": 1, "key": ""}}', /^settings\.deep\.constructor: unknown key/],
    ["[]", /^settings: an object is expected/],
    ['{"secret', /^settings: no valid JSON\nhint: /],
  ];
  for (const [json, expected] of cases) {
    const guard = guarded(PLUGIN, { names: () => [] });
    let thrown;
    try {
      guard.configure(json);
    } catch (error) {
      thrown = error;
    }
    assert.match(String(thrown), expected);
  }
});

test("settings have their defaults and their schema", () => {
  const harness = new Harness(PLUGIN);
  const schema = JSON.parse(harness.manifest().settingsSchema);
  assert.equal(schema.additionalProperties, false);
  assert.deepEqual(schema.properties.words, {
    type: "array",
    items: { type: "string" },
    description: "Words.",
    default: [],
  });
  assert.deepEqual(schema.properties.deep.required, ["key"]);
  assert.equal(harness.manifest().rules[0].severity, "medium");
});

test("state goes from call to call, and no further", () => {
  const harness = new Harness(PLUGIN);
  assert.equal(harness.prompt("x").length, 0);
  assert.equal(harness.prompt("x").length, 1);
  assert.equal(new Harness(PLUGIN).prompt("x").length, 0);
  assert.throws(() => new Report().setState("x".repeat(300_000)), /at most 262144/);
  assert.throws(() => new Report().setState(1n), /cannot be encoded\nhint: /);
});

test("notes are of closed segments, whole ones, and short", () => {
  const report = new Report();
  assert.equal(report.note(new Segment({ id: 1, text: "x", open: true }), 1), false);
  assert.equal(report.note(new Segment({ id: 1, text: "x", offset: 4 }), 1), false);
  assert.equal(report.note(new Segment({ id: 1, text: "x" }), "y".repeat(5_000)), false);
  assert.equal(report.note(new Segment({ id: 1, text: "x" }), { seen: 1 }), true);
  const { content } = report.raw.notes[0];
  assert.deepEqual(new Segment({ id: 1, text: "x", note: content }).note(), { seen: 1 });
  assert.equal(new Segment({ id: 1, text: "x", note: [0xff] }).note(), undefined);
});

test("a mistake in a plugin is an error that shows nothing of the text", () => {
  const guard = guarded(PLUGIN, { names: () => [] });
  assert.throws(() => guard.inspect({}, [], []), (error) => /not configured/.test(error));
  guard.configure("{}");
  const crash = () => guard.inspect({ attributes: [] }, [{ id: 1, text: "crash" }], []);
  assert.throws(crash, (error) => /^the plugin threw TypeError\nhint: /.test(error));
  assert.throws(() => guard.configure("{}"), (error) => /configured already/.test(error));
});

test("a component without counters says how to have them", () => {
  assert.equal(counters.add("k", 1, 60), 0);
  host.counting = false;
  try {
    assert.throws(() => counters.add("k", 1, 60), PolicyError);
    assert.throws(() => counters.addUnique("k", encode("m"), 60), /hint: import `counting.js`/);
  } finally {
    host.counting = true;
  }
});

test("a segment shows nothing of its text", () => {
  assert.equal(JSON.stringify(new Segment({ id: 1, text: "secret" })).includes("secret"), false);
});
