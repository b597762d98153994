//! The payload of a `FILT` chunk (SPEC.md section 4.11).

/// How each colour of a pixel is corrected by what its neighbours have more than it (SPEC.md section 11.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Of the differences as they are.
    pub(crate) linear: Weights,
    /// Of the differences clipped to ±8 pixel values: small ones are noise and texture, large ones are edges, and they want different weights.
    pub(crate) clipped: Option<Weights>,
}

/// `[colour corrected][neighbour][colour]`, in 128ths. The neighbours are those of the 3 × 3 pixels row by row, without the middle one.
pub(crate) type Weights = [[[i8; 3]; Filter::NEIGHBOURS]; 3];

impl Filter {
    pub(crate) const NEIGHBOURS: usize = 8;
    /// Of the payload without and with weights of clipped differences.
    pub(crate) const BYTES: [usize; 2] = [WEIGHTS, 2 * WEIGHTS];

    /// `None` if the payload has another length. All values are valid.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let (linear, clipped) = payload.split_at_checked(WEIGHTS)?;
        let clipped = match clipped {
            [] => None,
            bytes => Some(weights(bytes.try_into().ok()?)),
        };
        Some(Self {
            linear: weights(linear.try_into().ok()?),
            clipped,
        })
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let all = std::iter::once(self.linear).chain(self.clipped);
        all.flat_map(|weights| {
            let weights = weights.as_flattened().as_flattened().to_vec();
            weights.into_iter().map(|weight| weight as u8)
        })
        .collect()
    }
}

const WEIGHTS: usize = 3 * Filter::NEIGHBOURS * 3;

fn weights(bytes: &[u8; WEIGHTS]) -> Weights {
    let mut weights = [[[0; 3]; Filter::NEIGHBOURS]; 3];
    let places = weights.as_flattened_mut().as_flattened_mut().iter_mut();
    for (place, &byte) in places.zip(bytes) {
        *place = byte as i8;
    }
    weights
}
