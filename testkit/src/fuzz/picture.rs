//! Any small picture and options: what is written decodes to what the encoder predicted, with any kernels.

use arbitrary::Unstructured;
use vqz::model::QUALITY_MAX;
use vqz::testing::encode_and_predict;
use vqz::{Color, Decoder, Encoder, Error, Image};

use super::models;

#[derive(Debug)]
struct Input {
    width: u8,
    height: u8,
    color: bool,
    fill: Fill,
    alpha: Option<Fill>,
    icc: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
    progressive: bool,
    effort: u8,
    goal: Goal,
    model: u8,
}

/// How samples are made of few bytes.
#[derive(Debug)]
enum Fill {
    Flat(u8),
    /// Over and over.
    Repeat(Vec<u8>),
    /// 0 and 255 in cells of a size.
    Board(u8),
    Noise(u32),
}

#[derive(Debug)]
enum Goal {
    Quality(u16),
    Size(u16),
    Psnr(u8),
}

impl Input {
    fn read(u: &mut Unstructured) -> arbitrary::Result<Self> {
        let fill = |u: &mut Unstructured| {
            Ok(match u.int_in_range(0..=3)? {
                0 => Fill::Flat(u.arbitrary()?),
                1 => Fill::Repeat(u.arbitrary()?),
                2 => Fill::Board(u.arbitrary()?),
                _ => Fill::Noise(u.arbitrary()?),
            })
        };
        Ok(Self {
            width: u.arbitrary()?,
            height: u.arbitrary()?,
            color: u.arbitrary()?,
            progressive: u.arbitrary()?,
            effort: u.int_in_range(0..=Encoder::MAX_EFFORT)?,
            model: u.arbitrary()?,
            goal: match u.int_in_range(0..=3)? {
                0 => Goal::Size(u.arbitrary()?),
                1 => Goal::Psnr(u.arbitrary()?),
                _ => Goal::Quality(u.arbitrary()?),
            },
            fill: fill(u)?,
            alpha: if u.arbitrary()? { Some(fill(u)?) } else { None },
            icc: u.arbitrary()?,
            exif: u.arbitrary()?,
            xmp: u.arbitrary()?,
        })
    }
}

impl Fill {
    fn samples(&self, row: usize, count: usize) -> Vec<u8> {
        match self {
            Self::Flat(value) => vec![*value; count],
            Self::Repeat(values) => values
                .iter()
                .copied()
                .chain([7])
                .cycle()
                .take(count)
                .collect(),
            Self::Board(cell) => {
                let cell = usize::from(*cell).max(1);
                (0..count)
                    .map(|i| {
                        if (i / cell + i / row / cell).is_multiple_of(2) {
                            0
                        } else {
                            255
                        }
                    })
                    .collect()
            }
            Self::Noise(seed) => {
                let mut state = *seed;
                let next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                };
                std::iter::repeat_with(next).take(count).collect()
            }
        }
    }
}

/// Bytes as an `Input`.
pub fn check(bytes: &[u8]) {
    if let Ok(input) = Input::read(&mut Unstructured::new(bytes)) {
        round_trip(&input);
    }
}

fn round_trip(input: &Input) {
    // The built-in model is slow: now and then, on the smallest of pictures.
    let (model, largest) = match input.model {
        248..=255 => (models::embedded(), 24),
        150..=247 => (models::smallest(), 96),
        _ => (models::tiny(), 96),
    };
    let [width, height] = [input.width, input.height].map(|side| u32::from(side) % largest + 1);
    let color = if input.color { Color::Rgb } else { Color::Gray };
    let (pixels, row) = ((width * height) as usize, width as usize * color.channels());
    let samples = input.fill.samples(row, pixels * color.channels());
    let mut image = Image::new(width, height, color, samples).expect("a picture");
    if let Some(fill) = &input.alpha {
        image = image
            .with_alpha(fill.samples(width as usize, pixels))
            .expect("a plane");
    }
    image.metadata.icc.clone_from(&input.icc);
    image.metadata.exif.clone_from(&input.exif);
    image.metadata.xmp.clone_from(&input.xmp);

    let encoder = Encoder::new(model)
        .progressive(input.progressive)
        .effort(input.effort)
        .expect("an effort");
    let (file, expected) = match input.goal {
        Goal::Quality(quality) => {
            let (file, samples) =
                encode_and_predict(&encoder, &image, quality % (QUALITY_MAX + 1)).expect("a file");
            (file, Some(samples))
        }
        Goal::Size(bytes) => match encoder.encode_to_size(&image, bytes.into()) {
            Ok(found) => {
                assert!(found.bytes.len() <= bytes.into());
                (found.bytes, None)
            }
            Err(Error::Unreachable { .. }) => return,
            Err(error) => panic!("{error}"),
        },
        Goal::Psnr(db) => match encoder.encode_to_psnr(&image, db.into()) {
            Ok(found) => (found.bytes, None),
            Err(Error::Unreachable { .. }) => return,
            Err(error) => panic!("{error}"),
        },
    };
    let back = Decoder::new(model).decode(&file).expect("a picture");
    assert_eq!(
        (back.width(), back.height(), back.color()),
        (width, height, color)
    );
    assert_eq!(
        (back.alpha(), &back.metadata),
        (image.alpha(), &image.metadata)
    );
    if let Some(expected) = expected {
        assert_eq!(back.samples(), expected, "prediction");
    }
    if model.digest() == models::tiny().digest() {
        assert_eq!(
            Decoder::new(models::tiny_scalar())
                .decode(&file)
                .expect("a picture"),
            back,
            "scalar kernels"
        );
    }
}
