"""The Python side draws the numbers that the Rust side draws: `python3 -m unittest discover python`."""

import unittest

import protocol


class Numbers(unittest.TestCase):
    def test_the_numbers_are_these_on_every_side(self):
        bits = protocol.uniform(3, 3, 0.3).view("uint32").tolist()
        self.assertEqual(bits, [0xBC9A65E7, 0x3E0D8EB3, 0xBE855345])
        self.assertEqual(protocol.labels(protocol.LABELS, 4, 10).tolist(), [9, 2, 4, 8])


if __name__ == "__main__":
    unittest.main()
