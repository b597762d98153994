//! The quantiser: every vector is replaced by the nearest word of a codebook.

use tch::{Kind, Tensor};

use super::recipe::{CodebookUpdate, SmallRecipe};
use crate::params::{Group, Id, Params};
use crate::random::Random;

/// Lloyd iterations of the initialisation.
const ITERATIONS: usize = 10;
/// A word is dead if it is used less than this share of what all words are on average.
const DEAD: f64 = 0.03;

/// One codebook or two, of K words of d dimensions each. Vectors are `[N, G, d]` for G codebooks, their indices `[N, G]`.
pub(crate) struct Codebooks {
    /// `[G, K, d]`.
    pub words: Id,
    /// `[G, K]`: how often a batch uses each word, a moving average.
    pub uses: Tensor,
    /// `[G, K, d]`: the sum of the vectors that a batch has it for, likewise.
    pub sums: Tensor,
    update: CodebookUpdate,
    decay: f64,
}

/// See [`Codebooks::quantise`].
pub(crate) struct Quantised {
    /// The words, with the gradient of the vectors (straight through).
    pub value: Tensor,
    pub indices: Tensor,
    /// Mean square of sg(vector) − word. 0 where words learn by moving averages.
    pub codebook_loss: Tensor,
    /// Mean square of vector − sg(word).
    pub commitment_loss: Tensor,
}

impl Codebooks {
    pub fn new(params: &mut Params, recipe: &SmallRecipe) -> Self {
        let shape = [recipe.codebooks, recipe.codewords, recipe.dimension];
        let options = (Kind::Float, params.device());
        let words = Tensor::randn(shape, options);
        Self {
            words: params.add("codebook".into(), Group::Table, &words),
            uses: Tensor::ones(&shape[..2], options),
            sums: words,
            update: recipe.update,
            decay: recipe.decay,
        }
    }

    /// G and K.
    pub fn size(&self) -> (i64, i64) {
        self.uses.size2().expect("2 dimensions")
    }

    /// Indices of the nearest words.
    pub fn nearest(&self, params: &Params, vectors: &Tensor) -> Tensor {
        tch::no_grad(|| {
            let words = params.get(self.words);
            // |v − w|² without |v|², which is the same for all words.
            let products = vectors.transpose(0, 1).matmul(&words.transpose(1, 2));
            let squares = words.square().sum_dim_intlist(2, false, Kind::Float);
            let distances = squares.unsqueeze(1) - products * 2.0;
            distances.argmin(2, false).tr().contiguous()
        })
    }

    /// The words of indices, `[N, G, d]`.
    pub fn look_up(&self, params: &Params, indices: &Tensor) -> Tensor {
        let words = params.get(self.words);
        let (_, _, d) = words.size3().expect("3 dimensions");
        let (n, g) = indices.size2().expect("2 dimensions");
        words
            .view([-1, d])
            .index_select(0, &self.flat(indices))
            .view([n, g, d])
    }

    /// Numbers of words counted through all codebooks, `[N · G]`.
    fn flat(&self, indices: &Tensor) -> Tensor {
        let (g, k) = self.size();
        let first = Tensor::arange(g, (Kind::Int64, indices.device())) * k;
        (indices + first).view([-1])
    }

    pub fn quantise(&self, params: &Params, vectors: &Tensor) -> Quantised {
        let indices = self.nearest(params, vectors);
        let words = self.look_up(params, &indices);
        let fixed = words.detach();
        Quantised {
            value: vectors + (&fixed - vectors).detach(),
            indices,
            codebook_loss: match self.update {
                CodebookUpdate::Ema => Tensor::zeros([0i64; 0], (Kind::Float, vectors.device())),
                CodebookUpdate::Loss => (vectors.detach() - words).square().mean(Kind::Float),
            },
            commitment_loss: (vectors - fixed).square().mean(Kind::Float),
        }
    }

    /// How often each word is used, `[G, K]`, and the sum of the vectors that it is used for, `[G, K, d]`.
    fn gather(&self, vectors: &Tensor, indices: &Tensor) -> (Tensor, Tensor) {
        let (g, k) = self.size();
        let flat = self.flat(indices);
        let uses = flat.bincount(None::<Tensor>, g * k).to_kind(Kind::Float);
        let sums = self.sums.zeros_like().view([g * k, -1]);
        let sums = sums.index_add(0, &flat, &vectors.reshape([flat.size()[0], -1]));
        (uses.view([g, k]), sums.view_as(&self.sums))
    }

    /// A batch has been quantised: counts the uses of words, and with moving averages moves these to the means of what they stand for.
    pub fn learn(&mut self, params: &mut Params, vectors: &Tensor, indices: &Tensor) {
        tch::no_grad(|| {
            let (uses, sums) = self.gather(vectors, indices);
            self.uses = self.uses.lerp(&uses, 1.0 - self.decay);
            self.sums = self.sums.lerp(&sums, 1.0 - self.decay);
            if self.update == CodebookUpdate::Ema {
                let means = &self.sums / self.uses.clamp_min(1e-6).unsqueeze(2);
                params.set(self.words, &means);
            }
        });
    }

    /// The k-means of `vectors`.
    pub fn initialise(&mut self, params: &mut Params, vectors: &Tensor, random: &mut Random) {
        let (g, k) = self.size();
        tch::no_grad(|| {
            let books: Vec<Tensor> = (0..g)
                .map(|book| spread(&vectors.select(1, book), k, random))
                .collect();
            params.set(self.words, &Tensor::stack(&books, 0));
            for _ in 0..ITERATIONS {
                let indices = self.nearest(params, vectors);
                let (uses, sums) = self.gather(vectors, &indices);
                let means = sums / uses.clamp_min(1.0).unsqueeze(2);
                params.set(self.words, &means);
                params.set(
                    self.words,
                    &self.replaced(params, &uses.eq(0.0), vectors, random),
                );
            }
            let (uses, sums) = self.gather(vectors, &self.nearest(params, vectors));
            // A word that none has fallen to yet shall not be dead from the start.
            let missing = uses.eq(0.0).to_kind(Kind::Float);
            self.sums = sums + params.get(self.words) * missing.unsqueeze(2);
            self.uses = uses + missing;
        });
    }

    /// The words, with vectors drawn by `random` in place of those where `which` (`[G, K]`) is true.
    fn replaced(
        &self,
        params: &Params,
        which: &Tensor,
        vectors: &Tensor,
        random: &mut Random,
    ) -> Tensor {
        let (g, k) = self.size();
        let count = vectors.size()[0] as u64;
        let drawn: Vec<i64> = (0..g * k).map(|_| random.below(count) as i64).collect();
        let drawn = Tensor::from_slice(&drawn).view([g, k]);
        let drawn = drawn.to_device(vectors.device());
        let vectors: Vec<Tensor> = (0..g)
            .map(|book| vectors.select(1, book).index_select(0, &drawn.get(book)))
            .collect();
        let vectors = Tensor::stack(&vectors, 0);
        vectors.where_self(&which.unsqueeze(2), params.get(self.words))
    }

    /// Whether each word is dead, `[G, K]`.
    fn dead(&self) -> Tensor {
        let mean = self.uses.mean_dim(1, true, Kind::Float);
        self.uses.less_tensor(&(mean * DEAD))
    }

    /// Dead words begin anew as vectors of a batch; returns how many.
    pub fn restart_dead(
        &mut self,
        params: &mut Params,
        vectors: &Tensor,
        random: &mut Random,
    ) -> i64 {
        tch::no_grad(|| {
            let dead = self.dead();
            let words = self.replaced(params, &dead, vectors, random);
            params.set(self.words, &words);
            // As if they had the average's use: time to find out.
            let mean = self
                .uses
                .mean_dim(1, true, Kind::Float)
                .expand_as(&self.uses);
            self.uses = mean.where_self(&dead, &self.uses);
            let sums = words * self.uses.unsqueeze(2);
            self.sums = sums.where_self(&dead.unsqueeze(2), &self.sums);
            dead.sum(Kind::Int64).int64_value(&[])
        })
    }

    /// Perplexity of the words' use, the mean over codebooks, and how many words are dead.
    pub fn health(&self) -> (f64, i64) {
        let shares = &self.uses / self.uses.sum_dim_intlist(1, true, Kind::Float);
        let entropy = -(&shares * (&shares + 1e-12).log()).sum_dim_intlist(1, false, Kind::Double);
        let perplexity = entropy.exp().mean(Kind::Double).double_value(&[]);
        (perplexity, self.dead().sum(Kind::Int64).int64_value(&[]))
    }
}

/// `count` of the vectors `[N, d]`, far from one another: each is drawn with a probability that grows with the square of its distance from those
/// before it (k-means++, Arthur and Vassilvitskii 2007).
fn spread(vectors: &Tensor, count: i64, random: &mut Random) -> Tensor {
    let last = vectors.size()[0] - 1;
    let mut chosen = vec![random.below(last as u64 + 1) as i64];
    let mut distances = Tensor::full([last + 1], f64::INFINITY, (Kind::Float, vectors.device()));
    while (chosen.len() as i64) < count {
        let word = vectors.get(chosen[chosen.len() - 1]);
        let squares = (vectors - word).square();
        distances = distances.minimum(&squares.sum_dim_intlist(1, false, Kind::Float));
        let sums = distances.cumsum(0, Kind::Double);
        let drawn = sums.double_value(&[last]) * random.unit();
        let index = sums.le(drawn).sum(Kind::Int64).int64_value(&[]);
        chosen.push(index.min(last));
    }
    let chosen = Tensor::from_slice(&chosen).to_device(vectors.device());
    vectors.index_select(0, &chosen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::deterministic;
    use tch::Device;

    fn codebooks(update: CodebookUpdate, words: &[f32], dimension: i64) -> (Params, Codebooks) {
        let mut params = Params::new(Device::Cpu);
        let recipe = SmallRecipe {
            codewords: words.len() as i64 / dimension,
            dimension,
            update,
            decay: 0.5,
            ..SmallRecipe::default()
        };
        let mut codebooks = Codebooks::new(&mut params, &recipe);
        let words = Tensor::from_slice(words).view([1, -1, dimension]);
        params.set(codebooks.words, &words);
        codebooks.sums = words;
        (params, codebooks)
    }

    fn column(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([-1, 1, 1])
    }

    fn step(params: &mut Params, codebooks: &mut Codebooks, vectors: &Tensor) {
        let indices = codebooks.nearest(params, vectors);
        codebooks.learn(params, vectors, &indices);
    }

    fn list(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.reshape([-1])).expect("numbers")
    }

    #[test]
    fn the_nearest_word_is_found_in_each_codebook() {
        let _turn = deterministic();
        let mut params = Params::new(Device::Cpu);
        let recipe = SmallRecipe {
            codewords: 3,
            dimension: 2,
            codebooks: 2,
            ..SmallRecipe::default()
        };
        let codebooks = Codebooks::new(&mut params, &recipe);
        let words = [
            0.0f32, 0.0, 4.0, 0.0, 0.0, 4.0, 9.0, 9.0, 1.0, 1.0, 5.0, 5.0,
        ];
        params.set(codebooks.words, &Tensor::from_slice(&words).view([2, 3, 2]));
        let vectors = Tensor::from_slice(&[1.0f32, 2.9, 5.1, 4.8, 3.0, 0.5, 8.0, 7.9]);
        let indices = codebooks.nearest(&params, &vectors.view([2, 2, 2]));
        assert_eq!(
            Vec::<i64>::try_from(indices.view([-1])).unwrap(),
            [2, 2, 1, 0]
        );
        let found = list(&codebooks.look_up(&params, &indices));
        assert_eq!(found, [0.0, 4.0, 5.0, 5.0, 4.0, 0.0, 9.0, 9.0]);
    }

    /// The decoder's gradient reaches the encoder unchanged; the losses pull vector and word towards each other.
    #[test]
    fn gradients_go_straight_through() {
        let _turn = deterministic();
        let near = |got: Vec<f32>, want: [f32; 2]| {
            let alike = got.iter().zip(want).all(|(g, w)| (g - w).abs() < 1e-6);
            assert!(alike, "{got:?}, {want:?} expected");
        };
        let (params, codebooks) = codebooks(CodebookUpdate::Loss, &[0.0, 1.0], 1);
        let vectors = column(&[0.2, 0.9]).set_requires_grad(true);
        let out = codebooks.quantise(&params, &vectors);
        near(list(&out.value), [0.0, 1.0]);
        let weights = column(&[3.0, -5.0]);
        (&out.value * &weights).sum(Kind::Float).backward();
        assert_eq!(list(&vectors.grad()), [3.0, -5.0]);
        assert!(!params.get(codebooks.words).grad().defined());

        let mut vectors = column(&[0.2, 0.9]).set_requires_grad(true);
        codebooks
            .quantise(&params, &vectors)
            .commitment_loss
            .backward();
        near(list(&vectors.grad()), [0.2, -0.1]);
        assert!(!params.get(codebooks.words).grad().defined());
        vectors.zero_grad();
        codebooks
            .quantise(&params, &vectors)
            .codebook_loss
            .backward();
        near(list(&vectors.grad()), [0.0, 0.0]);
        near(list(&params.get(codebooks.words).grad()), [-0.2, 0.1]);
    }

    #[test]
    fn moving_averages_go_to_what_words_stand_for() {
        let _turn = deterministic();
        let (mut params, mut codebooks) = codebooks(CodebookUpdate::Ema, &[0.0, 10.0], 1);
        let vectors = column(&[1.0, 3.0, 9.0, 9.0]);
        for _ in 0..40 {
            step(&mut params, &mut codebooks, &vectors);
        }
        let words = list(params.get(codebooks.words));
        assert!(
            (words[0] - 2.0).abs() < 1e-4 && (words[1] - 9.0).abs() < 1e-4,
            "{words:?}"
        );
        assert_eq!(codebooks.health().1, 0);
        assert!((codebooks.health().0 - 2.0).abs() < 1e-4);
    }

    #[test]
    fn dead_words_begin_anew_and_others_stay() {
        let _turn = deterministic();
        let (mut params, mut codebooks) = codebooks(CodebookUpdate::Ema, &[0.0, 10.0, 99.0], 1);
        let vectors = column(&[0.0, 10.0, 4.0, 6.0]);
        for _ in 0..20 {
            step(&mut params, &mut codebooks, &vectors);
        }
        assert_eq!(codebooks.health().1, 1);
        let before = list(params.get(codebooks.words));
        let restarted = codebooks.restart_dead(&mut params, &vectors, &mut Random::new(1, 1));
        let after = list(params.get(codebooks.words));
        assert_eq!((restarted, codebooks.health().1), (1, 0));
        assert_eq!(after[..2], before[..2]);
        assert!(list(&vectors).contains(&after[2]), "{after:?}");
        // The next step leaves it where it began.
        step(&mut params, &mut codebooks, &vectors);
        let moved = list(params.get(codebooks.words))[2];
        assert!((0.0..=10.0).contains(&moved), "{moved}");
        assert_eq!(
            codebooks.restart_dead(&mut params, &vectors, &mut Random::new(1, 2)),
            0
        );
    }

    /// Four clusters, four words: each has its own.
    #[test]
    fn words_begin_as_the_means_of_clusters() {
        let _turn = deterministic();
        let values: Vec<f32> = (0..80)
            .map(|i| (i % 4 * 100) as f32 + (i / 4) as f32 * 0.1)
            .collect();
        let vectors = column(&values);
        let (mut params, mut codebooks) = codebooks(CodebookUpdate::Ema, &[0.0; 4], 1);
        codebooks.initialise(&mut params, &vectors, &mut Random::new(1, 0));
        let mut words = list(params.get(codebooks.words));
        words.sort_by(f32::total_cmp);
        for (word, mean) in words.iter().zip([0.95, 100.95, 200.95, 300.95]) {
            assert!((word - mean).abs() < 1e-3, "{words:?}");
        }
        assert_eq!(list(&codebooks.uses), [20.0; 4]);
    }
}
