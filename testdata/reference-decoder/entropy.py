"""Range decoder and labels (SPEC 9)."""

import bisect

from common import check

MASK = 2**64 - 1
HALVES = [0, 32768, 65536]  # cumulative frequencies of a bit


class RangeDecoder:
    """SPEC 9.3. Tables are lists of cumulative frequencies, 0 first and 65536 last."""

    def __init__(self, stream):
        self.stream, self.words_read = stream, 0
        self.low, self.range = 0, MASK
        self.point = (self.next_word() << 32) + self.next_word()

    def next_word(self):
        at = 4 * self.words_read
        self.words_read += 1
        check(at < len(self.stream) + 8, "Format", "the stream ends before its last label")
        return int.from_bytes(self.stream[at : at + 4].ljust(4, b"\0"), "big")

    def decode(self, table):
        scale = self.range >> 16
        q = ((self.point - self.low) & MASK) // scale
        check(q < 65536, "Format", "range coder: not a stream that an encoder made")
        e = bisect.bisect_right(table, q) - 1
        self.low = (self.low + scale * table[e]) & MASK
        self.range = scale * (table[e + 1] - table[e])
        if self.range < 2**32:
            self.low = (self.low << 32) & MASK
            self.range <<= 32
            self.point = ((self.point << 32) & MASK) + self.next_word()
        return e

    def decode_bit(self):
        return self.decode(HALVES)

    def decode_label(self, table):
        """SPEC 9.2, for t ≥ 1."""
        m = (len(table) - 3) // 2  # 2M + 2 frequencies have 2M + 3 bounds
        e = self.decode(table)
        if e <= 2 * m:
            return e - m
        k = 0
        while self.decode_bit() == 0:
            k += 1
            check(k <= 15, "Format", "label: an escape of more than 15 zeros")
        n = 1
        for _ in range(k):
            n = 2 * n + self.decode_bit()
        check(m + n <= 32767, "Format", f"label of magnitude {m + n}")
        return -(m + n) if self.decode_bit() else m + n

    def finish(self):
        """The stream has no words that were not read (SPEC 9.3)."""
        length = len(self.stream)
        check(length <= 4 * self.words_read, "Format", f"stream of {length} bytes, {4 * self.words_read} were read")

