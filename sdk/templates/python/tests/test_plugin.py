import unittest

from caponier_sdk import Error, Kind, Role, Segment, Stage
from caponier_sdk.testing import Harness

from plugin import MyPlugin


class Badges(unittest.TestCase):
    def test_a_badge_number_is_found(self):
        self.assertEqual(Harness(MyPlugin).prompt("Zoë: BADGE-123456."), [("badge", "BADGE-123456")])
        self.assertEqual(Harness(MyPlugin).prompt("BADGE-1234567 XBADGE-123456"), [])

    def test_another_prefix(self):
        self.assertEqual(Harness(MyPlugin, '{"prefix": "№"}').prompt("№123456"), [("badge", "№123456")])
        with self.assertRaisesRegex(Error, r"settings\.prefix"):
            Harness(MyPlugin, '{"prefix": ""}')

    def test_a_number_that_comes_in_pieces_is_held(self):
        text = "See BADGE-123456"
        for cut in range(5, len(text) + 1):
            segment = Segment(1, Role.ASSISTANT, Kind.TEXT, text[:cut], open=True)
            report = Harness(MyPlugin).inspect(Stage.OUTPUT, [segment])
            self.assertEqual(report.holds[1].start, 4)


if __name__ == "__main__":
    unittest.main()
