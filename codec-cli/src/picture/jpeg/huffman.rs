//! Bits of a JPEG scan, and the Huffman codes in them.

use super::{Fault, Result};

/// Entropy-coded bytes up to the next marker, as bits.
pub struct Bits<'a> {
    data: &'a [u8],
    /// The next byte that is not in `held` yet.
    at: usize,
    /// The last `count` bits are still to be read.
    held: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            at,
            held: 0,
            count: 0,
        }
    }

    /// About where in the file the next bit is: stuffed bytes that are held already are not counted.
    pub fn position(&self) -> usize {
        self.at - self.count as usize / 8
    }

    /// The next `count` bits, at most 16.
    pub fn take(&mut self, count: u32) -> Result<u32> {
        let bits = self.peek() >> (16 - count);
        self.skip(count)?;
        Ok(bits)
    }

    /// The next 16 bits, zeros where there are none.
    fn peek(&mut self) -> u32 {
        self.fill();
        let bits = match self.count.checked_sub(16) {
            Some(behind) => self.held >> behind,
            None => self.held << (16 - self.count),
        };
        bits as u32 & 0xffff
    }

    fn skip(&mut self, count: u32) -> Result<()> {
        let left = self.count.checked_sub(count);
        self.count = left.ok_or_else(|| self.out_of_bits())?;
        Ok(())
    }

    fn fill(&mut self) {
        while self.count < 16 {
            let stuffed = match self.data.get(self.at..) {
                Some([0xff, 0, ..]) => 2,
                Some([0xff, ..] | []) | None => return,
                Some(_) => 1,
            };
            self.held = self.held << 8 | u64::from(self.data[self.at]);
            self.count += 8;
            self.at += stuffed;
        }
    }

    fn out_of_bits(&self) -> Fault {
        match self.data.get(self.at + 1) {
            Some(_) => Fault("a marker comes too early"),
            None => Fault("the file ends"),
        }
    }

    /// Where the marker is that has to come here, behind the rest of a byte. Some cameras fill up with bytes of zero.
    pub fn end(mut self) -> Result<usize> {
        self.count -= self.count % 8;
        while let Ok(byte) = self.take(8) {
            if byte != 0 {
                return Err(Fault("there are more data than the picture needs"));
            }
        }
        Ok(self.at)
    }
}

/// A Huffman table as ITU-T T.81 has it in F.2.2.3: of each length, the largest code and what to add to a code to get
/// its symbol's place.
#[derive(Clone)]
pub struct Table {
    max_code: [i32; 17],
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the counts of codes of 1 to 16 bits, and the symbols in order.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self> {
        let mut table = Self {
            max_code: [-1; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0, 0);
        for (length, &count) in (1..).zip(counts) {
            let count = i32::from(count);
            if code + count > 1 << length {
                return Err(Fault("a Huffman table has more codes than are possible"));
            }
            table.offset[length] = place - code;
            if count > 0 {
                table.max_code[length] = code + count - 1;
            }
            code = (code + count) << 1;
            place += count;
        }
        Ok(table)
    }

    /// The next symbol.
    pub fn read(&self, bits: &mut Bits<'_>) -> Result<u8> {
        let next = bits.peek() as i32;
        for length in 1..=16 {
            let code = next >> (16 - length);
            if code <= self.max_code[length] {
                bits.skip(length as u32)?;
                return Ok(self.symbols[(code + self.offset[length]) as usize]);
            }
        }
        Err(Fault("a Huffman code does not belong to any symbol"))
    }
}
