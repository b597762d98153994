//! A network whose output at a position depends on the positions before it alone (PixelCNN, van den Oord et al. 2016).

use tch::{Device, Kind, Tensor};

use crate::params::{Group, Id, Params};
use crate::small::model::SmallModel;
use crate::small::recipe::PriorRecipe;

/// Side of the first convolution's kernel: most of what a small picture's positions can see at once.
const FIRST_KERNEL: i64 = 7;
/// Side of the kernels of the residual blocks.
const KERNEL: i64 = 5;

/// What the indices are like that a prior is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Grid {
    pub rows: i64,
    pub columns: i64,
    /// Codebooks, G: a position has an index of each.
    pub codebooks: i64,
    /// Words of a codebook, K.
    pub codewords: i64,
    /// What pictures may show; 0: the prior is not told.
    pub classes: i64,
}

impl Grid {
    /// Of a small model's indices.
    pub fn of(small: &SmallModel, classes: i64) -> Self {
        let ((rows, columns), (codebooks, codewords)) = (small.grid, small.codebooks.size());
        Self {
            rows,
            columns,
            codebooks,
            codewords,
            classes,
        }
    }
}

/// The distribution of each index given those before it: row by row, at a position codebook by codebook. Indices are `[B, positions, G]`.
pub(crate) struct Prior {
    pub params: Params,
    pub grid: Grid,
    dropout: f64,
    /// `[G · K, width / 2]`: what an index means to the positions after it.
    before: Id,
    /// `[G · K, width]`: what it means to the next codebook's at its own position.
    beside: Id,
    /// `[classes, width]`.
    classes: Option<Id>,
    /// `[1, width, rows, columns]`: where a position is.
    place: Id,
    first: Masked,
    blocks: Vec<[Masked; 3]>,
    last: Masked,
    /// To the logits of each codebook.
    heads: Vec<Masked>,
}

/// A convolution that sees, apart from the position itself, the rows above and what is to the left.
struct Masked {
    weight: Id,
    bias: Id,
    mask: Tensor,
    kernel: i64,
}

/// Ones where a kernel `[1, 1, k, k]` may have weights; at its centre too, if that is `included`.
fn mask(kernel: i64, included: bool, device: Device) -> Tensor {
    let seen = kernel * kernel / 2 + i64::from(included);
    let order = Tensor::arange(kernel * kernel, (Kind::Int64, device));
    order
        .less(seen)
        .to_kind(Kind::Float)
        .view([1, 1, kernel, kernel])
}

impl Masked {
    /// `gain` multiplies He's initialisation.
    fn new(
        params: &mut Params,
        name: &str,
        (inputs, outputs): (i64, i64),
        kernel: i64,
        included: bool,
        gain: f64,
    ) -> Self {
        let options = (Kind::Float, params.device());
        let mask = mask(kernel, included, params.device());
        let seen = mask.sum(Kind::Float).double_value(&[]) * inputs as f64;
        let weight = Tensor::randn([outputs, inputs, kernel, kernel], options);
        let weight = weight * (gain * (2.0 / seen).sqrt());
        Self {
            weight: params.add(format!("{name}.weight"), Group::Network, &weight),
            bias: params.add(
                format!("{name}.bias"),
                Group::Network,
                &Tensor::zeros([outputs], options),
            ),
            mask,
            kernel,
        }
    }

    fn forward(&self, params: &Params, x: &Tensor) -> Tensor {
        let weight = params.get(self.weight) * &self.mask;
        let bias = params.get(self.bias);
        x.conv2d(&weight, Some(bias), 1, self.kernel / 2, 1, 1)
    }
}

impl Prior {
    pub fn new(recipe: &PriorRecipe, grid: Grid, device: Device) -> Self {
        let mut params = Params::new(device);
        let p = &mut params;
        let (w, half) = (recipe.width, recipe.width / 2);
        let options = (Kind::Float, device);
        let table = |p: &mut Params, name: &str, rows: i64, columns: i64| {
            let values = Tensor::randn([rows, columns], options) * 0.5;
            p.add(name.into(), Group::Network, &values)
        };
        let words = grid.codebooks * grid.codewords;
        let before = table(p, "before", words, half);
        let beside = table(p, "beside", words, w);
        let classes = (grid.classes > 0).then(|| table(p, "classes", grid.classes, w));
        let place = Tensor::zeros([1, w, grid.rows, grid.columns], options);
        let block = |p: &mut Params, index: usize| {
            let name = |part: &str| format!("block{index}.{part}");
            [
                Masked::new(p, &name("in"), (w, half), 1, true, 1.0),
                Masked::new(p, &name("mix"), (half, half), KERNEL, true, 1.0),
                Masked::new(p, &name("out"), (half, w), 1, true, 0.3),
            ]
        };
        let heads = |p: &mut Params, book: i64| {
            Masked::new(p, &format!("head{book}"), (w, grid.codewords), 1, true, 0.3)
        };
        Self {
            grid,
            dropout: recipe.dropout,
            before,
            beside,
            classes,
            place: p.add("place".into(), Group::Network, &place),
            first: Masked::new(p, "first", (half, w), FIRST_KERNEL, false, 1.0),
            blocks: (0..recipe.blocks).map(|index| block(p, index)).collect(),
            last: Masked::new(p, "last", (w, w), 1, true, 1.0),
            heads: (0..grid.codebooks).map(|book| heads(p, book)).collect(),
            params,
        }
    }

    /// Rows of a table for indices of a codebook, `[B, rows, columns]` → `[B, channels, rows, columns]`.
    fn embed(&self, table: Id, indices: &Tensor, book: i64) -> Tensor {
        let rows = indices + book * self.grid.codewords;
        let table = self.params.get(table);
        Tensor::embedding(table, &rows, -1, false, false).permute([0, 3, 1, 2])
    }

    /// Logits `[B, G, K, rows, columns]` of the indices `[B, positions, G]`, each from those before it alone; `classes` is `[B]`. Training leaves
    /// activations out.
    pub fn logits(&self, indices: &Tensor, classes: Option<&Tensor>, training: bool) -> Tensor {
        let (p, grid) = (&self.params, self.grid);
        let batch = indices.size()[0];
        let planes: Vec<Tensor> = (0..grid.codebooks)
            .map(|book| {
                let plane = indices.select(2, book);
                plane.reshape([batch, grid.rows, grid.columns])
            })
            .collect();
        let embedded: Vec<Tensor> = (0..)
            .zip(&planes)
            .map(|(book, plane)| self.embed(self.before, plane, book))
            .collect();
        let sum = |all: &[Tensor]| {
            all.iter()
                .skip(1)
                .fold(all[0].shallow_clone(), |sum, x| sum + x)
        };
        let mut x = self.first.forward(p, &sum(&embedded)) + p.get(self.place);
        if let (Some(table), Some(classes)) = (self.classes, classes) {
            let shown = p.get(table).index_select(0, classes);
            x += shown.unsqueeze(2).unsqueeze(3);
        }
        for [narrow, mix, widen] in &self.blocks {
            let inner = narrow.forward(p, &x.relu());
            let inner = mix.forward(p, &inner.relu()).relu();
            x += widen.forward(p, &inner.dropout(self.dropout, training));
        }
        let mut x = self.last.forward(p, &x.relu());
        let logits: Vec<Tensor> = (0..)
            .zip(self.heads.iter().zip(&planes))
            .map(|(book, (head, plane))| {
                let logits = head.forward(p, &x.relu());
                // What the next codebook's index may know.
                x = &x + self.embed(self.beside, plane, book);
                logits
            })
            .collect();
        Tensor::stack(&logits, 1)
    }

    /// Nats of each picture's indices, `[B]`.
    pub fn nats(&self, indices: &Tensor, classes: Option<&Tensor>, training: bool) -> Tensor {
        let grid = self.grid;
        let logits = self.logits(indices, classes, training);
        let target = indices
            .view([-1, grid.rows, grid.columns, grid.codebooks])
            .permute([0, 3, 1, 2])
            .unsqueeze(2);
        let found = logits.log_softmax(2, Kind::Float).gather(2, &target, false);
        -found.flatten(1, -1).sum_dim_intlist(1, false, Kind::Float)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::tests::deterministic;

    /// A prior of random weights, `place` included.
    pub(in crate::small::prior) fn random(codebooks: i64, classes: i64) -> Prior {
        tch::manual_seed(3);
        let recipe = PriorRecipe {
            width: 16,
            blocks: 2,
            ..PriorRecipe::default()
        };
        let grid = Grid {
            rows: 4,
            columns: 5,
            codebooks,
            codewords: 6,
            classes,
        };
        let mut prior = Prior::new(&recipe, grid, Device::Cpu);
        let noise = prior.params.get(prior.place).randn_like();
        prior.params.set(prior.place, &noise);
        prior
    }

    fn differ(a: &Tensor, b: &Tensor) -> bool {
        (a - b).abs().max().double_value(&[]) > 1e-6
    }

    #[test]
    fn kernels_see_what_is_above_and_to_the_left() {
        let values = |included| {
            let mask = mask(3, included, Device::Cpu).view([-1]);
            Vec::<f32>::try_from(mask).unwrap()
        };
        assert_eq!(values(false), [1., 1., 1., 1., 0., 0., 0., 0., 0.]);
        assert_eq!(values(true), [1., 1., 1., 1., 1., 0., 0., 0., 0.]);
    }

    /// An index changes the logits of those after it, and of no others, its own included.
    #[test]
    fn no_index_sees_itself_or_what_comes_after() {
        let _turn = deterministic();
        let prior = random(2, 0);
        let (positions, books) = (20, 2);
        let indices = Tensor::randint(6, [1, positions, books], (Kind::Int64, Device::Cpu));
        let logits = |indices: &Tensor| {
            // In the order of the indices: [positions, books, K].
            let all = prior.logits(indices, None, false).squeeze_dim(0);
            all.view([books, 6, positions])
                .permute([2, 0, 1])
                .contiguous()
        };
        let before = logits(&indices);
        let mut seen = 0;
        for position in 0..positions {
            for book in 0..books {
                let changed = indices.copy();
                let mut one = changed.get(0).get(position).get(book);
                let other = (one.int64_value(&[]) + 1) % 6;
                let _ = one.fill_(other);
                let after = logits(&changed);
                for p in 0..positions {
                    for b in 0..books {
                        let later = (p, b) > (position, book);
                        let moved = differ(&before.get(p).get(b), &after.get(p).get(b));
                        assert!(later || !moved, "{position}, {book} changes {p}, {b}");
                        seen += i32::from(moved);
                    }
                }
            }
        }
        // And most of them do see what is before: at 40 indices, 780 pairs.
        assert!(seen > 400, "{seen}");
    }

    #[test]
    fn what_is_shown_matters_where_it_is_told() {
        let _turn = deterministic();
        let prior = random(1, 3);
        let indices = Tensor::zeros([2, 20, 1], (Kind::Int64, Device::Cpu));
        let classes = Tensor::from_slice(&[0i64, 2]);
        let nats = prior.nats(&indices, Some(&classes), false);
        assert!(differ(&nats.get(0), &nats.get(1)));
    }

    /// All logits equal: log K each.
    #[test]
    fn nats_of_a_uniform_prior() {
        let _turn = deterministic();
        let mut prior = random(2, 0);
        for head in 0..2 {
            let (weight, bias) = (prior.heads[head].weight, prior.heads[head].bias);
            for id in [weight, bias] {
                let zeros = prior.params.get(id).zeros_like();
                prior.params.set(id, &zeros);
            }
        }
        let indices = Tensor::randint(6, [3, 20, 2], (Kind::Int64, Device::Cpu));
        let nats = Vec::<f32>::try_from(prior.nats(&indices, None, false)).unwrap();
        for nats in nats {
            assert!((f64::from(nats) - 40.0 * 6f64.ln()).abs() < 1e-3, "{nats}");
        }
    }
}
