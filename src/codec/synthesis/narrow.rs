//! The networks that read latents, for no more channels than there are: those of coding steps that tiles do not hold are 0, and often the last ones
//! are anyway. What is left out of a sum is 0, so that pixels are the same.

use std::sync::OnceLock;

use crate::codec::session::Session;
use crate::model::RenderingNetworks;
use crate::nn::{PreparedNetwork, Rect, Tensor};

/// The two networks of a rendering that read latents, as narrow as windows allow.
pub(super) struct Narrow<'s> {
    linear: &'s PreparedNetwork,
    body: &'s PreparedNetwork,
    /// For the first channels up to the end of a coding step: made when they are needed.
    narrowed: Vec<(usize, OnceLock<Option<Networks>>)>,
}

struct Networks {
    linear: PreparedNetwork,
    body: PreparedNetwork,
}

impl<'s> Narrow<'s> {
    pub(super) fn new(session: &'s Session<'s>, rendering: &'s RenderingNetworks) -> Self {
        let networks = &session.model.networks;
        let mut ends: Vec<usize> = networks.steps.iter().map(|s| s.channels.end).collect();
        ends.sort_unstable();
        ends.dedup();
        // All channels are what the networks are for as they are.
        ends.pop();
        Self {
            linear: &networks.synthesis_linear,
            body: &rendering.body,
            narrowed: ends.into_iter().map(|end| (end, OnceLock::new())).collect(),
        }
    }

    /// The linear part and the body for the latents `y` in `rect`.
    pub(super) fn of(&self, y: &Tensor, rect: Rect) -> (&PreparedNetwork, &PreparedNetwork) {
        let used = used_channels(y, rect);
        let narrowed = self.narrowed.iter().find(|(end, _)| *end >= used);
        let networks = narrowed.and_then(|(end, networks)| {
            let make = || {
                Some(Networks {
                    linear: self.linear.narrowed(*end)?,
                    body: self.body.narrowed(*end)?,
                })
            };
            networks.get_or_init(make).as_ref()
        });
        match networks {
            Some(networks) => (&networks.linear, &networks.body),
            None => (self.linear, self.body),
        }
    }
}

/// How many channels it takes to hold all values of a window that are not 0.
fn used_channels(tensor: &Tensor, rect: Rect) -> usize {
    let common = tensor.rect.intersection(rect);
    let mut bits = vec![0; tensor.channels];
    for y in common.y..common.bottom() {
        let row = tensor.row(y, common.x, common.right());
        for position in row.chunks_exact(tensor.channels) {
            for (bits, value) in bits.iter_mut().zip(position) {
                *bits |= value;
            }
        }
    }
    bits.iter()
        .rposition(|&b| b != 0)
        .map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_are_not_0_are_found_where_they_are_looked_for() {
        let mut tensor = Tensor::zeros(Rect::of_size(4, 3), 6);
        let window = Rect {
            x: 1,
            y: -2,
            width: 9,
            height: 4,
        };
        assert_eq!(used_channels(&tensor, window), 0);
        let outside = tensor.offset(0, 1) + 5;
        tensor.data[outside] = 1;
        assert_eq!(used_channels(&tensor, window), 0);
        let inside = tensor.offset(3, 1) + 2;
        tensor.data[inside] = -3;
        assert_eq!(used_channels(&tensor, window), 3);
        assert_eq!(used_channels(&tensor, tensor.rect), 6);
    }
}
