//! How far work has come, for progress bars.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

/// Tells how far the work that it was given to has come, and can be read from another thread. All clones are the same meter.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counts>);

/// In latent positions: each counts twice, once for its labels and once for its pixels.
#[derive(Debug, Default)]
struct Counts {
    done: AtomicU64,
    total: AtomicU64,
}

impl Meter {
    /// A meter at 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The share that is done, 0 to 1. Work that needs several runs, such as encoding to a wanted size, begins at 0 with each of them.
    #[must_use]
    pub fn progress(&self) -> f64 {
        let [done, total] = [&self.0.done, &self.0.total].map(|n| n.load(Ordering::Relaxed) as f64);
        if total == 0.0 {
            return 0.0;
        }
        (done / total).min(1.0)
    }

    /// `total` units of work begin.
    pub(crate) fn begin(&self, total: usize) {
        self.0.done.store(0, Ordering::Relaxed);
        self.0.total.store(total as u64, Ordering::Relaxed);
    }

    /// So many more are done.
    pub(crate) fn add(&self, done: usize) {
        self.0.done.fetch_add(done as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tiny;
    use crate::{Color, Decoder, Encoder, Image, Model, PixelFormat, Region, Scale, View};

    /// Several tiles, of which the last ones are not whole.
    #[test]
    fn it_rises_from_0_to_1() {
        let model = Model::from_bytes(&tiny(1).to_bytes().unwrap()).unwrap();
        let samples = (0..1100 * 2100).map(|i| (i % 251) as u8).collect();
        let image = Image::new(1100, 2100, Color::Gray, samples).unwrap();
        let meter = Meter::new();
        assert_eq!(meter.progress(), 0.0);
        let encoder = Encoder::new(&model).meter(&meter);
        let file = encoder.encode(&image).unwrap();
        assert_eq!(meter.progress(), 1.0);

        let meter = Meter::new();
        let decoder = Decoder::new(&model).meter(&meter).threads(1).unwrap();
        let opened = decoder.open(&file).unwrap();
        let part = Region {
            x: 1000,
            y: 300,
            width: 90,
            height: 900,
        };
        let of_part = View::region(part.x, part.y, part.width, part.height);
        for view in [View::default(), of_part, View::scale(Scale::Eighth)] {
            let mut seen = Vec::new();
            let rows = opened.decode_rows(view, PixelFormat::Gray8, |_| {
                seen.push(meter.progress());
                true
            });
            rows.unwrap();
            assert!(seen.is_sorted() && seen[0] > 0.0, "{view:?}: {seen:?}");
            assert_eq!(meter.progress(), 1.0, "{view:?}");
        }
    }
}
