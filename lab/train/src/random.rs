//! A small counter-based generator: what step s draws does not depend on the steps before it.

/// SplitMix64 (Steele, Lea, Flood 2014), seeded by run and step.
pub(crate) struct Random(u64);

impl Random {
    pub fn new(seed: u64, step: u64) -> Self {
        let mut random = Self(
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ step.wrapping_mul(0xD1B5_4A32_D192_ED03),
        );
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0..n (n ≥ 1; the bias of the multiplication is below 2^-40 for the sizes used here).
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Two independent numbers of the normal distribution, mean 0 and variance 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sine, cosine) = (self.unit() * std::f64::consts::TAU).sin_cos();
        [radius * cosine, radius * sine]
    }
}
