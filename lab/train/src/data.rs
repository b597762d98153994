//! Photos: a folder of images in memory, and patches drawn from it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{bail, Context, Result};
use fast_image_resize as fir;
use rayon::prelude::*;
use tch::{Kind, Tensor};
use vqz::{Color, Image};

use crate::colours::recolour;
use crate::config::Recipe;
use crate::degrade::Degradation;
use crate::drawn::drawn;
use crate::random::Random;

/// An RGB photo.
#[derive(Clone)]
pub(crate) struct Photo {
    pub width: u32,
    pub height: u32,
    /// Interleaved RGB.
    pub pixels: Vec<u8>,
}

/// Decodes every image of a folder (not recursive, sorted by name); those smaller than `least` pixels a side are left out.
pub(crate) fn load_folder(folder: &Path, least: u32) -> Result<Vec<Photo>> {
    load(folder, &list(folder)?, least)
}

/// Decodes `count` images of a folder, spread evenly over it, or all if there are fewer.
pub(crate) fn load_some(folder: &Path, count: usize) -> Result<Vec<Photo>> {
    let paths = list(folder)?;
    let count = count.min(paths.len());
    let chosen: Vec<PathBuf> = (0..count)
        .map(|index| paths[index * paths.len() / count].clone())
        .collect();
    load(folder, &chosen, 1)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| format!("{}: cannot list the folder", folder.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|p| {
            let extension = p
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or("")
                .to_ascii_lowercase();
            ["png", "jpg", "jpeg", "webp"].contains(&extension.as_str())
        })
        .collect();
    paths.sort();
    Ok(paths)
}

fn load(folder: &Path, paths: &[PathBuf], least: u32) -> Result<Vec<Photo>> {
    let photos: Vec<Photo> = paths
        .par_iter()
        .map(|path| {
            let image = image::ImageReader::open(path)?
                .with_guessed_format()?
                .decode()
                .with_context(|| format!("{}: cannot decode", path.display()))?
                .to_rgb8();
            Ok(Photo {
                width: image.width(),
                height: image.height(),
                pixels: image.into_raw(),
            })
        })
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|p| p.width.min(p.height) >= least)
        .collect();
    if photos.is_empty() {
        bail!(
            "{}: no PNG, JPEG or WebP image of at least {least} pixels a side",
            folder.display()
        );
    }
    Ok(photos)
}

impl Photo {
    /// A square patch: a random region, scaled to `side` and mirrored half of the time. Its side is once to twice as long (as far as the photo's size allows),
    /// or where `enlarged` half to once as long.
    pub(crate) fn patch(&self, side: u32, enlarged: bool, random: &mut Random) -> Result<Vec<u8>> {
        let (least, most) = match enlarged {
            true => (side / 2, side),
            false => (side, self.width.min(self.height).min(side * 2)),
        };
        let region = least + random.below(u64::from(most - least + 1)) as u32;
        let x = random.below(u64::from(self.width - region + 1)) as u32;
        let y = random.below(u64::from(self.height - region + 1)) as u32;
        let source = fir::images::ImageRef::new(
            self.width,
            self.height,
            &self.pixels,
            fir::PixelType::U8x3,
        )?;
        let mut patch = fir::images::Image::new(side, side, fir::PixelType::U8x3);
        let filter = fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3);
        let options = fir::ResizeOptions::new().resize_alg(filter).crop(
            x.into(),
            y.into(),
            region.into(),
            region.into(),
        );
        fir::Resizer::new().resize(&source, &mut patch, &options)?;
        let mut pixels = patch.into_vec();
        if random.below(2) == 1 {
            for row in pixels.chunks_exact_mut(side as usize * 3) {
                let mirrored: Vec<u8> = row.chunks_exact(3).rev().flatten().copied().collect();
                row.copy_from_slice(&mirrored);
            }
        }
        Ok(pixels)
    }

    /// The photo as the codec takes it.
    pub(crate) fn image(&self) -> Result<Image> {
        let pixels = self.pixels.clone();
        Ok(Image::new(self.width, self.height, Color::Rgb, pixels)?)
    }

    /// This photo, the one of that number in its folder, as the encoder of a recipe's model sees it: always the same, whatever has been drawn before.
    ///
    /// # Errors
    /// Those of [`Degradation::apply`].
    pub(crate) fn seen(&self, number: usize, recipe: &Recipe) -> Result<Cow<'_, Self>> {
        let Some(degradation) = recipe.degrade else {
            return Ok(Cow::Borrowed(self));
        };
        let random = &mut Random::new(recipe.seed ^ 0x5EE2, number as u64);
        let pixels = degradation.apply(&self.pixels, (self.width, self.height), random)?;
        Ok(Cow::Owned(Self { pixels, ..*self }))
    }
}

/// What a batch is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    /// Patches.
    pub count: usize,
    /// Pixels a side.
    pub side: u32,
    /// Share of drawn patches, 0 to 1.
    pub drawn: f64,
    /// Share of the patches of photos that get other colours, 0 to 1.
    pub recoloured: f64,
    /// Share of the patches of photos that are enlarged, 0 to 1.
    pub enlarged: f64,
    /// What is done to patches before the encoder sees them.
    pub degrade: Option<Degradation>,
    pub seed: u64,
}

/// The same patches twice, interleaved RGB, one after the other.
pub(crate) struct Batch {
    /// As the encoder sees them.
    pub seen: Vec<u8>,
    /// As the decoder shall give them.
    pub clean: Vec<u8>,
}

impl Draw {
    /// What a recipe asks for; `salt` makes other patches for other ends.
    pub fn new(recipe: &Recipe, salt: u64) -> Self {
        Self {
            count: recipe.batch,
            side: recipe.patch,
            drawn: recipe.drawn,
            recoloured: recipe.recoloured,
            enlarged: recipe.enlarged,
            degrade: recipe.degrade,
            seed: recipe.seed ^ salt,
        }
    }
}

/// The batch of step `step`: a function of the seed and the step alone, so that a resumed run sees the same data.
pub(crate) fn batch(photos: &[Photo], draw: &Draw, step: u64) -> Result<Batch> {
    let Draw { count, side, .. } = *draw;
    let mut random = Random::new(draw.seed, step);
    // With random numbers of its own, so that the clean patches are the same whatever is done to them.
    let mut harm = Random::new(draw.seed ^ 0xDE64, step);
    let size = count * (side * side * 3) as usize;
    let (mut seen, mut clean) = (Vec::with_capacity(size), Vec::with_capacity(size));
    for _ in 0..count {
        let patch = if random.unit() < draw.drawn {
            drawn(side, &mut random)
        } else {
            let photo = &photos[random.below(photos.len() as u64) as usize];
            // Runs without either see the patches that they saw before these were there.
            let enlarged = draw.enlarged > 0.0 && random.unit() < draw.enlarged;
            let mut patch = photo.patch(side, enlarged, &mut random)?;
            if draw.recoloured > 0.0 && random.unit() < draw.recoloured {
                recolour(&mut patch, &mut random);
            }
            patch
        };
        match draw.degrade {
            Some(degradation) => seen.extend(degradation.apply(&patch, (side, side), &mut harm)?),
            None => seen.extend_from_slice(&patch),
        }
        clean.extend(patch);
    }
    Ok(Batch { seen, clean })
}

/// `[count, 3, side, side]` of pixels − 128, channel-last in memory.
pub(crate) fn to_tensor(pixels: &[u8], count: i64, height: i64, width: i64) -> Tensor {
    (Tensor::from_slice(pixels)
        .view([count, height, width, 3])
        .to_kind(Kind::Float)
        - 128.0)
        .permute([0, 3, 1, 2])
}

/// Batches of steps `from..`, prepared ahead in another thread.
pub(crate) fn prefetch(
    photos: std::sync::Arc<Vec<Photo>>,
    draw: Draw,
    from: u64,
) -> mpsc::Receiver<Result<Batch>> {
    let (send, receive) = mpsc::sync_channel(4);
    std::thread::spawn(move || {
        for step in from.. {
            if send.send(batch(&photos, &draw, step)).is_err() {
                break;
            }
        }
    });
    receive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Photo {
        let (width, height) = (90, 70);
        let pixels = (0..width * height * 3).map(|i| (i % 200) as u8 + 20);
        Photo {
            width,
            height,
            pixels: pixels.collect(),
        }
    }

    #[test]
    fn a_batch_has_the_same_clean_patches_whatever_the_encoder_sees() {
        let photos = [photo()];
        let batch = |degrade, step| {
            let recipe = Recipe {
                batch: 3,
                patch: 64,
                drawn: 0.5,
                degrade,
                ..Recipe::default()
            };
            super::batch(&photos, &Draw::new(&recipe, 0), step).unwrap()
        };
        let noise = Some(Degradation::Noise(25.0));
        let (plain, noisy, next) = (batch(None, 4), batch(noise, 4), batch(noise, 5));
        assert!(plain.seen == plain.clean && plain.clean == noisy.clean);
        assert!(noisy.seen != noisy.clean && noisy.clean != next.clean);
        assert!(noisy.seen == batch(noise, 4).seen);
    }

    #[test]
    fn some_photos_are_spread_over_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        for width in 20..27 {
            let picture = image::RgbImage::new(width, 20);
            picture
                .save(folder.path().join(format!("{width}.png")))
                .unwrap();
        }
        let widths = |count| -> Vec<u32> {
            let photos = load_some(folder.path(), count).unwrap();
            photos.iter().map(|photo| photo.width).collect()
        };
        assert_eq!(widths(3), [20, 22, 24]);
        assert_eq!(widths(100), [20, 21, 22, 23, 24, 25, 26]);
    }

    /// A ramp of one level a column: in a patch it rises as fast as it was scaled down, or slower where it was enlarged.
    #[test]
    fn enlarged_patches_come_from_smaller_regions() {
        let (width, height) = (90, 90);
        let ramp = (0..width * height).flat_map(|i| [(i % width) as u8 + 50; 3]);
        let photo = Photo {
            width,
            height,
            pixels: ramp.collect(),
        };
        let random = &mut Random::new(3, 0);
        for enlarged in [false, true] {
            for _ in 0..20 {
                let patch = photo.patch(32, enlarged, random).unwrap();
                let middle = &patch[16 * 32 * 3..][..32 * 3];
                let rise = middle[0].abs_diff(middle[31 * 3]);
                let (least, most) = if enlarged { (14, 32) } else { (30, 64) };
                assert!((least..=most).contains(&rise), "{enlarged}: {rise}");
            }
        }
    }

    #[test]
    fn a_whole_photo_is_seen_the_same_way_each_time() {
        let recipe = Recipe {
            degrade: Some(Degradation::Noise(25.0)),
            ..Recipe::default()
        };
        let photo = photo();
        let seen = |number| photo.seen(number, &recipe).unwrap().into_owned().pixels;
        assert!(seen(5) == seen(5) && seen(5) != seen(6));
        let plain = photo.seen(5, &Recipe::default()).unwrap().into_owned();
        assert!(plain.pixels == photo.pixels);
    }
}
