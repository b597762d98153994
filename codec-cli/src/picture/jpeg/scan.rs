//! One scan of a JPEG, decoded as far as it takes to see that it is sound.

use super::frame::{Component, Frame, NOTHING};
use super::huffman::{Bits, Table};
use super::tables::Tables;
use super::{Fault, Result};

/// A scan header.
pub struct Scan<'a> {
    /// Index of a component, and its tables.
    parts: Vec<(usize, Option<&'a Table>, Option<&'a Table>)>,
    /// First and last coefficient.
    first: u32,
    last: u32,
    /// Bits to come before and after this scan; before is 0 at the first of them.
    high: u8,
    low: u8,
}

/// Where in the scan decoding has come to.
#[derive(Default)]
pub struct Progress {
    /// Row of pixels.
    pub row: usize,
    /// Byte of the file.
    pub at: usize,
}

/// What a component's blocks hand on to the next one.
#[derive(Default, Clone, Copy)]
struct State {
    dc: i32,
    /// So many blocks have nothing more.
    end_of_band: u32,
}

impl<'a> Scan<'a> {
    /// From a segment's content. Marks in the frame what the scan will have sent.
    pub fn new(segment: &[u8], frame: &mut Frame, tables: &'a Tables) -> Result<Self> {
        const DAMAGED: Fault = Fault("the scan header is damaged");
        let (&count, rest) = segment.split_first().ok_or(DAMAGED)?;
        let (names, rest) = rest
            .split_at_checked(2 * usize::from(count))
            .ok_or(DAMAGED)?;
        let &[first, last, bits] = rest else {
            return Err(DAMAGED);
        };
        let (high, low) = (bits >> 4, bits & 15);
        let (first, last, high, low) = match frame.progressive {
            true => (first, last, high, low),
            false => (0, 63, 0, 0),
        };
        let is_dc = first == 0 && frame.progressive;
        let sound = (1..=4).contains(&count)
            && first <= last
            && last <= 63
            && low <= 13
            && (high == 0 || high == low + 1)
            && (!is_dc || last == 0)
            && (first == 0 || count == 1);
        if !sound {
            return Err(DAMAGED);
        }
        let mut parts = Vec::new();
        for name in names.chunks_exact(2) {
            let index = frame.find(name[0])?;
            let sent = &mut frame.components[index].sent[usize::from(first)..=usize::from(last)];
            if sent
                .iter()
                .any(|&sent| high != if sent == NOTHING { 0 } else { sent })
            {
                return Err(Fault("a scan is missing or appears twice"));
            }
            sent.fill(low);
            let table = |kind: &'a [Option<Table>; 4], n: u8| kind.get(usize::from(n))?.as_ref();
            let (dc, ac) = (
                table(&tables.dc, name[1] >> 4),
                table(&tables.ac, name[1] & 15),
            );
            let lacks_dc = first == 0 && high == 0 && dc.is_none();
            let lacks_ac = last > 0 && ac.is_none();
            if lacks_dc || lacks_ac {
                return Err(Fault("a Huffman table is missing"));
            }
            parts.push((index, dc, ac));
        }
        Ok(Self {
            parts,
            first: first.into(),
            last: last.into(),
            high,
            low,
        })
    }

    /// Decodes the data at `at`. Gives the place behind them.
    pub fn check(
        &self,
        frame: &mut Frame,
        tables: &Tables,
        data: &[u8],
        at: usize,
        progress: &mut Progress,
    ) -> Result<usize> {
        let (across, down, rows) = match self.parts[..] {
            [(only, ..)] => {
                let c = &frame.components[only];
                (c.width, c.height, 8 * frame.v_max / c.v)
            }
            _ => (frame.mcus_across(), frame.mcus_down(), 8 * frame.v_max),
        };
        let mut bits = Bits::new(data, at);
        let mut states = vec![State::default(); self.parts.len()];
        for mcu in 0..across * down {
            if tables.restart > 0 && mcu > 0 && mcu % tables.restart == 0 {
                let number = (mcu / tables.restart - 1) % 8;
                let end = end(bits, &states)?;
                if data.get(end..end + 2) != Some(&[0xff, 0xd0 + number as u8]) {
                    return Err(Fault("a restart marker is missing"));
                }
                bits = Bits::new(data, end + 2);
                states.fill(State::default());
            }
            let (x, y) = (mcu % across, mcu / across);
            for (part, state) in self.parts.iter().zip(&mut states) {
                let component = &mut frame.components[part.0];
                let (h, v) = match self.parts.len() {
                    1 => (1, 1),
                    _ => (component.h, component.v),
                };
                for block in 0..h * v {
                    let place = (y * v + block / h) * component.stride + x * h + block % h;
                    let outcome = self.block(part, component, place, &mut bits, state, tables);
                    if outcome.is_err() || block == 0 {
                        (progress.row, progress.at) = (y * rows, bits.position());
                    }
                    outcome?;
                }
            }
        }
        end(bits, &states)
    }

    fn block(
        &self,
        &(_, dc, ac): &(usize, Option<&Table>, Option<&Table>),
        component: &mut Component,
        place: usize,
        bits: &mut Bits<'_>,
        state: &mut State,
        tables: &Tables,
    ) -> Result<()> {
        if self.first == 0 {
            match dc {
                Some(table) if self.high == 0 => {
                    self.dc(table, bits, state)?;
                    tables.check_dc(component.quantiser, state.dc << self.low)?;
                }
                _ => _ = bits.take(1)?,
            }
        }
        let Some(table) = ac.filter(|_| self.last > 0) else {
            return Ok(());
        };
        match component.nonzero.get_mut(place) {
            Some(nonzero) if self.high > 0 => self.refine(table, bits, state, nonzero),
            Some(nonzero) => self.ac(table, bits, state, nonzero),
            None => self.ac(table, bits, state, &mut 0),
        }
    }

    fn dc(&self, table: &Table, bits: &mut Bits<'_>, state: &mut State) -> Result<()> {
        let size = u32::from(table.read(bits)?);
        if size > 11 {
            return Err(OUT_OF_RANGE);
        }
        if size > 0 {
            let value = bits.take(size)? as i32;
            let negative = value < 1 << (size - 1);
            state.dc += value - if negative { (1 << size) - 1 } else { 0 };
        }
        Ok(())
    }

    /// The first bits of a block's other coefficients.
    fn ac(
        &self,
        table: &Table,
        bits: &mut Bits<'_>,
        state: &mut State,
        nonzero: &mut u64,
    ) -> Result<()> {
        if state.end_of_band > 0 {
            state.end_of_band -= 1;
            return Ok(());
        }
        let mut k = self.first.max(1);
        while k <= self.last {
            let symbol = table.read(bits)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k += 16,
                // In a sequential scan these mean nothing.
                (1.., 0) if self.first == 0 => return Err(OUT_OF_RANGE),
                (_, 0) => {
                    state.end_of_band = (1 << run) - 1 + bits.take(run)?;
                    break;
                }
                _ => {
                    k += run;
                    if k > self.last || size > 10 {
                        return Err(OUT_OF_RANGE);
                    }
                    bits.take(size)?;
                    *nonzero |= 1 << k;
                    k += 1;
                }
            }
        }
        Ok(())
    }

    /// One more bit of a block's other coefficients (ITU-T T.81, G.1.2.3).
    fn refine(
        &self,
        table: &Table,
        bits: &mut Bits<'_>,
        state: &mut State,
        nonzero: &mut u64,
    ) -> Result<()> {
        let mut k = self.first;
        while state.end_of_band == 0 && k <= self.last {
            let symbol = table.read(bits)?;
            let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
            match (run, size) {
                (15, 0) => {}
                (_, 0) => {
                    state.end_of_band = (1 << run) + bits.take(run)?;
                    break;
                }
                (_, 1) => _ = bits.take(1)?,
                _ => return Err(OUT_OF_RANGE),
            }
            while k <= self.last {
                if *nonzero >> k & 1 == 1 {
                    bits.take(1)?;
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
            if size == 1 {
                if k > self.last {
                    return Err(OUT_OF_RANGE);
                }
                *nonzero |= 1 << k;
            }
            k += 1;
        }
        if state.end_of_band > 0 {
            state.end_of_band -= 1;
            for k in k..=self.last {
                bits.take((*nonzero >> k & 1) as u32)?;
            }
        }
        Ok(())
    }
}

const OUT_OF_RANGE: Fault = Fault("a coefficient is out of range");

fn end(bits: Bits<'_>, states: &[State]) -> Result<usize> {
    if states.iter().any(|state| state.end_of_band > 0) {
        return Err(Fault("there are fewer blocks than the data say"));
    }
    bits.end()
}
