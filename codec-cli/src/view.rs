//! `--region`, `--scale` and `--rendering`: what of a picture is wanted.

use clap::ValueEnum;
use vqz::{Region, Scale, View};

/// [`vqz::Rendering`]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rendering {
    /// As near to the original as the model can get
    Faithful,
    /// Sharper at low qualities, with texture that looks like the original's
    Perceptual,
}

impl From<Rendering> for vqz::Rendering {
    fn from(rendering: Rendering) -> Self {
        match rendering {
            Rendering::Faithful => Self::Faithful,
            Rendering::Perceptual => Self::Perceptual,
        }
    }
}

/// `WxH+X+Y`, as ImageMagick writes it.
pub fn parse_region(text: &str) -> Result<Region, String> {
    let numbers = || {
        let (size, place) = text.split_once('+')?;
        let ((width, height), (x, y)) = (size.split_once('x')?, place.split_once('+')?);
        let [width, height, x, y] = [width, height, x, y].map(|n| n.parse::<u32>().ok());
        Some(Region {
            x: x?,
            y: y?,
            width: width.filter(|&n| n > 0)?,
            height: height.filter(|&n| n > 0)?,
        })
    };
    numbers().ok_or_else(|| "must be WIDTHxHEIGHT+X+Y, such as 640x480+100+50".into())
}

/// `1`, `1/2`, `1/4`, `1/8` or `1/16`; the `1/` may be left out.
pub fn parse_scale(text: &str) -> Result<Scale, String> {
    let divisor = text.strip_prefix("1/").unwrap_or(text);
    Scale::ALL
        .into_iter()
        .find(|scale| scale.divisor().to_string() == divisor)
        .ok_or_else(|| "must be 1, 1/2, 1/4, 1/8 or 1/16".into())
}

/// All of them.
pub fn of(region: Option<Region>, scale: Option<Scale>, rendering: Rendering) -> View {
    let mut view = View::scale(scale.unwrap_or_default()).rendering(rendering.into());
    view.region = region;
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_scales() {
        let region = parse_region("640x480+10+5").unwrap();
        assert_eq!(
            (region.width, region.height, region.x, region.y),
            (640, 480, 10, 5)
        );
        for text in [
            "",
            "640x480",
            "640x480+1",
            "0x3+0+0",
            "-1x3+0+0",
            "1x1+0+99999999999",
        ] {
            assert!(parse_region(text).is_err(), "{text}");
        }
        assert_eq!(parse_scale("1/8"), Ok(Scale::Eighth));
        assert_eq!(parse_scale("16"), Ok(Scale::Sixteenth));
        assert!(parse_scale("3").is_err() && parse_scale("8/1").is_err());
    }
}
