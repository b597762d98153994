//! Where a picture is farthest from the original.

use crate::pixels;
use crate::report::Region;
use vqz::Image;

/// Side of a block, pixels; blocks at the right and lower edge may be smaller.
const SIDE: u32 = 64;
/// How many blocks are told.
const COUNT: usize = 3;

/// The blocks of lowest PSNR on a grid of 64×64 pixels, worst first. The pictures are of one size.
pub fn regions(original: &Image, decoded: &Image) -> Vec<Region> {
    let (a, b) = (pixels::rgb(original), pixels::rgb(decoded));
    let mut regions = Vec::new();
    for y in (0..a.height()).step_by(SIDE as usize) {
        for x in (0..a.width()).step_by(SIDE as usize) {
            let width = SIDE.min(a.width() - x);
            let height = SIDE.min(a.height() - y);
            // A sliver would be worst by chance.
            if (width < SIDE / 2 && a.width() > SIDE) || (height < SIDE / 2 && a.height() > SIDE) {
                continue;
            }
            let psnr = psnr_of_block(&a, &b, (x, y), (width, height));
            regions.push(Region {
                x,
                y,
                width,
                height,
                psnr,
            });
        }
    }
    regions.sort_by(|a, b| a.psnr.total_cmp(&b.psnr));
    regions.truncate(COUNT);
    regions
}

fn psnr_of_block(a: &Image, b: &Image, (x, y): (u32, u32), (width, height): (u32, u32)) -> f64 {
    let row_of = |image: &Image, row: u32| {
        let start = 3 * (row as usize * image.width() as usize + x as usize);
        start..start + 3 * width as usize
    };
    let squares: u64 = (y..y + height)
        .flat_map(|row| {
            let (a, b) = (&a.samples()[row_of(a, row)], &b.samples()[row_of(b, row)]);
            a.iter().zip(b)
        })
        .map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2))
        .sum();
    let mse = squares.max(1) as f64 / (3.0 * f64::from(width) * f64::from(height));
    10.0 * (255.0 * 255.0 / mse).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vqz::Color;

    #[test]
    fn damage_is_found_where_it_is() {
        let (width, height) = (200u32, 130u32);
        let clean = vec![100; (width * height * 3) as usize];
        let mut damaged = clean.clone();
        let mut add = |x: u32, y: u32, error: u8| {
            damaged[3 * (y * width + x) as usize] += error;
        };
        add(70, 70, 90);
        add(3, 127, 60);
        add(191, 0, 30);
        add(199, 60, 150);
        let image = |samples| Image::new(width, height, Color::Rgb, samples).unwrap();
        let found = regions(&image(clean), &image(damaged));
        let places: Vec<(u32, u32)> = found.iter().map(|r| (r.x, r.y)).collect();
        // The last eight columns and the last two rows are slivers.
        assert_eq!(places, [(64, 64), (0, 64), (128, 0)]);
        let mse = 90.0 * 90.0 / (3.0 * 64.0 * 64.0);
        assert!((found[0].psnr - 10.0 * (65025.0_f64 / mse).log10()).abs() < 1e-9);
        assert_eq!((found[1].width, found[1].height), (64, 64));
    }

    #[test]
    fn a_small_picture_is_one_block() {
        let image = Image::new(20, 10, Color::Gray, vec![7; 200]).unwrap();
        let found = regions(&image, &image);
        assert_eq!((found.len(), found[0].width, found[0].height), (1, 20, 10));
    }
}
