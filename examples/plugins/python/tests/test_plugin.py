import unittest

from caponier_sdk import Error, Kind, Role, Segment, Stage
from caponier_sdk.testing import Harness, found

from plugin import DiagnosisCodes

TEXT = "Patient was diagnosed with E11.9 and S72.92XA last week."


class Codes(unittest.TestCase):
    def test_detailed_codes_are_found_with_their_context(self):
        self.assertEqual(
            Harness(DiagnosisCodes).prompt(TEXT), [("diagnosis-code", "E11.9"), ("diagnosis-code", "S72.92XA")]
        )

    def test_vitamins_stay_quiet(self):
        self.assertEqual(Harness(DiagnosisCodes).prompt("Patients need vitamin B12 daily."), [])

    def test_settings_that_make_no_sense_name_their_key(self):
        for settings in ('{"context": 4}', '{"words": [" "]}', '{"ignore": [""]}'):
            with self.assertRaisesRegex(Error, r"settings\.\w+: .*\nhint: "):
                Harness(DiagnosisCodes, settings)

    def test_an_open_text_waits_for_what_decides(self):
        for cut in range(1, len(TEXT)):
            segment = Segment(1, Role.ASSISTANT, Kind.TEXT, TEXT[:cut], open=True)
            report = Harness(DiagnosisCodes).inspect(Stage.OUTPUT, [segment])
            released = min([hold.start for hold in report.holds.values()], default=cut)
            for code in ("E11.9", "S72.92XA"):
                start = TEXT.index(code)
                if start < cut < start + len(code) + 1:
                    self.assertLessEqual(released, start, (cut, code))

    def test_every_finding_lies_on_character_boundaries(self):
        segment = Segment(1, Role.USER, Kind.TEXT, "🩺 Diagnose für Zoë: E11.9 – Röntgen, dx I10 🩻")
        report = Harness(DiagnosisCodes).inspect(Stage.PROMPT, [segment])
        self.assertEqual([text for _, text in found(report, segment)], ["E11.9", "I10"])


if __name__ == "__main__":
    unittest.main()
