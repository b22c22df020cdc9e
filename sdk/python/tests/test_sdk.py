"""`python3 -m unittest discover -s sdk/python/tests -t sdk/python`"""

import enum
import math
import random
import time
import unittest
from dataclasses import dataclass
from typing import Literal

from caponier_sdk import (
    MAX_STATE, Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Segment, Severity, Stage,
    counters, hold, host, setting,
)  # fmt: skip
from caponier_sdk.offsets import Offsets
from caponier_sdk.schema import schema
from caponier_sdk.settings import parse
from caponier_sdk.testing import Harness, found

MIXED = "a€𝄞é\0 👩‍👩‍👧 " * 400
RULES = [Rule("r", "R", Severity.HIGH)]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Deep:
    key: str


@dataclass(frozen=True)
class Settings:
    words: list[str] = setting([], "Words.")
    limit: int = setting(3)
    share: float = 0.5
    loud: bool = False
    mode: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    by: dict[str, bool] = setting({})
    deep: Deep | None = None


class Echo(Plugin[Settings]):
    settings = Settings

    @classmethod
    def manifest(cls, settings):
        return Manifest("echo", "1.0.0", "d", RULES)

    def configure(self, settings, data):
        self.names = data.names()

    def inspect(self, call: Call, report: Report):
        seen = call.state(0)
        report.set_state(seen + 1)
        for segment in call.segments:
            if seen:
                report.finding("r", segment)


def text(content, **more):
    return Segment(1, Role.USER, Kind.TEXT, content, **more)


class Spans(unittest.TestCase):
    def test_offsets_agree_with_an_encoder_at_every_index(self):
        for content in ("", "plain" * 999, MIXED):
            offsets = Offsets(content)
            for index in random.Random(1).sample(range(len(content) + 1), min(500, len(content) + 1)):
                byte = len(content[:index].encode())
                self.assertEqual(offsets.byte(index), byte)
                self.assertEqual(offsets.index(byte), index)
                self.assertLessEqual(offsets.index(byte + 1), index + 1)

    def test_no_span_can_be_malformed(self):
        segment, content = text(MIXED), MIXED.encode()
        odd = [-(10**30), -1, 0, 1, 2, 1023, 1024, 1025, len(MIXED) - 1, len(MIXED), len(MIXED) + 1, 10**30]
        report = Report(RULES)
        for start in odd:
            for end in odd:
                span = report.finding("r", segment).at(start, end).span
                if span is not None:
                    self.assertLess(span[0], span[1])
                    content[span[0] : span[1]].decode()

    def test_a_long_text_is_measured_once(self):
        segment, report = text("ä" * 1_000_000), Report(RULES)
        begun = time.monotonic()
        for at in range(20_000):
            finding = report.finding("r", segment).at(at * 50, at * 50 + 2)
        self.assertEqual(finding.span, (2 * 19_999 * 50, 2 * (19_999 * 50 + 2)))
        self.assertLess(time.monotonic() - begun, 5)

    def test_what_is_said_is_brought_into_bounds(self):
        report = Report(RULES)
        certain = [report.finding("r", text("x")).confidence(c).certainty for c in (7, -1, 0.5, math.nan, math.inf)]
        self.assertEqual(certain, [1, 0, 0.5, 1, 1])
        with self.assertRaisesRegex(Error, r"lists no rule `other`\nhint: "):
            report.finding("other", text("x"))

    def test_edits_do_not_reach_what_is_settled(self):
        segment, report = text("ääbc", settled=4, open=True), Report(RULES)
        self.assertEqual(segment.settled, 2)
        self.assertEqual([report.edit(segment, *span, "x") for span in ((1, 3), (2, 2), (2, 3))], [False, False, True])
        self.assertEqual(report.edits[0].span, (4, 5))


class Streams(unittest.TestCase):
    def test_the_earliest_hold_counts(self):
        segment, report = text("äbcd", open=True), Report(RULES)
        report.hold(segment, 3, 10)
        report.hold(segment, 1, 20)
        self.assertEqual((report.holds[1].start, report.holds[1].wake), (2, 10))
        report.hold(segment, 2)
        self.assertIsNone(report.holds[1].wake)
        closed = Report(RULES)
        closed.hold(text("x"), 0)
        self.assertEqual(closed.holds, {})

    def test_helpers(self):
        def word(sign):
            return sign.isalnum() or sign == "-"

        self.assertEqual(hold.from_tail(text("the badge is BADGE-12", open=True), 16, word), 13)
        self.assertIsNone(hold.from_tail(text("the badge is BADGE-12.", open=True), 16, word))
        self.assertIsNone(hold.from_tail(text("the badge is BADGE-12"), 16, word))
        self.assertEqual(hold.partial_marker(text("see --BEG", open=True), "--BEGIN"), 4)
        self.assertIsNone(hold.partial_marker(text("see --BEGIN", open=True), "--BEGIN"))


class ReadingSettings(unittest.TestCase):
    def test_what_does_not_fit_is_refused_with_its_place(self):
        cases = {
            '{"wrods": []}': r"^settings\.wrods: unknown key\nhint: ",
            '{"words": "x"}': r"^settings\.words: a list is expected\nhint: ",
            '{"words": ["x", 3]}': r"^settings\.words\[1\]: a string is expected\nhint: ",
            '{"limit": true}': r"^settings\.limit: a whole number",
            '{"limit": 1.5}': r"^settings\.limit: a whole number",
            '{"share": 1e999}': r"^settings\.share: a number",
            '{"share": NaN}': r"^settings: NaN is no JSON number",
            '{"share": 1' + "0" * 400 + "}": r"^settings\.share: a number",
            '{"loud": 1}': r"^settings\.loud: true or false",
            '{"mode": "c"}': r"^settings\.mode: it is none of the words.*\nhint: a, b",
            '{"mode": ["a"]}': r"^settings\.mode: it is none",
            '{"colour": "green"}': r"^settings\.colour: it is none.*\nhint: red, blue",
            '{"by": {"x": 1}}': r"^settings\.by\.x: true or false",
            '{"deep": {}}': r"^settings\.deep\.key: it is missing",
            '{"deep": {"key": "", "more": 1}}': r"^settings\.deep\.more: unknown key",
            '{"loud": true, "loud": true}': r"^settings: the key `loud` stands twice",
            "[]": r"^settings: an object is expected",
            '{"secret': r"^settings: no valid JSON at line 1\nhint: ",
            "[" * 100_000: r"^settings: ",
            "1" * 10_000: r"^settings: ",
        }
        for json, expected in cases.items():
            with self.assertRaisesRegex(Error, expected, msg=json[:60]) as raised:
                parse(Settings, json)
            self.assertNotIn("secret", str(raised.exception))

    def test_nothing_is_the_default(self):
        for json in ("", " null ", "{}"):
            self.assertEqual(parse(Settings, json), Settings())
        given = parse(Settings, '{"share": 1, "colour": "blue", "deep": {"key": "k"}, "by": {"x": true}}')
        self.assertEqual(given, Settings(share=1.0, colour=Colour.BLUE, deep=Deep("k"), by={"x": True}))
        self.assertIsNot(Settings().words, Settings().words)

    def test_the_schema_says_the_same(self):
        made = schema(Settings)
        self.assertFalse(made["additionalProperties"])
        self.assertEqual(
            made["properties"]["words"],
            {"type": "array", "items": {"type": "string"}, "description": "Words.", "default": []},
        )
        self.assertEqual(made["properties"]["colour"], {"type": "string", "enum": ["red", "blue"], "default": "red"})
        self.assertEqual(made["properties"]["deep"]["anyOf"][0]["required"], ["key"])

        @dataclass
        class Odd:
            when: complex = 0j

        with self.assertRaisesRegex(TypeError, "hint: "):
            schema(Odd)


class Calls(unittest.TestCase):
    def test_state_goes_from_call_to_call_and_no_further(self):
        harness = Harness(Echo)
        self.assertEqual(harness.prompt("x"), [])
        self.assertEqual(harness.prompt("ä"), [("r", "ä")])
        self.assertEqual(Harness(Echo).prompt("x"), [])
        for value in ("x" * MAX_STATE, {1j}, math.nan):
            with self.assertRaisesRegex(Error, r"the state .*\nhint: "):
                Report().set_state(value)
        with self.assertRaisesRegex(Error, "cannot be decoded"):
            Call(None, [], b"\xff").state()

    def test_notes_are_of_closed_segments_whole_ones_and_short(self):
        report = Report()
        odd = [(text("x", open=True), 1), (text("x", offset=4), 1), (text("x"), "y" * 5000), (text("x"), {1j})]
        self.assertEqual([report.note(*pair) for pair in odd], [False] * 4)
        self.assertTrue(report.note(text("x"), {"seen": 1}))
        self.assertEqual(text("x", note=report.notes[0][1]).note(), {"seen": 1})
        self.assertIsNone(text("x", note=b"\xff").note())

    def test_a_component_without_counters_says_how_to_have_them(self):
        self.assertEqual(counters.add("k", 1, 60), 0)
        host.counting = False
        try:
            with self.assertRaisesRegex(Error, "hint: put `world"):
                counters.add_unique("k", b"m", 60)
        finally:
            host.counting = True

    def test_data_that_is_not_granted(self):
        self.assertEqual(Data({"a": b"1"}).read("a"), b"1")
        for data in (Data({"a": b"1"}), Data()):
            with self.assertRaisesRegex(Error, "there is no file `b`\nhint: "):
                data.read("b")

    def test_nothing_shows_the_text(self):
        self.assertNotIn("secret", repr(text("secret")))
        report = Report(RULES)
        report.finding("r", text("secret"))
        self.assertNotIn("secret", repr(report.findings))

    def test_findings_are_of_their_segment(self):
        segment = text("ä b")
        report = Report(RULES)
        report.finding("r", segment).at(2, 3)
        self.assertEqual(found(report, segment), [("r", "b")])
        self.assertEqual(Stage.PROMPT.value, "prompt")


if __name__ == "__main__":
    unittest.main()
