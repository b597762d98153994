use super::*;
use crate::nn::kernel::taps;
use crate::testing::{conv, depthwise as own, Rng};

/// Down, residuals at two resolutions, up: every layer, 4 input channels, 3 output channels at twice the resolution.
fn varied(rng: &mut Rng) -> Network {
    let mut layer = |shape, activation| Layer::Conv(conv(rng, shape, activation, 3));
    let add = || AddSaved { clamp_bits: 14 }.into();
    let own = own(&mut Rng(99), 12, Activation::None, 3);
    let layers = vec![
        layer((3, 4, 6), Activation::Relu),
        Unshuffle(2).into(),
        Save.into(),
        layer((3, 24, 24), Activation::None),
        add(),
        Shuffle(2).into(),
        layer((1, 6, 6), Activation::None),
        Layer::Gain(Gain {
            multipliers: vec![-3000, 5000, 4096, 70000, 1, 0],
            shift: 12,
        }),
        layer((3, 6, 12), Activation::Relu),
        Save.into(),
        Layer::Depthwise(own),
        layer((3, 12, 12), Activation::None),
        add(),
        Shuffle(2).into(),
    ];
    Network {
        inputs: 4,
        input_bits: 13,
        layers,
    }
}

/// The same by the book: whole picture, explicit zero padding, one layer at a time.
fn naive(network: &Network, input: &Tensor, quality: u16) -> Tensor {
    let mut t = input.clone();
    let mut saved = t.clone();
    for layer in &network.layers {
        let (w, h, c) = (t.rect.width, t.rect.height, t.channels);
        let map = |w: usize, h: usize, c: usize, value: &dyn Fn(usize, usize, usize) -> i64| {
            let mut out = Tensor::zeros(Rect::of_size(w, h), c);
            for i in 0..w * h * c {
                out.data[i] = value(i / c % w, i / c / w, i % c) as i16;
            }
            out
        };
        let at = |x: usize, y: usize, k: usize| i64::from(t.data[(y * w + x) * c + k]);
        // A new operation has tests of its own.
        #[allow(unreachable_patterns)]
        let next = match layer {
            Layer::Conv(conv) => {
                let reach = usize::from(conv.kernel) / 2;
                let (pw, ph) = (w + 2 * reach, h + 2 * reach);
                let mut padded = vec![0; pw * ph * c];
                for y in 0..h {
                    let to = ((y + reach) * pw + reach) * c;
                    padded[to..to + w * c].copy_from_slice(&t.data[y * w * c..(y + 1) * w * c]);
                }
                let bases: Vec<u32> = (0..w * h)
                    .map(|i| ((i / w * pw + i % w) * c) as u32)
                    .collect();
                let taps = taps(usize::from(conv.kernel), c, pw * c);
                Tensor {
                    rect: t.rect,
                    channels: conv.outputs.into(),
                    data: reference(conv, quality, &padded, &bases, &taps),
                }
            }
            Layer::Depthwise(layer) => map(w, h, c, &|x, y, k| {
                let mut sum = interpolate(&layer.bias, c, k, quality);
                for (tap, weights) in layer.weights.chunks_exact(c).enumerate() {
                    let (x, y) = (x + tap % 3, y + tap / 3);
                    if (1..=w).contains(&x) && (1..=h).contains(&y) {
                        sum += i64::from(weights[k]) * at(x - 1, y - 1, k);
                    }
                }
                let low = match layer.activation {
                    Activation::None => -((1 << layer.clamp_bits) - 1),
                    Activation::Relu => 0,
                };
                ((sum + ((1 << layer.shift) >> 1)) >> layer.shift)
                    .clamp(low, (1 << layer.clamp_bits) - 1)
            }),
            Layer::Save(Save) => {
                saved = t.clone();
                continue;
            }
            Layer::AddSaved(AddSaved { clamp_bits }) => map(w, h, c, &|x, y, k| {
                let limit = (1 << clamp_bits) - 1;
                (at(x, y, k) + i64::from(saved.data[(y * w + x) * c + k])).clamp(-limit, limit)
            }),
            Layer::Shuffle(Shuffle(r)) => {
                let r = usize::from(*r);
                let depth = c / r / r;
                map(w * r, h * r, depth, &|x, y, k| {
                    at(x / r, y / r, (y % r * r + x % r) * depth + k)
                })
            }
            Layer::Unshuffle(Unshuffle(r)) => {
                let r = usize::from(*r);
                map(w / r, h / r, c * r * r, &|x, y, k| {
                    let (sub, k) = (k / c, k % c);
                    at(x * r + sub % r, y * r + sub / r, k)
                })
            }
            Layer::Gain(Gain { multipliers, shift }) => map(w, h, c, &|x, y, k| {
                let product = at(x, y, k) * i64::from(multipliers[k]);
                ((product + ((1 << shift) >> 1)) >> shift).clamp(-32767, 32767)
            }),
            other => panic!("{other:?} is not in the book"),
        };
        t = next;
    }
    t
}

#[test]
fn windows_give_what_the_whole_picture_gives() {
    for seed in 0..if cfg!(miri) { 1 } else { 6 } {
        let rng = &mut Rng(seed);
        let network = varied(rng);
        let prepared = prepare(&network).unwrap();
        let most = if cfg!(miri) { 2 } else { 9 };
        let (w, h) = (
            2 * rng.range(1, most) as usize,
            2 * rng.range(1, most) as usize,
        );
        let mut input = Tensor::zeros(Rect::of_size(w, h), 4);
        input.data.fill_with(|| rng.range(-8191, 8191) as i16);
        let quality = rng.range(0, 1024) as u16;
        let whole = naive(&network, &input, quality);
        assert!(
            whole.data.iter().any(|&v| v != 0),
            "the picture is not trivial"
        );
        let run = |wanted| {
            prepared.run(wanted, (w, h), quality, &Scratch::default(), |rect| {
                input.window(rect)
            })
        };
        assert_eq!(run(whole.rect), whole, "{w}x{h}");
        for _ in 0..if cfg!(miri) { 2 } else { 20 } {
            let wanted = Rect {
                x: rng.range(-7, 2 * w as i64 + 3) as i32,
                y: rng.range(-7, 2 * h as i64 + 3) as i32,
                width: rng.range(0, 12) as usize,
                height: rng.range(1, 12) as usize,
            };
            assert_eq!(run(wanted), whole.window(wanted), "{wanted:?} of {w}x{h}");
        }
    }
}

#[test]
fn positions_give_what_the_whole_picture_gives() {
    // Neighbours seen by no layer, by the first one, by a later one.
    for case in 0..4 {
        let rng = &mut Rng(11);
        let own = Layer::Depthwise(own(
            rng,
            if case == 3 { 6 } else { 20 },
            Activation::Relu,
            3,
        ));
        let mut layer = |shape| Layer::Conv(conv(rng, shape, Activation::Relu, 3));
        let mut layers = match case {
            0 => vec![layer((1, 6, 20))],
            1 => vec![layer((3, 6, 20))],
            2 => vec![layer((1, 6, 14)), layer((1, 14, 20)), own],
            _ => vec![own, layer((1, 6, 20))],
        };
        layers.extend([
            Save.into(),
            layer((1, 20, 20)),
            AddSaved { clamp_bits: 14 }.into(),
            layer((1, 20, 5)),
        ]);
        let network = Network {
            inputs: 6,
            input_bits: 14,
            layers,
        };
        let prepared = prepare(&network).unwrap();
        let (w, h) = (7, 5);
        // Nine values per position, of which the network reads six; a border of zeros.
        let picture = Rect::of_size(w, h);
        let mut features = Tensor::zeros(picture.expand(1), 9);
        for y in 0..h as i32 {
            features
                .row_mut(y, 0, w as i32)
                .fill_with(|| rng.range(-9000, 9000) as i16);
        }
        let mut input = Tensor::zeros(picture, 6);
        for (i, target) in input.data.chunks_exact_mut(6).enumerate() {
            let from = features.offset((i % w) as i32, (i / w) as i32);
            target.copy_from_slice(&features.data[from..from + 6]);
        }
        let whole = naive(&network, &input, 700);
        let odd: Vec<(i32, i32)> = (0..(w * h) as i32)
            .map(|i| (i % w as i32, i / w as i32))
            .filter(|(x, y)| (x + y) % 2 == 1)
            .collect();
        let seen = prepared.before_neighbours(&features, 700, &Scratch::default());
        let output = prepared.run_at(&seen, &odd, 700, &Scratch::default()).data;
        let expected: Vec<i16> = odd
            .iter()
            .flat_map(|&(x, y)| whole.row(y, x, x + 1).to_vec())
            .collect();
        assert_eq!(output, expected, "case {case}");
    }
}

#[test]
fn networks_that_see_too_far_do_not_run_at_positions() {
    let rng = &mut Rng(12);
    let own = Layer::Depthwise(own(rng, 6, Activation::None, 1));
    let point = Layer::Conv(conv(rng, (1, 6, 6), Activation::None, 1));
    let add: Layer = AddSaved { clamp_bits: 14 }.into();
    let can = |layers: Vec<Layer>| {
        let network = Network {
            inputs: 6,
            input_bits: 14,
            layers,
        };
        network.check("test").unwrap().facts().can_run_at_positions
    };
    assert!(can(vec![point.clone(), own.clone(), point.clone()]));
    assert!(!can(vec![own.clone(), point.clone(), own.clone()]));
    assert!(!can(vec![
        point.clone(),
        Save.into(),
        own.clone(),
        add.clone()
    ]));
    assert!(!can(vec![Save.into(), point, add]));
    assert!(!can(vec![own, Unshuffle(2).into(), Shuffle(2).into()]));
    assert!(!can(vec![]));
}

#[test]
fn work_is_counted_per_input_position() {
    let network = varied(&mut Rng(1));
    let checked = network.check("test").unwrap();
    // The residual branch at half the resolution runs at a quarter of the positions.
    let expected = 9 * 4 * 6 + 9 * 24 * 24 / 4 + 6 * 6 + 9 * 6 * 12 + 9 * 12 + 9 * 12 * 12;
    assert_eq!(checked.facts().macs_per_input, f64::from(expected));
    assert_eq!(checked.facts().outputs, 3);
}

#[test]
fn a_narrowed_network_gives_the_same_where_the_other_inputs_are_0() {
    let rng = &mut Rng(3);
    let network = varied(rng);
    let prepared = prepare(&network).unwrap();
    let narrowed = prepared.narrowed(2).unwrap();
    let size = Rect::of_size(6, 4);
    let mut first = Tensor::zeros(size, 2);
    first.data.fill_with(|| rng.range(-8191, 8191) as i16);
    let mut all = Tensor::zeros(size, 4);
    for (to, from) in all.data.chunks_exact_mut(4).zip(first.data.chunks_exact(2)) {
        to[..2].copy_from_slice(from);
    }
    let wanted = Rect::of_size(12, 8).expand(1);
    let run = |network: &PreparedNetwork, input: &Tensor| {
        network.run(wanted, (6, 4), 500, &Scratch::default(), |rect| {
            input.window(rect)
        })
    };
    assert_eq!(run(&narrowed, &first), run(&prepared, &all));
    let network = Network {
        inputs: 4,
        input_bits: 9,
        layers: vec![Shuffle(2).into()],
    };
    assert!(prepare(&network).unwrap().narrowed(2).is_none());
}
