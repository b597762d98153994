//! The frame header of a JPEG, and what of its coefficients has been sent.

use super::{Fault, Result};

/// What no scan has sent yet, in [`Component::sent`].
pub const NOTHING: u8 = 0xff;

/// A frame: the picture's size and components.
pub struct Frame {
    pub progressive: bool,
    pub width: usize,
    pub height: usize,
    /// Largest sampling factors.
    pub h_max: usize,
    pub v_max: usize,
    pub components: Vec<Component>,
}

/// One component.
pub struct Component {
    id: u8,
    /// Sampling factors.
    pub h: usize,
    pub v: usize,
    /// Which quantisation table.
    pub quantiser: u8,
    /// In blocks, without those that only fill up MCUs.
    pub width: usize,
    pub height: usize,
    /// Blocks of a row, with those that fill up MCUs.
    pub stride: usize,
    /// Of each block, which coefficients are not zero: bit k for the k-th in zigzag order. Empty if not progressive.
    pub nonzero: Vec<u64>,
    /// Of each coefficient, how many low bits are still to come.
    pub sent: [u8; 64],
}

impl Frame {
    /// From a segment's content; `None` if a kind that is not checked: arithmetic coding, lossless, 12 bits, unknown height.
    pub fn new(marker: u8, segment: &[u8], size: (u32, u32)) -> Result<Option<Self>> {
        let &[precision, y1, y0, x1, x0, count, ref components @ ..] = segment else {
            return Err(Fault("the frame header is too short"));
        };
        let height = usize::from(u16::from_be_bytes([y1, y0]));
        let width = usize::from(u16::from_be_bytes([x1, x0]));
        if !matches!(marker, 0xc0..=0xc2) || precision != 8 || height == 0 {
            return Ok(None);
        }
        // The decoder's view, whose size has been checked against the limits.
        if (width, height) != (size.0 as usize, size.1 as usize) {
            return Err(Fault("there are two frame headers"));
        }
        let sound = |c: &[u8]| (1..=4).contains(&(c[1] >> 4)) && (1..=4).contains(&(c[1] & 15));
        let mut components = components.chunks_exact(3);
        if components.len() != usize::from(count)
            || !(1..=4).contains(&count)
            || !components.clone().all(sound)
        {
            return Err(Fault("the frame header is damaged"));
        }
        let factor = |c: &[u8]| (usize::from(c[1] >> 4), usize::from(c[1] & 15));
        let h_max = components.clone().map(|c| factor(c).0).max().unwrap_or(1);
        let v_max = components.clone().map(|c| factor(c).1).max().unwrap_or(1);
        let mut frame = Self {
            progressive: marker == 0xc2,
            width,
            height,
            h_max,
            v_max,
            components: Vec::new(),
        };
        for c in components.by_ref() {
            let (h, v) = factor(c);
            let stride = frame.mcus_across() * h;
            let blocks = match frame.progressive {
                true => stride * frame.mcus_down() * v,
                false => 0,
            };
            frame.components.push(Component {
                id: c[0],
                h,
                v,
                quantiser: c[2],
                width: (width * h).div_ceil(h_max).div_ceil(8),
                height: (height * v).div_ceil(v_max).div_ceil(8),
                stride,
                nonzero: vec![0; blocks],
                sent: [NOTHING; 64],
            });
        }
        Ok(Some(frame))
    }

    pub fn mcus_across(&self) -> usize {
        self.width.div_ceil(8 * self.h_max)
    }

    pub fn mcus_down(&self) -> usize {
        self.height.div_ceil(8 * self.v_max)
    }

    /// The component of this name.
    pub fn find(&self, id: u8) -> Result<usize> {
        let found = self.components.iter().position(|c| c.id == id);
        found.ok_or(Fault("a scan names a component that is not there"))
    }

    /// Whether there is something of every component.
    pub fn is_begun(&self) -> bool {
        self.components.iter().all(|c| c.sent[0] != NOTHING)
    }

    /// Whether every bit of every coefficient was sent.
    pub fn is_complete(&self) -> bool {
        self.components.iter().all(|c| c.sent == [0; 64])
    }
}
