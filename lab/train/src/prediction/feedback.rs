//! Which neighbours a channel of the first coding step listens to, and how much of their error it expects.

use std::collections::HashMap;

use tch::Tensor;
use vqz::lab::ObservedStep;
use vqz::model::ChannelFeedback;

use super::regression;

/// A part of each weight that needs no evidence, so that a channel whose neighbours say nothing on photos listens to all of them alike.
const EVERYWHERE: f64 = 0.02;

/// Feedback for each channel, from the first coding step of many tiles; what was expected there knows nothing of neighbours.
pub(super) fn fit(tiles: &[&ObservedStep]) -> Vec<ChannelFeedback> {
    let channels = tiles.iter().map(|tile| tile.channels).max().unwrap_or(0);
    (0..channels)
        .map(|channel| of_channel(tiles, channel))
        .collect()
}

fn of_channel(tiles: &[&ObservedStep], channel: usize) -> ChannelFeedback {
    let (mut errors, mut wanted, mut spread) = (Vec::new(), Vec::new(), Vec::new());
    for tile in tiles {
        let places = tile.positions.iter().enumerate();
        let places: HashMap<_, _> = places.map(|(index, &place)| (place, index)).collect();
        let offsets = tile.parity.neighbours();
        for (&(x, y), &index) in &places {
            let at = |index: usize| index * tile.channels + channel;
            let near = offsets.map(|(dx, dy)| places.get(&(x + dx, y + dy)).copied());
            let [Some(a), Some(b), Some(c), Some(d)] = near else {
                continue;
            };
            if tile.spread[at(index)] > 0.0 {
                errors.extend([a, b, c, d].map(|near| tile.coded[at(near)]));
                wanted.push(tile.wanted[at(index)]);
                spread.push(tile.spread[at(index)]);
            }
        }
    }
    let weights = match wanted.len() {
        0 => vec![0.0; 4],
        count => regression::fit(
            &Tensor::from_slice(&errors).view([count as i64, 4]),
            &Tensor::from_slice(&wanted),
            &Tensor::from_slice(&spread),
        ),
    };
    let shares: Vec<f64> = weights.iter().map(|w| w.max(0.0) + EVERYWHERE).collect();
    let total: f64 = shares.iter().sum();
    let all = weights.iter().sum::<f64>().clamp(0.0, 1.0);
    ChannelFeedback {
        neighbours: std::array::from_fn(|index| (shares[index] / total * 255.0).round() as u8),
        weight: (all * 256.0).round() as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::model::Parity;
    use vqz::testing::Rng;

    /// One channel whose error is nearly that of its neighbour in the west, and one whose error is its own.
    #[test]
    fn a_channel_listens_to_neighbours_that_say_something() {
        let rng = &mut Rng(7);
        let mut step = ObservedStep::new(Parity::Even, 2);
        for y in 0..60 {
            let mut before = 0.0;
            for x in (0..60).filter(|x| (x + y) % 2 == 0) {
                let [a, b] = [(); 2].map(|()| rng.range(-100, 100) as f32 / 50.0);
                before = 0.9 * before + a;
                step.positions.push((x, y));
                step.coded.extend([before, b]);
                step.wanted.extend([before, b]);
                step.spread.extend([1.0, 1.0]);
            }
        }
        let [first, second] = fit(&[&step])[..] else {
            panic!("two channels");
        };
        assert!(first.neighbours[0] > 200, "{first:?}");
        assert!((200..245).contains(&first.weight), "{first:?}");
        assert!(second.weight < 30, "{second:?}");
    }
}
