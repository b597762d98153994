//! Small pictures, all of one size, from the files that data sets come as.
//!
//! | what | file |
//! |---|---|
//! | MNIST's IDX files | `idx` |
//! | CIFAR-10's binary batches | `cifar` |
//! | what can be wrong with them | `error` |
//! | photos, of which patches are cut | [`crate::data`] |

mod cifar;
mod error;
mod idx;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use flate2::bufread::MultiGzDecoder;
use tch::{Device, Kind, Tensor};

use crate::data::load_folder;
use crate::random::Random;
use error::{check_samples, DataError};

/// Patches that are cut of a folder of photos, all together.
const PATCHES: usize = 20_000;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pictures {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// Picture by picture, row by row, channels interleaved.
    samples: Vec<u8>,
    /// What each shows, if the data set says so.
    pub classes: Option<Vec<u8>>,
}

impl Pictures {
    pub fn count(&self) -> usize {
        self.samples.len() / self.size()
    }

    /// Samples of a picture.
    fn size(&self) -> usize {
        self.width * self.height * self.channels
    }

    pub fn get(&self, index: usize) -> &[u8] {
        &self.samples[index * self.size()..][..self.size()]
    }

    /// Some of the pictures as `[B, channels, height, width]`, from 0 to 1.
    pub fn batch(&self, indices: &[usize], device: Device) -> Tensor {
        let samples: Vec<u8> = indices
            .iter()
            .flat_map(|&index| self.get(index))
            .copied()
            .collect();
        let (height, width) = (self.height as i64, self.width as i64);
        let shape = [indices.len() as i64, height, width, self.channels as i64];
        let tensor = Tensor::from_slice(&samples).view(shape).to_device(device);
        (tensor.to_kind(Kind::Float) / 255.0).permute([0, 3, 1, 2])
    }

    /// Some of them, drawn by `random`.
    pub fn draw(&self, count: usize, random: &mut Random) -> Vec<usize> {
        let all = self.count() as u64;
        (0..count).map(|_| random.below(all) as usize).collect()
    }

    /// Takes the last `count` pictures away.
    pub fn split_off(&mut self, count: usize) -> Self {
        let first = self.count() - count;
        Self {
            samples: self.samples.split_off(first * self.size()),
            classes: self.classes.as_mut().map(|c| c.split_off(first)),
            ..*self
        }
    }

    /// Of the samples, on the scale from 0 to 1.
    pub fn variance(&self) -> f64 {
        let (mut sum, mut squares) = (0u64, 0u64);
        for &sample in &self.samples {
            sum += u64::from(sample);
            squares += u64::from(sample).pow(2);
        }
        let count = self.samples.len() as f64;
        let mean = sum as f64 / count;
        (squares as f64 / count - mean * mean) / (255.0 * 255.0)
    }

    fn check(self) -> Result<Self, DataError> {
        if self.samples.is_empty() {
            return Err(DataError::Format("has no pictures".into()));
        }
        Ok(self)
    }
}

/// The pictures in `path`: an IDX file of pictures (gzipped or not), a batch of CIFAR-10 (`.bin`), a folder that has MNIST's `train-images` or
/// CIFAR-10's `data_batch_1.bin` and so on, or else a folder of photos, of which patches of `side` pixels are cut.
///
/// # Errors
/// Whatever is wrong with the file, by its name.
pub(crate) fn load(path: &Path, side: u32) -> Result<Pictures> {
    let named = |path: &Path| format!("{}", path.display());
    if !path.is_dir() {
        let one = [path.to_path_buf()];
        let read = match path.extension().is_some_and(|e| e == "bin") {
            true => read_cifar(&one),
            false => read_idx(path),
        };
        return read.with_context(|| named(path));
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .with_context(|| format!("{}: cannot list the folder", path.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    files.sort();
    let begins = |path: &Path, with: &str| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(with))
    };
    if let Some(images) = files.iter().find(|file| begins(file, "train-images")) {
        return read_idx(images).with_context(|| named(images));
    }
    files.retain(|file| begins(file, "data_batch_"));
    if !files.is_empty() {
        return read_cifar(&files).with_context(|| named(path));
    }
    cut_patches(path, side)
}

/// The bytes of a file, unpacked if it is gzipped.
fn open(path: &Path) -> Result<Box<dyn Read>, DataError> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(match file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    })
}

fn read_idx(path: &Path) -> Result<Pictures> {
    let array = idx::read(open(path)?, 3)?;
    let &[count, height, width] = &array.sizes[..] else {
        unreachable!("three sizes were asked for");
    };
    let classes = match labels_beside(path) {
        Some(labels) => {
            let array = open(&labels).and_then(|input| idx::read(input, 1));
            let classes = array.with_context(|| labels.display().to_string())?.bytes;
            if classes.len() != count {
                bail!(
                    "has {count} pictures, but {} has {} labels",
                    labels.display(),
                    classes.len()
                );
            }
            Some(classes)
        }
        None => None,
    };
    let pictures = Pictures {
        width,
        height,
        channels: 1,
        samples: array.bytes,
        classes,
    };
    Ok(pictures.check()?)
}

/// `t10k-labels-idx1-ubyte.gz` for `t10k-images-idx3-ubyte.gz`, if it is there.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let labels = name.replace("images", "labels").replace("idx3", "idx1");
    let path = images.with_file_name(&labels);
    (labels != name && path.is_file()).then_some(path)
}

fn read_cifar(files: &[PathBuf]) -> Result<Pictures> {
    let (mut classes, mut samples) = (Vec::new(), Vec::new());
    for file in files {
        open(file)
            .and_then(|input| cifar::read(input, &mut classes, &mut samples))
            .with_context(|| file.display().to_string())?;
    }
    let pictures = Pictures {
        width: cifar::SIDE,
        height: cifar::SIDE,
        channels: 3,
        samples,
        classes: Some(classes),
    };
    Ok(pictures.check()?)
}

/// About [`PATCHES`] patches, as many of each photo: the same at every call.
fn cut_patches(folder: &Path, side: u32) -> Result<Pictures> {
    let photos = load_folder(folder, side)?;
    let each = (PATCHES / photos.len()).max(1);
    check_samples(photos.len() as u64 * each as u64 * u64::from(side).pow(2) * 3)?;
    let mut samples = Vec::new();
    for (number, photo) in (0..).zip(&photos) {
        let mut random = Random::new(0x5A11, number);
        for _ in 0..each {
            samples.extend(photo.patch(side, false, &mut random)?);
        }
    }
    Ok(Pictures {
        width: side as usize,
        height: side as usize,
        channels: 3,
        samples,
        classes: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn idx(kind: u8, sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut file = vec![0, 0, 8, kind];
        sizes
            .iter()
            .for_each(|size| file.extend(size.to_be_bytes()));
        file.extend(bytes);
        file
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn digits_gzipped_or_not_with_labels_or_without() {
        let folder = tempfile::tempdir().unwrap();
        let samples: Vec<u8> = (0..3 * 4 * 4).map(|i| 5 * i as u8).collect();
        let images = idx(3, &[3, 4, 4], &samples);
        let plain = folder.path().join("train-images-idx3-ubyte");
        std::fs::write(&plain, &images).unwrap();
        let read = load(&plain, 28).unwrap();
        assert_eq!((read.count(), read.channels, &read.classes), (3, 1, &None));
        assert_eq!(read.get(1), &samples[16..32]);
        let batch = read.batch(&[2, 0], Device::Cpu);
        assert_eq!(batch.size(), [2, 1, 4, 4]);
        let first = batch.double_value(&[0, 0, 0, 0]);
        assert!((first - 160.0 / 255.0).abs() < 1e-6, "{first}");

        // A folder of the whole set.
        let labels = folder.path().join("train-labels-idx1-ubyte");
        std::fs::write(labels, idx(1, &[3], &[7, 8, 9])).unwrap();
        let mut with_labels = load(folder.path(), 28).unwrap();
        assert_eq!(with_labels.classes, Some(vec![7, 8, 9]));
        let held_out = with_labels.split_off(1);
        assert_eq!((with_labels.count(), held_out.count()), (2, 1));
        assert_eq!(held_out.get(0), &samples[32..]);
        assert_eq!(held_out.classes, Some(vec![9]));

        let packed = folder.path().join("t10k-images-idx3-ubyte.gz");
        std::fs::write(&packed, gzipped(&images)).unwrap();
        assert_eq!(load(&packed, 28).unwrap(), read);
        // Cut, or followed by rubbish that is no gzip.
        let whole = gzipped(&images);
        std::fs::write(&packed, &whole[..whole.len() - 12]).unwrap();
        assert!(load(&packed, 28).is_err());
    }

    /// 64 MiB of zeros in 64 KiB: what the header announces is all that is unpacked.
    #[test]
    fn a_gzip_bomb_is_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t10k-images-idx3-ubyte.gz");
        let mut zeros = idx(3, &[1, 4, 4], &[]);
        zeros.resize(1 << 26, 0);
        std::fs::write(&path, gzipped(&zeros)).unwrap();
        let error = load(&path, 28).unwrap_err();
        let error = error.downcast_ref::<DataError>().expect("a typed error");
        assert!(
            error.to_string().contains("goes on after the 16"),
            "{error}"
        );
    }

    #[test]
    fn labels_that_do_not_fit_their_pictures_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t10k-images-idx3-ubyte");
        std::fs::write(&path, idx(3, &[1, 2, 2], &[0; 4])).unwrap();
        let labels = folder.path().join("t10k-labels-idx1-ubyte");
        std::fs::write(labels, idx(1, &[2], &[1, 2])).unwrap();
        let error = format!("{:#}", load(&path, 28).unwrap_err());
        assert!(error.contains("has 1 pictures, but"), "{error}");
    }

    #[test]
    fn batches_of_cifar_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (name, label) in [("data_batch_2.bin", 2), ("data_batch_1.bin", 1)] {
            let mut record = vec![label; 3073];
            record[1..].fill(10 * label);
            std::fs::write(folder.path().join(name), record).unwrap();
        }
        let read = load(folder.path(), 28).unwrap();
        assert_eq!((read.width, read.height, read.channels), (32, 32, 3));
        assert_eq!(read.classes, Some(vec![1, 2]));
        assert_eq!((read.get(0)[0], read.get(1)[0]), (10, 20));
    }

    #[test]
    fn patches_are_cut_of_photos() {
        let folder = tempfile::tempdir().unwrap();
        let picture = image::RgbImage::from_pixel(40, 36, image::Rgb([9, 99, 199]));
        picture.save(folder.path().join("a.png")).unwrap();
        let read = load(folder.path(), 28).unwrap();
        assert_eq!((read.count(), read.width, read.channels), (PATCHES, 28, 3));
        assert_eq!(read.get(PATCHES - 1)[..3], [9, 99, 199]);
        assert_eq!(read, load(folder.path(), 28).unwrap());
    }
}
