//! What the values of a layer's channels were on photos.

use vqz::lab::Traced;

/// Channels whose products with each other are counted, too: those of hidden layers and fewer.
const MOST_CHANNELS: usize = 384;

/// Of the channels of what a layer gives.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// Largest magnitudes.
    pub(super) peaks: Vec<i16>,
    pub(super) means: Vec<f64>,
    /// `[channel][channel]`; empty where there are too many channels.
    pub(super) covariances: Vec<f64>,
}

/// The same while it is counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    positions: f64,
    peaks: Vec<i16>,
    sums: Vec<f64>,
    products: Vec<f64>,
}

impl Counts {
    pub(super) fn of(traced: &Traced) -> Self {
        let channels = traced.channels;
        let products = if channels > MOST_CHANNELS {
            0
        } else {
            channels * channels
        };
        let mut sums = vec![0; channels];
        let mut peaks = vec![0; channels];
        let mut products = vec![0.0; products];
        for position in traced.values.chunks_exact(channels) {
            for (c, &value) in position.iter().enumerate() {
                sums[c] += i64::from(value);
                peaks[c] = value.abs().max(peaks[c]);
            }
            for (row, &value) in products.chunks_exact_mut(channels).zip(position) {
                if value != 0 {
                    let pairs = row.iter_mut().zip(position);
                    pairs.for_each(|(sum, &other)| {
                        *sum += f64::from(i32::from(value) * i32::from(other))
                    });
                }
            }
        }
        Self {
            positions: (traced.values.len() / channels) as f64,
            peaks,
            sums: sums.into_iter().map(|sum| sum as f64).collect(),
            products,
        }
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.positions += other.positions;
        let peaks = self.peaks.iter_mut().zip(&other.peaks);
        peaks.for_each(|(peak, &other)| *peak = other.max(*peak));
        let sums = self.sums.iter_mut().zip(&other.sums);
        sums.for_each(|(sum, other)| *sum += other);
        let products = self.products.iter_mut().zip(&other.products);
        products.for_each(|(sum, other)| *sum += other);
        self
    }

    pub(super) fn seen(&self) -> Seen {
        let channels = self.peaks.len();
        let means: Vec<f64> = self.sums.iter().map(|sum| sum / self.positions).collect();
        let covariance = |(index, product): (usize, &f64)| {
            product / self.positions - means[index / channels] * means[index % channels]
        };
        Seen {
            peaks: self.peaks.clone(),
            covariances: self.products.iter().enumerate().map(covariance).collect(),
            means,
        }
    }
}

impl Seen {
    /// With so many new units per old one of each channel.
    pub(super) fn scaled(&self, factors: &[f64]) -> Self {
        let channels = factors.len();
        let scaled =
            |(index, c): (usize, &f64)| c * factors[index / channels] * factors[index % channels];
        Self {
            peaks: Vec::new(),
            means: self
                .means
                .iter()
                .zip(factors)
                .map(|(mean, factor)| mean * factor)
                .collect(),
            covariances: self.covariances.iter().enumerate().map(scaled).collect(),
        }
    }
}
