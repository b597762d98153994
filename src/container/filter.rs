//! The payload of a `FILT` chunk (SPEC.md section 4.7).

/// How each colour of a pixel is corrected by what its neighbours have more than it (SPEC.md section 11.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    /// `[colour corrected][neighbour][colour]`, in 128ths. The neighbours are those of the 3 × 3 pixels row by row, without the middle one.
    pub(crate) weights: [[[i8; 3]; Self::NEIGHBOURS]; 3],
}

impl Filter {
    pub(crate) const NEIGHBOURS: usize = 8;
    /// Of the payload.
    pub(crate) const BYTES: usize = 3 * Self::NEIGHBOURS * 3;

    /// `None` if the payload has another length. All values are valid.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let payload: &[u8; Self::BYTES] = payload.try_into().ok()?;
        let mut bytes = payload.iter().map(|&byte| byte as i8);
        let mut weights = [[[0; 3]; Self::NEIGHBOURS]; 3];
        for weight in weights.iter_mut().flatten().flatten() {
            *weight = bytes.next()?;
        }
        Some(Self { weights })
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let weights = self.weights.iter().flatten().flatten();
        for (byte, &weight) in bytes.iter_mut().zip(weights) {
            *byte = weight as u8;
        }
        bytes
    }
}
