//! What SSIMULACRA2's error is made of: of the metric's 108 weights those that are at least 1. The rest adds less than a thousandth.
//!
//! Three error maps of the channels of XYB, at scales halved in linear light, each by its mean or by its 4-norm, which the worst places decide.

/// An error map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Map {
    /// One less SSIM, without its brightness denominator.
    Similarity,
    /// Edges that were not there: ringing, blocks.
    Artifacts,
    /// Edges that are lost.
    Details,
}

/// What each map contributes to the sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Norm {
    /// Its mean.
    Mean,
    /// The fourth root of the mean fourth power.
    Fourth,
}

/// A term of the sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    /// How often the resolution is halved; 0 is full resolution.
    pub(super) scale: usize,
    /// X, Y or B: 0 to 2.
    pub(super) channel: usize,
    /// Which map it is of.
    pub(super) map: Map,
    /// How it counts.
    pub(super) norm: Norm,
    /// What it is multiplied by.
    pub(super) weight: f64,
}

use Map::{Artifacts, Details, Similarity};
use Norm::{Fourth, Mean};

const X: usize = 0;
const Y: usize = 1;
const B: usize = 2;

/// What the metric multiplies its weighted sum by.
const FACTOR: f64 = 0.956_238_26;

/// All terms, by scale.
#[rustfmt::skip]
pub(super) const TERMS: [Term; 19] = [
    term(0, Y, Similarity, Fourth, 7.467),
    term(0, Y, Details, Fourth, 17.446),
    term(1, X, Similarity, Fourth, 1.104),
    term(1, Y, Similarity, Fourth, 6.684),
    term(1, Y, Details, Fourth, 1.028),
    term(2, X, Similarity, Fourth, 1.842),
    term(2, X, Artifacts, Fourth, 11.441),
    term(2, Y, Similarity, Mean, 225.205),
    term(2, Y, Similarity, Fourth, 19.213),
    term(3, X, Similarity, Fourth, 1.879),
    term(3, X, Artifacts, Fourth, 10.949),
    term(3, Y, Similarity, Mean, 176.393),
    term(3, Y, Similarity, Fourth, 24.433),
    term(3, B, Similarity, Fourth, 8.827),
    term(3, B, Artifacts, Fourth, 23.192),
    term(4, Y, Similarity, Fourth, 34.779),
    term(4, Y, Artifacts, Fourth, 44.836),
    term(4, B, Similarity, Mean, 95.108),
    term(4, B, Artifacts, Fourth, 171.267),
];

const fn term(scale: usize, channel: usize, map: Map, norm: Norm, weight: f64) -> Term {
    Term {
        scale,
        channel,
        map,
        norm,
        weight: weight * FACTOR,
    }
}
