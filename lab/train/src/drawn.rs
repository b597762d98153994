//! Drawn patches: straight edges, grids, wires, letters and smooth skies, of which photos have too few.
//!
//! Everything is made of a few shapes over a soft background; edges are as soft as a lens makes them (half a pixel and more).

use crate::random::Random;

type Colour = [f64; 3];

/// Side of the squares of pixels that shapes are sorted into.
const SQUARE: u32 = 16;

/// A square picture, interleaved RGB.
pub(crate) fn drawn(side: u32, random: &mut Random) -> Vec<u8> {
    let size = f64::from(side);
    let sky = Sky::new(size, random);
    let softness = 0.5 + random.unit().powi(3) * 2.0;
    let shapes = match random.below(5) {
        0 => Vec::new(),
        1 => facade(size, random),
        2 => polygons(size, random),
        3 => wires(size, random),
        _ => letters(size, random),
    };
    let noise = if random.below(2) == 0 {
        0.0
    } else {
        random.unit() * 4.0
    };
    let squares = side.div_ceil(SQUARE);
    let near: Vec<Vec<&Shape>> = (0..squares * squares)
        .map(|i| near(&shapes, [i % squares, i / squares], softness))
        .collect();
    let mut pixels = Vec::with_capacity((side * side * 3) as usize);
    for y in 0..side {
        for x in 0..side {
            let shapes = &near[(y / SQUARE * squares + x / SQUARE) as usize];
            let (x, y) = (f64::from(x), f64::from(y));
            let mut colour = sky.at(x, y);
            for shape in shapes {
                let cover = shape.cover(x, y, softness);
                if cover > 0.0 {
                    for (c, to) in colour.iter_mut().zip(shape.colour) {
                        *c += (to - *c) * cover;
                    }
                }
            }
            for c in colour {
                let grain = (random.unit() + random.unit() - 1.0) * noise;
                pixels.push((c + grain).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    pixels
}

/// The shapes that cover anything of a square of pixels, perhaps with some that only come near: most of a façade is elsewhere.
fn near(shapes: &[Shape], square: [u32; 2], softness: f64) -> Vec<&Shape> {
    let [x, y] = square.map(|i| (f64::from(i) + 0.5) * f64::from(SQUARE));
    // Distances change by no more than the way that one goes.
    let reach = f64::from(SQUARE) / 2f64.sqrt() + softness;
    let near = |shape: &&Shape| shape.distance(x, y) <= reach;
    shapes.iter().filter(near).collect()
}

/// Some smooth waves between two colours.
struct Sky {
    from: Colour,
    to: Colour,
    waves: Vec<[f64; 3]>,
}

impl Sky {
    fn new(size: f64, random: &mut Random) -> Self {
        let from = colour(random);
        // Mostly near each other, as in a sky or on a wall.
        let span = random.unit().powi(2);
        let other = colour(random);
        let to = std::array::from_fn(|c| from[c] + (other[c] - from[c]) * span);
        let waves = (0..1 + random.below(3)).map(|_| {
            let [x, y] = [(); 2].map(|()| (random.unit() - 0.5) * 6.0 / size);
            [x, y, random.unit() * std::f64::consts::TAU]
        });
        Self {
            from,
            to,
            waves: waves.collect(),
        }
    }

    fn at(&self, x: f64, y: f64) -> Colour {
        let waves = self
            .waves
            .iter()
            .map(|w| (w[0] * x + w[1] * y + w[2]).sin());
        let t = 0.5 + 0.5 * waves.sum::<f64>() / self.waves.len() as f64;
        std::array::from_fn(|c| self.from[c] + (self.to[c] - self.from[c]) * t)
    }
}

fn colour(random: &mut Random) -> Colour {
    // Half of them nearly grey.
    let grey = random.unit() * 255.0;
    let spread = if random.below(2) == 0 { 20.0 } else { 160.0 };
    [(); 3].map(|()| (grey + (random.unit() - 0.5) * spread).clamp(0.0, 255.0))
}

/// A convex region of one colour: where every half-plane a·x + b·y ≤ c holds (a² + b² = 1).
struct Shape {
    sides: Vec<[f64; 3]>,
    colour: Colour,
}

impl Shape {
    /// Pixels to the edge, negative inside.
    fn distance(&self, x: f64, y: f64) -> f64 {
        let sides = self.sides.iter().map(|s| s[0] * x + s[1] * y - s[2]);
        sides.fold(f64::NEG_INFINITY, f64::max)
    }

    /// How much of a pixel it covers, 0 to 1.
    fn cover(&self, x: f64, y: f64, softness: f64) -> f64 {
        (0.5 - self.distance(x, y) / (2.0 * softness)).clamp(0.0, 1.0)
    }

    /// A strip of some width from one point to another.
    fn stroke(from: [f64; 2], to: [f64; 2], width: f64, colour: Colour) -> Self {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = dx.hypot(dy).max(1e-6);
        let (ux, uy) = (dx / length, dy / length);
        let along = ux * from[0] + uy * from[1];
        let across = -uy * from[0] + ux * from[1];
        Self {
            sides: vec![
                [ux, uy, along + length + width / 2.0],
                [-ux, -uy, width / 2.0 - along],
                [-uy, ux, across + width / 2.0],
                [uy, -ux, width / 2.0 - across],
            ],
            colour,
        }
    }
}

/// Rows and columns of windows with their frames, seen at a slant.
fn facade(size: f64, random: &mut Random) -> Vec<Shape> {
    let slant = (random.unit() - 0.5) * if random.below(2) == 0 { 0.02 } else { 0.6 };
    let (width, height) = (8.0 + random.unit() * 56.0, 8.0 + random.unit() * 56.0);
    let (fill_x, fill_y) = (0.3 + random.unit() * 0.6, 0.3 + random.unit() * 0.6);
    let (glass, frame) = (colour(random), colour(random));
    let border = random.unit() * 3.0;
    let mut shapes = Vec::new();
    for row in -2..(size / height) as i32 + 2 {
        for column in -2..(size / width) as i32 + 2 {
            let x = f64::from(column) * width;
            let y = f64::from(row) * height + slant * x;
            let middle = y + height * fill_y / 2.0;
            let shade = 0.7 + random.unit() * 0.3;
            let from = [x, middle];
            let to = [x + width * fill_x, middle + slant * width * fill_x];
            let tall = height * fill_y;
            shapes.push(Shape::stroke(from, to, tall + 2.0 * border, frame));
            shapes.push(Shape::stroke(from, to, tall, glass.map(|c| c * shade)));
        }
    }
    // More than some hundred take too long, and are finer than a patch shows.
    shapes.truncate(240);
    shapes
}

fn point(size: f64, random: &mut Random) -> [f64; 2] {
    [(); 2].map(|()| (random.unit() * 1.4 - 0.2) * size)
}

fn polygons(size: f64, random: &mut Random) -> Vec<Shape> {
    let shape = |random: &mut Random| {
        let centre = point(size, random);
        let sides = (0..1 + random.below(5)).map(|_| {
            let angle = random.unit() * std::f64::consts::TAU;
            let (b, a) = angle.sin_cos();
            [
                a,
                b,
                a * centre[0] + b * centre[1] + random.unit() * size * 0.3,
            ]
        });
        Shape {
            sides: sides.collect(),
            colour: colour(random),
        }
    };
    (0..3 + random.below(10)).map(|_| shape(random)).collect()
}

fn wires(size: f64, random: &mut Random) -> Vec<Shape> {
    let ink = colour(random);
    let parallel = random.below(2) == 0;
    let [a, b] = [point(size, random), point(size, random)];
    let count = 3 + random.below(16);
    let gap = size / count as f64;
    let wire = |index: u64, random: &mut Random| {
        let width = 0.6 + random.unit().powi(2) * 5.0;
        if parallel {
            let shift = (index as f64 - count as f64 / 2.0) * gap;
            let move_by = |p: [f64; 2]| [p[0] * 3.0 - size, p[1] + shift];
            return Shape::stroke(move_by(a), move_by(b), width, ink);
        }
        Shape::stroke(point(size, random), point(size, random), width, ink)
    };
    (0..count).map(|index| wire(index, random)).collect()
}

/// Lines of made-up letters, each of a few strokes between the points of a grid.
fn letters(size: f64, random: &mut Random) -> Vec<Shape> {
    let tall = 7.0 + random.unit().powi(2) * 40.0;
    let (ink, width) = (
        colour(random),
        (tall * (0.08 + random.unit() * 0.12)).max(0.8),
    );
    let wide = tall * (0.5 + random.unit() * 0.2);
    let mut shapes = Vec::new();
    let mut y = random.unit() * tall;
    while y < size && shapes.len() < 300 {
        let mut x = random.unit() * tall;
        while x < size {
            if random.below(6) > 0 {
                for _ in 0..2 + random.below(2) {
                    let [from, to] = [(); 2].map(|()| {
                        [
                            x + random.below(3) as f64 * 0.4 * wide,
                            y + random.below(3) as f64 * 0.5 * tall,
                        ]
                    });
                    shapes.push(Shape::stroke(from, to, width, ink));
                }
            }
            x += wide * 1.1;
        }
        y += tall * 1.6;
    }
    shapes.truncate(300);
    shapes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_patches_differ_and_are_the_same_again() {
        let patch = |index| drawn(64, &mut Random::new(5, index));
        for index in 0..20 {
            assert_eq!(patch(index).len(), 64 * 64 * 3);
            assert_eq!(patch(index), patch(index));
            assert_ne!(patch(index), patch(index + 1));
        }
    }

    #[test]
    fn what_is_not_near_a_square_covers_none_of_it() {
        let random = &mut Random::new(7, 0);
        let shapes = [facade, polygons, wires, letters].map(|draw| draw(64.0, random));
        let mut left_out = 0;
        for shape in shapes.iter().flatten() {
            let one = std::slice::from_ref(shape);
            for square in (0..16).map(|i| [i % 4, i / 4]) {
                if near(one, square, 1.5).is_empty() {
                    left_out += 1;
                    for i in 0..SQUARE * SQUARE {
                        let [x, y] = [i % SQUARE, i / SQUARE];
                        let [x, y] = [square[0] * SQUARE + x, square[1] * SQUARE + y];
                        assert_eq!(shape.cover(x.into(), y.into(), 1.5), 0.0);
                    }
                }
            }
        }
        assert!(left_out > 100, "{left_out}");
    }

    #[test]
    fn strokes_cover_what_lies_between_their_ends() {
        let stroke = Shape::stroke([10.0, 20.0], [30.0, 20.0], 4.0, [0.0; 3]);
        assert_eq!(stroke.distance(20.0, 20.0), -2.0);
        assert_eq!(stroke.distance(20.0, 25.0), 3.0);
        assert_eq!(stroke.distance(35.0, 20.0), 3.0);
        assert!(stroke.distance(0.0, 20.0) > 0.0);
    }
}
