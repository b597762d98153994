//! What a rendering is measured by, besides the discriminator's opinion.

use tch::{Device, Kind, Tensor};

/// Added to squared errors that others are divided by: below this they are noise.
const LEAST_ERROR: f64 = 2.0;
/// Channels of colour: luma and two of opponent colours.
const COLOURS: i64 = 3;
/// Projections per scale and channel of colour of the sliced distance.
const PROJECTIONS: i64 = 2;
/// Side of a projection's kernel in samples of its scale: less than a patch's, so that at full size some see its edges and some do not.
const KERNEL: i64 = 3;
/// Side of the parts of a picture whose textures are compared, in patches of 4 × 4 pixels.
const PART: i64 = 8;
/// Pixels per patch, each way.
const PATCH: i64 = 4;
/// Scales of the sliced distance: full size, a half, a quarter.
const SCALES: usize = 3;

/// Mean squared errors of each picture against `original` in units of those of the faithful rendering, `[B]`.
pub(super) fn relative_error(picture: &Tensor, faithful: &Tensor, original: &Tensor) -> Tensor {
    let error = |x: &Tensor| {
        let squares = (x - original).square();
        squares.mean_dim([1i64, 2, 3].as_slice(), false, Kind::Float)
    };
    error(picture) / (error(faithful) + LEAST_ERROR)
}

/// The same of means over 8 × 8 pixels.
pub(super) fn relative_low(picture: &Tensor, faithful: &Tensor, original: &Tensor) -> Tensor {
    let low = |x: &Tensor| x.avg_pool2d([8, 8], [8, 8], [0, 0], false, true, None::<i64>);
    // Their own errors are smaller by a power of ten or so.
    relative_error(
        &(low(picture) * 4.0),
        &(low(faithful) * 4.0),
        &(low(original) * 4.0),
    )
}

/// How far the textures are apart, part by part, and in each part by the place within a patch (so that the edges of patches cannot show): the
/// squared distance of the sorted responses to random kernels that see no mean, in units of the original's responses (a sliced Wasserstein
/// distance of small patches). It says nothing about where details are, and everything about how strong and how sharp they are. Luma and
/// colours are compared apart: where the original is grey, specks of colour are far from it, however strong the luma is. `[1]`; the kernels are
/// others each time.
pub(super) fn texture_distance(picture: &Tensor, original: &Tensor) -> Tensor {
    let (mut a, mut b) = (opponent(picture), opponent(original));
    let mut sum = Tensor::zeros([], (Kind::Float, a.device()));
    for scale in 0..SCALES {
        if scale > 0 {
            let halved =
                |x: &Tensor| x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>);
            (a, b) = (halved(&a), halved(&b));
        }
        let kernels = kernels(a.device());
        let (found, wanted) = (sorted(&a, &kernels, scale), sorted(&b, &kernels, scale));
        // A part with hardly any texture counts by levels, one with much by shares.
        let size = wanted
            .square()
            .mean_dim([-1i64].as_slice(), true, Kind::Float)
            + LEAST_ERROR;
        sum += ((found - wanted).square() / size).mean(Kind::Float);
    }
    sum / SCALES as f64
}

/// Luma and opponent colours (YCoCg, all three in levels) of a picture, `[B, 3, H, W]`.
fn opponent(x: &Tensor) -> Tensor {
    let rows = [[0.25, 0.5, 0.25], [0.5, 0.0, -0.5], [-0.25, 0.5, -0.25]];
    let matrix = Tensor::from_slice2(&rows)
        .to_kind(Kind::Float)
        .to_device(x.device())
        .view([COLOURS, 3, 1, 1]);
    x.conv2d(&matrix, None::<Tensor>, 1, 0, 1, 1)
}

/// Random kernels, each over one channel, of mean 0 and length 1; `[COLOURS·PROJECTIONS, 1, KERNEL, KERNEL]`.
fn kernels(device: Device) -> Tensor {
    let count = COLOURS * PROJECTIONS;
    let kernels = Tensor::randn([count, 1, KERNEL, KERNEL], (Kind::Float, device));
    let kernels = &kernels - kernels.mean_dim([2i64, 3].as_slice(), true, Kind::Float);
    let length = kernels
        .square()
        .sum_dim_intlist([1i64, 2, 3].as_slice(), true, Kind::Float)
        .sqrt();
    kernels / length
}

/// Responses within parts, of each place within a patch smallest first; `[B·COLOURS·PROJECTIONS, rows, columns, places, places, PART²]`.
fn sorted(x: &Tensor, kernels: &Tensor, scale: usize) -> Tensor {
    let padding = KERNEL / 2;
    let responses = x
        .reflection_pad2d([padding, padding, padding, padding])
        .conv2d(kernels, None::<Tensor>, 1, 0, 1, COLOURS);
    let (b, c, height, width) = responses.size4().expect("4 dimensions");
    let places = PATCH >> scale;
    let side = PART * places;
    let (rows, columns) = (height / side, width / side);
    let parts = responses
        .narrow(2, 0, rows * side)
        .narrow(3, 0, columns * side)
        .reshape([b * c, rows, PART, places, columns, PART, places])
        .permute([0, 1, 4, 3, 6, 2, 5])
        .reshape([b * c, rows, columns, places, places, PART * PART]);
    parts.sort(-1, false).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: i64, strength: f64) -> Tensor {
        tch::manual_seed(seed);
        Tensor::randn([1, 3, 64, 64], (Kind::Float, Device::Cpu)) * strength
    }

    #[test]
    fn other_grains_of_a_texture_are_near_and_blur_is_far() {
        let original = noise(1, 20.0);
        let distance = |picture: &Tensor| {
            tch::manual_seed(7);
            texture_distance(picture, &original).double_value(&[])
        };
        let (same, other, flat) = (
            distance(&original),
            distance(&noise(2, 20.0)),
            distance(&(&original * 0.3)),
        );
        assert!(same == 0.0 && other < 0.1 && flat > 0.3, "{other} {flat}");
        // The same strength, but all of it in one column of each patch.
        let column = Tensor::arange(64, (Kind::Float, Device::Cpu));
        let column = column.remainder(PATCH as f64).eq(0.0).to_kind(Kind::Float);
        let grid = distance(&(noise(2, 40.0) * column));
        assert!(grid > 1.7 * other, "{grid}, {other} without a grid");
    }

    #[test]
    fn specks_of_colour_are_far_from_strong_grey() {
        let grey = |strength| noise(1, strength).narrow(1, 0, 1).repeat([1, 3, 1, 1]);
        tch::manual_seed(7);
        let speckled = &grey(60.0) + noise(2, 6.0);
        assert!(texture_distance(&speckled, &grey(60.0)).double_value(&[]) > 0.5);
    }

    #[test]
    fn a_rendering_as_good_as_the_faithful_one_has_an_error_of_about_1() {
        let original = noise(1, 20.0);
        let faithful = &original + noise(2, 10.0);
        let other = &original + noise(3, 10.0);
        for error in [relative_error, relative_low] {
            let value = error(&other, &faithful, &original).double_value(&[0]);
            assert!((0.7..1.3).contains(&value), "{value}");
            assert!(error(&original, &faithful, &original).double_value(&[0]) == 0.0);
        }
    }
}
