//! Tables of a JPEG, as its segments define them.

use super::huffman::Table;
use super::{Fault, Result};

/// What segments define for the scans that follow.
#[derive(Default)]
pub struct Tables {
    pub dc: [Option<Table>; 4],
    pub ac: [Option<Table>; 4],
    /// The first entry of each quantisation table.
    quantisers: [Option<u16>; 4],
    /// MCUs from one restart marker to the next; 0: none.
    pub restart: usize,
}

impl Tables {
    /// Whether no Huffman table has been defined.
    pub fn has_no_codes(&self) -> bool {
        self.dc.iter().chain(&self.ac).all(Option::is_none)
    }

    /// Takes a DHT segment in.
    pub fn huffman(&mut self, mut segment: &[u8]) -> Result<()> {
        const DAMAGED: Fault = Fault("a Huffman table is damaged");
        while let Some((&name, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(DAMAGED)?;
            let total = counts.iter().map(|&n| usize::from(n)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(DAMAGED)?;
            let tables = match name >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(DAMAGED),
            };
            let place = tables.get_mut(usize::from(name & 15)).ok_or(DAMAGED)?;
            *place = Some(Table::new(counts, symbols)?);
            segment = rest;
        }
        Ok(())
    }

    /// Takes a DQT segment in.
    pub fn quantisers(&mut self, mut segment: &[u8]) -> Result<()> {
        const DAMAGED: Fault = Fault("a quantisation table is damaged");
        while let Some((&name, rest)) = segment.split_first() {
            let bytes = if name >> 4 == 0 { 1 } else { 2 };
            let (table, rest) = rest.split_at_checked(64 * bytes).ok_or(DAMAGED)?;
            let first = table[..bytes]
                .iter()
                .fold(0, |n, &byte| n << 8 | u16::from(byte));
            *self
                .quantisers
                .get_mut(usize::from(name & 15))
                .ok_or(DAMAGED)? = Some(first);
            segment = rest;
        }
        Ok(())
    }

    /// A mean beyond black and white comes of differences that are not those of this picture: this finds most of the damage behind which
    /// the codes fall into step again. Two steps of the quantiser are for encoders that do not round to the nearest.
    pub fn check_dc(&self, quantiser: u8, dc: i32) -> Result<()> {
        let step = self
            .quantisers
            .get(usize::from(quantiser))
            .copied()
            .flatten();
        let step = i64::from(step.unwrap_or(1).max(1));
        if i64::from(dc).abs() * step > 1024 + 2 * step {
            return Err(Fault("a block is brighter than white or darker than black"));
        }
        Ok(())
    }
}
