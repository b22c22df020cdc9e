import assert from "node:assert/strict";
import { test } from "node:test";

import { found, Harness } from "../../../../sdk/js/lib/testing.js";

import plugin from "../src/plugin.js";

const SETTINGS = { names: ["Globex", "Globex Cloud", "Straßen-AG", "C++Soft", "𝒵eta"], replacements: { Globex: "they" } };

function names(text) {
  const segment = { id: 1, role: "assistant", kind: "text", text };
  return found(new Harness(plugin, SETTINGS).inspect("output", [segment]), segment).map(([, name]) => name);
}

test("names are found whatever their case and width, and whole", () => {
  assert.deepEqual(names("Try GLOBEX, globex cloud or Globex\n  Cloud."), ["GLOBEX", "globex cloud", "Globex\n  Cloud"]);
  assert.deepEqual(names("STRASSEN-AG Ｇｌｏｂｅｘ glo\u200bbex globex's"), ["STRASSEN-AG", "Ｇｌｏｂｅｘ", "glo\u200bbex", "globex"]);
  assert.deepEqual(names("Globexia, aglobex, globex_1, Globex\u0301, C++Softly"), []);
  assert.deepEqual(names("C++Soft, zeta: Globex Cloudy"), ["C++Soft", "zeta", "Globex"]);
});

test("a stream comes to the same wherever it is cut", () => {
  const text = "We and Globex Cloud: see globex's C++Soft, no Globexia.";
  const expected = names(text);
  for (let cut = 1; cut < text.length; cut++) {
    const harness = new Harness(plugin, SETTINGS);
    const open = { id: 1, text: text.slice(0, cut), open: true };
    const first = harness.inspect("output", [open]);
    const upto = Math.min(cut, ...first.holds.map((hold) => hold.start));
    const early = first.findings.filter((finding) => finding.span.end <= upto).map(({ span }) => text.slice(span.start, span.end));
    const last = harness.inspect("output", [{ id: 1, text, settled: upto }]);
    const late = last.findings.filter((finding) => finding.span.end > upto).map(({ span }) => {
      assert.ok(span.start >= upto, `found too late, cut at ${cut}`);
      return text.slice(span.start, span.end);
    });
    assert.deepEqual([...early, ...late], expected, `cut at ${cut}`);
  }
});

test("settings that make no sense name their key", () => {
  for (const settings of [{}, { names: ["  "] }, { names: ["--"] }, { names: ["A"], replacements: { B: "x" } }]) {
    assert.throws(() => new Harness(plugin, settings), /^PolicyError: settings\.\w+.*\nhint: /s);
  }
});

test("a long text takes time in proportion", () => {
  const begun = performance.now();
  assert.equal(names("glob globe globex ".repeat(20_000)).length, 20_000);
  assert.ok(performance.now() - begun < 10_000);
});
